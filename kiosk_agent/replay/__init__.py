"""What a desk would have done under another policy: recorded and simulated events through the real session machine."""
