"""Training as a stream of events, and the folder that it is written to."""
