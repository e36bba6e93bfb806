"""The built-in experiments and the loop that trains them, without a screen."""
