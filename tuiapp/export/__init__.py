"""A run as pictures and as a page, drawn from its state, without a terminal."""
