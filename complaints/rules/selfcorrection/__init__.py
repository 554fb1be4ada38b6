"""Rules that put a record right by proof: what they read, need and change. Pure.

``facts`` is what a rule is told, ``rule`` what a rule is and what it answers, ``table``
all of them, ``judging`` asks them and applies what they answer in memory. Who may
switch a rule, how often it may act and what it did are data (``complaints.models``).
"""
