"""What is held about one person, and who looked at it: for that person alone."""
