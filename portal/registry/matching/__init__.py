"""Whose record is it: evidence, weights, grades, candidates and proposals."""
