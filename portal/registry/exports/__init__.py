"""What is recorded, given out as files that other programs open safely."""
