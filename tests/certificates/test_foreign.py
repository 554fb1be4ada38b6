"""Certificates of other countries: checked with the signers that a setting names."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.utils import timezone

from portal.checks import certificates as check_settings
from portal.registry.certificates import hc1, trust
from tests.pages.citizen_steps import text_of

PAGE = "/chung-nhan/kiem-tra/"
NAME = {"fn": "Müller", "gn": "Erika"}
OF = {
    "v": {"dn": 2, "sd": 2, "mp": "EU/1/20/1528", "dt": "2021-10-20", "ci": "URN:1"},
    "r": {"fr": "2021-10-01", "df": "2021-10-12", "du": "2022-03-30", "ci": "URN:2"},
    "t": {"sc": "2021-10-20T08:00:00Z", "tr": "260415000", "ci": "URN:3"},
}


def signer(country, curve=None, *, since=-1, until=9, purposes=()):
    """Return a key and its certificate as a trust list has it."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, country)])
    at = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at + timedelta(days=since))
        .not_valid_after(at + timedelta(days=until))
    )
    if purposes:
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(p) for p in purposes])
        certificate = certificate.add_extension(usage, critical=False)
    return key, certificate.sign(key, hashes.SHA256())


@pytest.fixture
def abroad(settings, tmp_path):
    """Trust one signer of Germany; return the key."""
    return trusting(settings, tmp_path, *signer("DE"))


def trusting(settings, tmp_path, key, certificate):
    file = tmp_path / "signers.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    settings.CERTIFICATE_TRUSTED = str(file)
    return key, certificate.fingerprint(hashes.SHA256())[:8]


# Object identifiers of the EU DCC: for tests, for vaccinations.
TESTS, VACCINATIONS = "1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "tone"),
    [
        ({"since": 1}, "warn"),
        ({"since": -9, "until": -3}, "warn"),
        ({"purposes": [TESTS]}, "warn"),
        ({"purposes": [TESTS, VACCINATIONS]}, "ok"),
        ({"purposes": ["1.3.6.1.5.5.7.3.9"]}, "ok"),
    ],
    ids=["later", "before", "tests only", "both", "of other things"],
)
def test_a_signer_counts_for_what_and_when_the_own_certificate_says(
    client, settings, tmp_path, facts, tone
):
    abroad = trusting(settings, tmp_path, *signer("DE", **facts))

    page = client.post(PAGE, {"text": written(*abroad)})

    assert f'class="note {tone}"' in page.content.decode()


def written(key, kid, kind="v"):
    """Return a certificate that names its signer by the certificate's digest."""
    at = timezone.now()
    content = {"ver": "1.3.0", "nam": NAME, "dob": "1964-08-12", kind: [OF[kind]]}
    return hc1.write(
        content,
        key=key,
        kid=kid,
        issuer="DE",
        issued_at=at - timedelta(days=1),
        expires_at=at + timedelta(days=9),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("v", ["Tiêm chủng", "2 trên 2", "20/10/2021"]),
        ("r", ["Khỏi bệnh", "30/03/2022"]),
        ("t", ["Xét nghiệm", "Không phát hiện"]),
    ],
)
def test_one_signed_by_a_trusted_country_is_genuine(client, abroad, kind, words):
    page = client.post(PAGE, {"text": written(*abroad, kind)})

    assert 'class="note ok"' in page.content.decode()
    shown = text_of(page)
    assert "Erika" in shown
    assert "DE" in shown
    for word in words:
        assert word in shown


@pytest.mark.django_db
def test_one_of_a_signer_that_nobody_named_cannot_be_told(client, settings, abroad):
    settings.CERTIFICATE_TRUSTED = ""

    page = client.post(PAGE, {"text": written(*abroad)})

    assert 'class="note warn"' in page.content.decode()


@pytest.mark.django_db
def test_one_that_only_names_the_trusted_signer_is_forged(client, abroad):
    _key, kid = abroad
    stranger, _certificate = signer("DE")

    page = client.post(PAGE, {"text": written(stranger, kid)})

    assert 'class="note bad"' in page.content.decode()


@pytest.mark.parametrize("content", [None, b"nothing", "other curve"])
def test_a_list_that_cannot_be_used_is_an_error_at_the_start(
    settings, tmp_path, content
):
    file = tmp_path / "list.pem"
    if content == "other curve":
        content = signer("FR", ec.SECP384R1())[1].public_bytes(Encoding.PEM)
    if content is not None:
        file.write_bytes(content)
    settings.CERTIFICATE_TRUSTED = str(file)

    assert [one.id for one in check_settings(None)] == ["portal.E015"]
    with pytest.raises(trust.Unusable):
        trust.foreign(str(file))


def test_without_a_key_of_its_own_production_says_that_nobody_gets_one(settings):
    settings.PRODUCTION, settings.CERTIFICATE_KEYS = True, {}

    assert [one.id for one in check_settings(None)] == ["portal.W001"]


def test_a_key_that_serves_something_else_is_refused(settings):
    settings.CERTIFICATE_KEYS = {1: next(iter(settings.FIELD_KEYS.values()))}

    assert [one.id for one in check_settings(None)] == ["portal.E014"]
