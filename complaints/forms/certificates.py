"""Checking a certificate: the text that a QR reader shows."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.registry.certificates import hc1


class CertificateForm(forms.Form):
    """The text of a certificate, as its QR code holds it."""

    use_required_attribute = False

    text = forms.CharField(
        label=_("Text of the QR code"),
        help_text=_(
            "Scan the code with a reader and copy its text. It begins with HC1:"
        ),
        max_length=hc1.MOST_TEXT,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
        error_messages={"required": _("Paste the text of the QR code.")},
    )
