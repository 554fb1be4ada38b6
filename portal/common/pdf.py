"""A page of ours as PDF, where the machine can draw text (Pango)."""

from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles import finders

# A page has no address while it is drawn; its own files are looked up below this.
_BASE: Final = "https://page.invalid/"


class Unreachable(Exception):
    """The page asked for something that is not one of our own files."""


@cache
def is_available() -> bool:
    """Tell whether pages can be drawn as PDF here."""
    try:
        import weasyprint  # noqa: F401, PLC0415 -- loads libraries of the system
    except (ImportError, OSError):
        return False
    return True


def render(html: str) -> bytes:
    """Return a page as PDF, drawn with its print styles; about half a second a page.

    Only files of our own are read, never an address. Raises ImportError or OSError
    where ``is_available`` says no.
    """
    import weasyprint  # noqa: PLC0415 -- loads libraries of the system
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415

    class OwnFiles(URLFetcher):
        """Reads static files, and nothing else that a page may name."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            kind, _encoding = guess_type(url)
            headers = {"Content-Type": kind or "application/octet-stream"}
            return URLFetcherResponse(url, _own_file(url), headers)

    page = weasyprint.HTML(
        string=html, base_url=_BASE, url_fetcher=OwnFiles(fail_on_errors=True)
    )
    drawn: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    return drawn


def _own_file(url: str) -> bytes:
    """Return a static file by its address on a page; raise Unreachable for others."""
    path = url.removeprefix(_BASE.rstrip("/"))
    if not path.startswith(settings.STATIC_URL):
        raise Unreachable
    name = path.removeprefix(settings.STATIC_URL)
    found = finders.find(name)
    if found is None:
        # Under its hashed name, as it was collected.
        folder = settings.STATIC_ROOT.resolve()
        collected = (folder / name).resolve()
        if not collected.is_relative_to(folder) or not collected.is_file():
            raise Unreachable
        found = str(collected)
    return Path(found).read_bytes()
