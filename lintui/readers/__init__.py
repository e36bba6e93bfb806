"""Other tools' formats, each turned into the events of a run by a file of its own, without any of their packages."""
