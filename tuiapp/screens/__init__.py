"""What a person sees at one time: the picker, the monitor, and the questions that they ask."""
