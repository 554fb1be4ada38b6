"""What a citizen does on the pages, step by step, for the tests beside this."""

import re
from html import unescape

from django.utils import timezone

from portal.common import crypto, outbox
from portal.common.models import DemoMessage

NUMBER = "079158012345"
BORN = {"born_on_0": "8", "born_on_1": "3", "born_on_2": "1958"}
PHONE = "0900 000 215"


def code_sent_to(phone="+84900000215"):
    """Send what waits and return the newest code that reached the telephone."""
    outbox.drain(queue="notify", at=timezone.now())
    message = (
        DemoMessage.objects.filter(
            to_digest=crypto.digest("phone", phone), code_sealed__isnull=False
        )
        .order_by("-pk")
        .first()
    )
    if message is None:
        return None
    return crypto.unseal(message.code_sealed, bound_to=f"demo:{message.provider_key}")


def look_up(client, **typed):
    """Send step 1 of the look-up."""
    return client.post("/tra-cuu/", {"national_id": NUMBER} | BORN | typed)


def open_record(client, **typed):
    """Prove who one is; return the record page."""
    look_up(client, **typed)
    return client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()}, follow=True)


def text_of(response):
    """Return the page's words without markup."""
    page = re.sub(
        r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S
    )
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def hidden_key(response):
    """Return the submission key that the check page holds."""
    return re.search(r'name="key" value="([^"]+)"', response.content.decode())[1]


def step(response, name):
    """Return the address of another step of the draft that a response belongs to."""
    address = response.request["PATH_INFO"]
    return re.sub(r"(/bao-sai/[^/]+/).*", rf"\g<1>{name}/", address)
