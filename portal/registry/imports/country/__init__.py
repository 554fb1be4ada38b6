"""Doses of a whole country from one CSV: sealed in the stream, merged set by set."""
