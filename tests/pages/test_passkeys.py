"""Passkeys of staff: added, used to sign in, sealed, throttled, taken off."""

import hashlib
import json
import secrets

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

from portal.accounts import factors, passkeys
from portal.audit.models import Entry
from tests.pages.cases import PASSWORD, make_organization, make_staff
from tests.pages.test_second_factor import SECRET, code_at, details

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]
HOST = b"localhost"


class Key:
    """An authenticator in software: what a telephone or stick does."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.count = 0

    def make(self, options, *, origin=settings.BASE_URL):
        """Answer a challenge of adding."""
        public = ES256.from_cryptography_key(self.private.public_key())
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(
            hashlib.sha256(HOST).digest(),
            flags,
            self.count,
            AttestedCredentialData.create(Aaguid.NONE, self.id, public),
        )
        attestation = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", options, origin)
        return self._answer(client, attestationObject=bytes(attestation))

    def use(self, options, *, origin=settings.BASE_URL, counts=True):
        """Answer a challenge of signing in."""
        self.count += counts
        data = AuthenticatorData.create(
            hashlib.sha256(HOST).digest(), AuthenticatorData.FLAG.UP, self.count
        )
        client = self._client("webauthn.get", options, origin)
        signed = bytes(data) + hashlib.sha256(client).digest()
        signature = self.private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(client, authenticatorData=bytes(data), signature=signature)

    def _client(self, kind, options, origin):
        asked = json.loads(options)["publicKey"]
        told = {"type": kind, "challenge": asked["challenge"], "origin": origin}
        return json.dumps(told | {"crossOrigin": False}).encode()

    def _answer(self, client, **response):
        parts = {"clientDataJSON": client, **response}
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(b) for name, b in parts.items()},
                "clientExtensionResults": {},
            }
        )


# The head of what an authenticator says, with the flag that extensions follow.
EXTENDED = hashlib.sha256(HOST).digest() + b"\x81" + bytes(4)


def with_part(answer, name, content):
    """Return an answer of which one part is another."""
    said = json.loads(answer)
    said["response"][name] = websafe_encode(content)
    return json.dumps(said)


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def lead(station):
    user = make_staff(station, role="lead", username=f"mai-{secrets.token_hex(8)}")
    factors.keep(user, SECRET)
    return user


@pytest.fixture
def key(lead):
    """A passkey of the lead."""
    return added(lead)


def added(user, name="Điện thoại"):
    key, at = Key(), timezone.now()
    state = passkeys.begin_adding(user)
    answer = key.make(passkeys.options_to_add(user, state))
    passkeys.add(user=user, name=name, state=state, answer=answer, at=at)
    return key


def inside(client, user):
    """Sign in with password and code; the code's step is used up.

    The page after it takes the code of the ``next_step``; one step back is still good
    where the clock moves on in between.
    """
    password(client, user)
    code = code_at(SECRET, timezone.now())
    client.post(reverse("accounts:second_step"), {"code": code})


def next_step():
    return code_at(SECRET, timezone.now(), later=1)


def password(client, user):
    return client.post(
        reverse("accounts:login"), {"username": user.username, "password": PASSWORD}
    )


def answer(client, made):
    return client.post(reverse("accounts:passkey_step"), {"answer": made})


def test_one_is_added_with_a_code_and_signs_in_without(client, lead):
    inside(client, lead)
    page, key = reverse("accounts:passkeys"), Key()
    asked = client.post(page, {"name": "Máy của tôi", "code": next_step()})
    shown = client.get(asked["Location"])
    kept = client.post(
        asked["Location"], {"answer": key.make(shown.context["options"])}
    )
    assert "Máy của tôi" in client.get(kept["Location"]).content.decode()
    client.post(reverse("accounts:logout"))

    password(client, lead)
    assert client.get(reverse("casework:queue")).status_code == 302
    options = client.get(reverse("accounts:second_step")).context["passkey"]
    used = answer(client, key.use(options))

    assert used["Location"] == reverse("casework:queue")
    assert client.get(used["Location"]).status_code == 200
    assert "passkey used" in details(lead)


def test_a_wrong_code_adds_nothing(client, lead):
    inside(client, lead)

    refused = client.post(
        reverse("accounts:passkeys"), {"name": "Máy", "code": "000000"}
    )

    assert refused.status_code == 422
    assert client.get(reverse("accounts:passkey_new")).status_code == 302


@pytest.mark.parametrize("content", [b"", b"\xa1", b"\x81" * 3_000])
def test_what_is_no_new_passkey_is_refused_in_words_and_its_challenge_used(
    client, lead, content
):
    inside(client, lead)
    page = reverse("accounts:passkeys")
    asked = client.post(page, {"name": "Máy", "code": next_step()})["Location"]
    made = Key().make(client.get(asked).context["options"])

    sent = {"answer": with_part(made, "attestationObject", content)}
    refused = client.post(asked, sent)

    assert refused["Location"] == page
    assert client.get(asked).status_code == 302
    assert not passkeys.of(lead)


def test_what_is_kept_is_sealed_for_its_owner(lead, key, station):
    row = Authenticator.objects.get(user=lead, type="webauthn")
    assert "Điện thoại" not in str(row.data)
    assert key.id.hex() not in str(row.data)
    row.user = make_staff(station)
    row.save()
    with pytest.raises(factors.crypto.Unreadable):
        passkeys.of(row.user)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key, options: key.use(options, origin="https://dumui.example"),
        lambda key, options: Key().use(options),
        lambda key, options: key.use(
            options.replace('"challenge": "', '"challenge": "A')
        ),
        lambda key, options: "{}",
        lambda key, options: "no JSON",
        lambda key, options: "[1]",
        lambda key, options: "[" * 10_000,
        lambda key, options: with_part(key.use(options), "authenticatorData", b""),
        lambda key, options: with_part(key.use(options), "signature", b"x"),
        lambda key, options: with_part(
            key.use(options), "authenticatorData", EXTENDED + b"\x81" * 3_000
        ),
    ],
    ids=[
        "origin",
        "stranger",
        "challenge",
        "empty",
        "nonsense",
        "list",
        "deep JSON",
        "no data",
        "no signature",
        "deep data",
    ],
)
def test_what_is_no_answer_of_the_account_opens_nothing(client, lead, key, spoil):
    password(client, lead)
    options = client.get(reverse("accounts:second_step")).context["passkey"]

    refused = answer(client, spoil(key, options))

    assert refused["Location"] == reverse("accounts:second_step")
    assert client.get(reverse("casework:queue")).status_code == 302
    assert details(lead)[-1] == "second factor failed"


def test_an_answer_counts_once(client, lead, key):
    password(client, lead)
    options = client.get(reverse("accounts:second_step")).context["passkey"]
    made = key.use(options)
    answer(client, made)
    client.post(reverse("accounts:logout"))

    password(client, lead)
    answer(client, made)

    assert client.get(reverse("casework:queue")).status_code == 302


def test_a_copied_key_whose_count_does_not_grow_is_refused(lead, key):
    at = timezone.now()
    state = passkeys.begin_proof(lead)
    options = passkeys.options_to_prove(lead, state)
    made = key.use(options)
    passkeys.prove(user=lead, state=state, answer=made, at=at)

    copy = key.use(options, counts=False)

    with pytest.raises(factors.WrongCode):
        passkeys.prove(user=lead, state=state, answer=copy, at=at)


def test_a_key_that_never_counts_is_good(lead):
    key = added(lead)
    for _time in range(2):
        state = passkeys.begin_proof(lead)
        options = passkeys.options_to_prove(lead, state)
        made = key.use(options, counts=False)
        passkeys.prove(user=lead, state=state, answer=made, at=timezone.now())


def test_the_same_key_is_not_added_twice_nor_an_eleventh(lead, key):
    state = passkeys.begin_adding(lead)
    again = key.make(passkeys.options_to_add(lead, state))
    with pytest.raises(factors.WrongCode):
        passkeys.add(user=lead, name="x", state=state, answer=again, at=timezone.now())
    for _number in range(passkeys.MOST - 1):
        added(lead)
    with pytest.raises(factors.WrongCode):
        added(lead)


def test_tries_are_limited(client, lead, key):
    password(client, lead)

    answers = [answer(client, "{}") for _try in range(8)]

    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


def test_one_is_taken_off_with_a_code_and_opens_nothing_then(client, lead, key):
    inside(client, lead)
    [mine] = passkeys.of(lead)
    page = reverse("accounts:passkeys")
    sent = {"step": "remove", "passkey": mine.ref, "code": "000000"}

    assert client.post(page, sent).status_code == 422
    assert passkeys.of(lead)
    right = sent | {"code": next_step()}
    assert client.post(page, right).status_code == 303

    assert not passkeys.of(lead)
    assert passkeys.begin_proof(lead) is None
    last = Entry.objects.filter(subject="accounts.user", subject_id=lead.pk).latest(
        "pk"
    )
    assert last.detail == "passkey removed"


def test_they_go_with_the_second_step(lead, key):
    factors.remove(user=lead, by=lead, at=timezone.now())

    assert not passkeys.of(lead)


def test_without_the_app_there_is_none(client, station):
    nurse = make_staff(station, username=f"lan-{secrets.token_hex(8)}")
    client.force_login(nurse)

    answered = client.get(reverse("accounts:passkeys"))

    assert answered["Location"] == reverse("accounts:second_factor")
