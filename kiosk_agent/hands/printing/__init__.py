"""Print jobs: seeing which of them a visit has left in the queue, and taking them out of it."""
