"""Figures of the portal, each beside a bare floor in the same run: ``make bench``.

Not a test: nothing here fails because a machine is slow. Ours and the floor take turns
(A B A B ...), so what disturbs the machine disturbs both, and only ratios are compared.
"""
