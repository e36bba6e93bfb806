"""From a run's events to the formats of other people's tools, a file each, without a screen and without torch."""
