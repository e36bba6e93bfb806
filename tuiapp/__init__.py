"""The Textual app and the command line; of the training side it knows events and commands only."""
