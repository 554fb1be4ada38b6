"""The form of the vaccination paper: another photo of it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.report import FILES, PHOTO_HELP
from portal.common.forms import Form


class AddPhotoForm(Form):
    """One more photo of the paper."""

    evidence = forms.FileField(
        label=_("Photo of the vaccination slip"),
        required=False,
        help_text=PHOTO_HELP,
        widget=forms.FileInput(attrs={"accept": FILES}),
    )
