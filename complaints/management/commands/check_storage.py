"""Try the storage of files and the virus scanner, as this installation is set up."""

import secrets
from typing import Any, Final

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from portal.common import antivirus

_BYTES: Final = 2 * 1024 * 1024
# The test file that every scanner knows (eicar.org), in two halves: whole it would
# make a scanner complain about this very module.
_EICAR: Final = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$",
    b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
)


class Command(BaseCommand):
    help = (
        "Write a file of 2 MB where photos lie, read it back and delete it; let the"
        " virus scanner look at a harmless file and at the test virus. Exit 0: all"
        " went well; 1: something did not, and what."
    )

    def handle(self, **options: Any) -> None:
        self._storage()
        self._scanner()

    def _storage(self) -> None:
        content = secrets.token_bytes(_BYTES)
        wanted = f"checks/{secrets.token_hex(16)}"
        try:
            name = default_storage.save(wanted, ContentFile(content))
            try:
                with default_storage.open(name) as file:
                    is_same = file.read() == content
            finally:
                default_storage.delete(name)
            is_gone = not default_storage.exists(name)
        except OSError as error:
            raise CommandError(f"storage: {error}") from error
        if not is_same:
            raise CommandError("storage: what was read is not what was written")
        if not is_gone:
            raise CommandError("storage: what was deleted is still there")
        self.stdout.write("storage: written, read and deleted")

    def _scanner(self) -> None:
        if not settings.CLAMAV_URL:
            self.stdout.write("scanner: none is set up")
            return
        try:
            finds_none = antivirus.is_clean(secrets.token_bytes(1024))
            finds_virus = not antivirus.is_clean(b"".join(_EICAR))
        except antivirus.Away as error:
            raise CommandError(f"scanner: {error}") from error
        if not finds_none:
            raise CommandError("scanner: finds something in a harmless file")
        if not finds_virus:
            raise CommandError("scanner: does not know the test virus")
        self.stdout.write("scanner: knows the test virus from a harmless file")
