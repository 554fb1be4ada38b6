"""The wire format: read by a decoder that is not ours, off a picture, and forged."""

import io
import zlib
from ctypes.util import find_library
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import base45
import cbor2
import cwt
import pytest
import segno
import zxingcpp
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from portal.registry.certificates import content, hc1
from tests.machine import lacking

AT = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
KEY = hc1.private_key(b"k" * 32)
OTHER = hc1.private_key(b"o" * 32)
SAID = content.of_dose(
    full_name="Nguyễn Thị Thử",
    born_on="1958-03-08",
    product="comirnaty",
    place=2,
    needed=2,
    given_on=date(2021, 10, 20),
    identifier="URN:UVCI:01:VN:ABC",
)


def keys(*private):
    return {hc1.key_id(one.public_key()): one.public_key() for one in private}


def written(key=KEY, **facts):
    facts = {"issued_at": AT, "expires_at": AT + timedelta(days=365)} | facts
    return hc1.write(SAID, key=key, issuer="VN", **facts)


def test_another_decoder_reads_and_verifies_it():
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public = cwt.COSEKey.from_pem(pem, kid=hc1.key_id(KEY.public_key()))
    message = zlib.decompress(base45.b45decode(written().removeprefix("HC1:")))

    claims = cwt.COSE.new().decode(message, public)
    said = cbor2.loads(claims)

    assert said[1] == "VN"
    assert said[-260][1]["v"][0]["mp"] == "EU/1/20/1528"
    assert said[-260][1]["nam"] == {
        "fn": "Nguyễn",
        "fnt": "NGUYEN",
        "gn": "Thị Thử",
        "gnt": "THI<THU",
    }


def test_what_another_issuer_wrote_is_read():
    pem = OTHER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private = cwt.COSEKey.from_pem(pem, kid=hc1.key_id(OTHER.public_key()), alg="ES256")
    payload = cbor2.dumps(
        {1: "FR", 4: int(AT.timestamp()) + 9, 6: int(AT.timestamp()), -260: {1: SAID}}
    )
    message = cwt.COSE.new(alg_auto_inclusion=True, kid_auto_inclusion=True).encode(
        payload, private
    )
    text = "HC1:" + base45.b45encode(zlib.compress(message)).decode()

    read = hc1.read(text, keys=keys(OTHER))

    assert (read.issuer, read.is_signed) == ("FR", True)
    assert read.content["v"][0]["dn"] == 2


def by_zxing(picture):
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def by_zbar(picture):
    """Return what zbar reads; skip without its library, unless all is asked for."""
    if find_library("zbar") is None:
        lacking("BROWSER", "libzbar0 is missing: apt-get install libzbar0")
    # Importing it loads the library.
    reader = import_module("pyzbar.pyzbar")
    return [found.data.decode("ascii") for found in reader.decode(picture)]


@pytest.mark.parametrize("reader", [by_zxing, by_zbar])
@pytest.mark.parametrize(
    ("scale", "turned", "blurred"), [(4, 0, 0), (4, 8, 1), (2, 3, 0.6)]
)
def test_qr_readers_read_it_off_the_picture(reader, scale, turned, blurred):
    """As it is shown, held askew and out of focus, and small."""
    file = io.BytesIO()
    segno.make_qr(written(), error="m").save(file, kind="png", scale=scale, border=4)
    picture = Image.open(file).convert("L")
    picture = picture.rotate(
        turned, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    ).filter(ImageFilter.GaussianBlur(blurred))

    (text,) = reader(picture)

    assert hc1.read(text, keys=keys(KEY)).is_signed is True


def test_a_forged_content_is_told_from_a_signed_one():
    message = cbor2.loads(
        zlib.decompress(base45.b45decode(written().removeprefix("HC1:")))
    )
    protected, unprotected, payload, signature = message.value
    claims = cbor2.loads(payload)
    claims[-260][1]["v"][0]["dn"] = 3
    forged = cbor2.CBORTag(18, [protected, unprotected, cbor2.dumps(claims), signature])
    text = "HC1:" + base45.b45encode(zlib.compress(cbor2.dumps(forged))).decode()

    assert hc1.read(text, keys=keys(KEY)).is_signed is False


def test_signed_by_another_under_our_keys_name_it_is_forged():
    message = cbor2.loads(
        zlib.decompress(base45.b45decode(written(OTHER).removeprefix("HC1:")))
    )
    _protected, unprotected, payload, signature = message.value
    ours = cbor2.dumps({1: -7, 4: hc1.key_id(KEY.public_key())})
    forged = cbor2.CBORTag(18, [ours, unprotected, payload, signature])
    text = "HC1:" + base45.b45encode(zlib.compress(cbor2.dumps(forged))).decode()

    assert hc1.read(text, keys=keys(KEY)).is_signed is False


def test_of_an_unknown_key_nothing_is_claimed():
    assert hc1.read(written(OTHER), keys=keys(KEY)).is_signed is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HC1:",
        "HC2:6BF",
        "https://example.vn",
        "HC1:" + base45.b45encode(zlib.compress(b"\x00" * 1_000_000)).decode(),
        "HC1:" + base45.b45encode(zlib.compress(cbor2.dumps([1, 2, 3, 4]))).decode(),
        "HC1:" + base45.b45encode(zlib.compress(cbor2.dumps({}))).decode(),
        "HC1:" + "A" * 9_000,
    ],
)
def test_what_is_none_is_refused(text):
    with pytest.raises(hc1.Unreadable):
        hc1.read(text, keys=keys(KEY))


@given(st.integers(0, 5_000), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_no_single_changed_sign_passes_as_genuine(place, sign):
    text = written()
    place = 4 + place % (len(text) - 4)
    if text[place] == sign:
        return

    try:
        read = hc1.read(text[:place] + sign + text[place + 1 :], keys=keys(KEY))
    except hc1.Unreadable:
        return

    # The last bits of zlib's checksum may be the only ones hit.
    assert read.is_signed is not True or read.content == SAID


@pytest.mark.parametrize(
    ("name", "standard"),
    [("Nguyễn", "NGUYEN"), ("Thị Đào", "THI<DAO"), ("H'Hen Niê", "HHEN<NIE")],
)
def test_names_are_written_as_machines_read_them(name, standard):
    assert content.standardised(name) == standard


@pytest.mark.parametrize(
    ("unprotected", "content"),
    [
        ({4: 4_000_000_000}, {"v": []}),
        ({4: "kid"}, {"v": []}),
        (7, {"v": []}),
        ({}, 7),
    ],
)
def test_what_is_shaped_otherwise_is_unreadable_and_costs_nothing(unprotected, content):
    payload = cbor2.dumps({6: 0, 4: 0, -260: {1: content}})
    message = cbor2.dumps(cbor2.CBORTag(18, [b"", unprotected, payload, b""]))
    text = hc1.PREFIX + base45.b45encode(zlib.compress(message)).decode()

    with pytest.raises(hc1.Unreadable):
        hc1.read(text, keys={})
