"""Looks at everything the agent needs of a PC: green, amber or red, and what to do."""
