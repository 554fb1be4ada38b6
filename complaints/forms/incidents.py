"""The form of an incident: the list of its session."""

from complaints.forms.lists import ListFile


class Upload(ListFile):
    """The list of the incident's own session; its site is known."""
