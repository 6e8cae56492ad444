"""Commands: what central's staff have a desk do from afar, once, and not too late."""
