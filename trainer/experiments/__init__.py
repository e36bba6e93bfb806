"""One file an experiment, each found by its line in `trainer.catalog`."""
