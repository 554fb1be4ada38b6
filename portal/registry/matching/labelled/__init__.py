"""Invented people whose truth is known, their records with slips, and pairs of them."""
