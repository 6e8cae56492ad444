"""What agent and central say to each other, and the only thing they share. One module for each version."""
