"""Invented people whose truth is known, for measuring the rules."""
