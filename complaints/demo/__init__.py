"""Invented people, doses and complaints in the proportions of the true ones.

Pure generation (people, doses, history, stories) is apart from writing (copying). The
same number of people, seed and instant give the same rows; only what is sealed differs,
as every sealing draws a fresh nonce.
"""
