"""What the desk can notice: the world as events."""
