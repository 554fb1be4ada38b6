"""How a rule says no: with words for the person who asked."""


class Refused(Exception):
    """A move that may not be made. Its text is for the reader and says what to do."""


class Stale(Refused):
    """Somebody else changed the case since it was read."""
