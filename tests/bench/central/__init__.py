"""What central costs, with a simulated nation, on both databases."""
