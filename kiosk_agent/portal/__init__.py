"""What a portal looks like: profiles and their check."""
