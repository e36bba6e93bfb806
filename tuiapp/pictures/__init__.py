"""Draws what a run has recorded that is larger than a number, a file a kind; from numbers alone, without a widget."""
