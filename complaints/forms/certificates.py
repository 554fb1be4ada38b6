"""Checking a certificate: a picture of its QR code, or the text that a reader shows."""

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from complaints.forms.report import FILES
from portal.common import pictures
from portal.common.pictures import Unopenable
from portal.registry.certificates import hc1

MOST_BYTES: Final = 10 * 1024 * 1024
_TROUBLE: Final = {
    "broken": _("This file cannot be opened. Take the photo again."),
    "locked": _("This PDF asks for a password. Send a photo of the code instead."),
    "long": _("This PDF has more than ten pages. Send the page with the code."),
    "pixels": _("This picture is too large. Send a screenshot of the code instead."),
}


class CertificateForm(forms.Form):
    """A picture of a certificate's QR code, or its text; one of them is enough."""

    use_required_attribute = False

    picture = forms.FileField(
        label=_("Picture of the QR code"),
        help_text=_(
            "A photo, a screenshot or a PDF, with the whole code on it. Of a PDF the"
            " first two pages are read."
        ),
        required=False,
        widget=forms.FileInput(attrs={"accept": FILES}),
        error_messages={"empty": _("This file is empty. Choose another one.")},
    )
    text = forms.CharField(
        label=_("Or the text of the QR code"),
        help_text=_(
            "Scan the code with a reader and copy its text. It begins with HC1:"
        ),
        max_length=hc1.MOST_TEXT,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )

    def clean_picture(self) -> UploadedFile | None:
        """Refuse what is too big or no picture; nothing is decoded yet."""
        file: UploadedFile | None = self.cleaned_data["picture"]
        if file is None:
            return None
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("This file is above 10 MB. Choose another."))
        begin = file.read(16)
        file.seek(0)
        if not pictures.media_type(begin):
            raise forms.ValidationError(
                _("This is no photo that we can read. Send JPEG, PNG, WebP or PDF.")
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not (given.get("picture") or given.get("text")):
            self.add_error("picture", _("Choose a picture, or paste the text below."))
        return given

    def code(self) -> str:
        """Return the text to check, read from the picture where there is one.

        Returns '' where none is found on it; then the field says what to do. Slow: it
        decodes a stranger's picture in a process of its own.
        """
        file: UploadedFile | None = self.cleaned_data["picture"]
        if file is None:
            text: str = self.cleaned_data["text"]
            return text
        content = file.read()
        try:
            seen = pictures.codes_on(content, pictures.media_type(content))
        except Unopenable as reason:
            self.add_error("picture", _TROUBLE[str(reason)])
            return ""
        ours = [text for text in seen if text.startswith(hc1.PREFIX)]
        if seen and not ours:
            self.add_error(
                "picture", _("This QR code is not that of a vaccination certificate.")
            )
        elif not seen:
            self.add_error(
                "picture",
                _(
                    "No QR code was found. Take it from straight above, in good light,"
                    " the whole code on it."
                ),
            )
        return ours[0] if ours else ""
