"""What the command lines of agent and central share: the language of whoever types, and what can be printed."""
