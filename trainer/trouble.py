"""What keeps a training from beginning though nothing is broken, without a traceback for a person to read."""


class BadData(Exception):
    """The data can't be had or can't be used; the text is one line that says why and what to do."""


class Stopped(Exception):
    """Somebody asked for the end before there was anything to train on."""
