"""What a screen is made of, each drawn from a RunState and nothing else."""
