"""Answers that Django has no class for."""

from typing import Any, Final

from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url

# What a page with a form answers to.
READ_AND_SEND: Final = ("GET", "HEAD", "POST")


class SeeOther(HttpResponseRedirect):
    """The answer to a POST that worked: look there, by GET."""

    status_code = 303


def see_other(to: Any, *args: Any, **kwargs: Any) -> SeeOther:
    """Return a 303 to a URL, a view's name with arguments, or an object."""
    return SeeOther(resolve_url(to, *args, **kwargs))
