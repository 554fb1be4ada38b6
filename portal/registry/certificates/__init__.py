"""Vaccination certificates as EU DCC (HC1): made, revoked, read."""
