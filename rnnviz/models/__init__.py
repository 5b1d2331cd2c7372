"""What can be trained and looked at."""
