"""The floor: what the same work costs without a product around it.

No validation, no permissions, no limits, no audit, no encryption. Its tables stand in
the schema ``floor`` of the same database; its pages run on the same server program with
as many workers as ours.
"""
