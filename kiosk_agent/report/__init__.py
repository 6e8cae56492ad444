"""What leaves the desk: counts, health and the head of the chain, to central and to nobody else."""
