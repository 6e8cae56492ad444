"""What the agent does to the world: browsers, windows, pages."""
