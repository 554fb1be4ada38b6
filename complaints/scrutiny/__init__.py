"""Reads for those who audit: who looked at whom, what is unusual, how well it goes."""
