"""The 54 rules of data quality (domain paper, section d), each in two forms.

A rule looks at a single record (``check``: pure, for entry and import) and at all that
is on record (SQL, run by ``runs``). Both forms stand side by side in ``rules/`` and
give the same answer to every example of tests/registry/quality_examples.csv.
"""
