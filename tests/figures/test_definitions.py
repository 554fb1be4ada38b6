"""One table of definitions: the document says what the pages say."""

from django.conf import settings
from django.utils import translation

from complaints.rollups.definitions import DEFINITIONS


def test_the_document_bears_every_definition():
    told = (settings.BASE_DIR / "docs" / "figures.md").read_text(encoding="utf-8")

    with translation.override("en"):
        for name, one in DEFINITIONS.items():
            assert f"| {one.label} | {one.meaning} |" in told, name
