import secrets

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import checks
from portal.common import mail
from tests.factories import make_organization, make_staff

KEY = secrets.token_urlsafe(50)


@pytest.fixture
def _production(settings):
    settings.DEMO = settings.DEBUG = False
    settings.PRODUCTION = True
    settings.SECRET_KEY = KEY
    settings.FIELD_KEYS, settings.INDEX_KEYS = {1: b"f" * 32}, {1: b"i" * 32}
    settings.ALLOWED_HOSTS, settings.BASE_URL = [], "https://dumui.example"
    settings.SMS_URL, settings.SMS_TOKEN = "https://sms.example/send", "token"
    settings.POPULATION_URL = "https://population.example"
    settings.POPULATION_KEYS = {1: b"p" * 32}


def _found():
    return [message.id for message in checks.production(None)]


@pytest.mark.usefixtures("_production")
def test_sound_settings_pass():
    assert _found() == []


@pytest.mark.usefixtures("_production")
@pytest.mark.parametrize(
    "key",
    ["short", "x" * 80, "django-insecure-" + KEY],
    ids=["short", "monotonous", "insecure"],
)
def test_a_weak_secret_key_is_refused(settings, key):
    settings.SECRET_KEY = key
    assert _found() == ["portal.E001"]


@pytest.mark.usefixtures("_production")
@pytest.mark.parametrize(
    ("name", "found"), [("FIELD_KEYS", "portal.E002"), ("INDEX_KEYS", "portal.E003")]
)
def test_missing_keys_are_refused(settings, name, found):
    setattr(settings, name, {})
    assert _found() == [found]


@pytest.mark.usefixtures("_production")
def test_one_key_for_two_purposes_is_refused(settings):
    settings.INDEX_KEYS = settings.FIELD_KEYS
    assert _found() == ["portal.E004"]


@pytest.mark.django_db
@pytest.mark.usefixtures("_production")
@pytest.mark.parametrize("name", ["SMS_URL", "SMS_TOKEN"])
def test_a_portal_that_can_send_no_code_is_refused_in_public_and_named_at_home(
    settings, name
):
    setattr(settings, name, "")
    assert _found() == ["portal.E005"]

    settings.BASE_URL = "http://localhost:8000"
    assert _found() == ["portal.W002"]
    checks.refuse_unsafe()


@pytest.mark.django_db
@pytest.mark.usefixtures("_production")
def test_what_the_checks_refuse_no_process_loads(settings):
    checks.refuse_unsafe()

    settings.ALLOWED_HOSTS, settings.SMS_URL = ["*"], ""
    with pytest.raises(ImproperlyConfigured, match=r"E005[^$]*E006"):
        checks.refuse_unsafe()


@pytest.mark.usefixtures("_production")
def test_every_host_at_once_is_refused(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert _found() == ["portal.E006"]


@pytest.mark.usefixtures("_production")
@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"POPULATION_URL": "http://population.example"}, ["portal.E008"]),
        ({"POPULATION_URL": "table:"}, ["portal.E008"]),
        ({"POPULATION_KEYS": {}}, ["portal.E009"]),
        ({"POPULATION_KEYS": {1: b"f" * 32}}, ["portal.E010"]),
        ({"POPULATION_URL": "", "POPULATION_KEYS": {}}, []),
    ],
    ids=["in clear", "the tests' own", "unsigned", "a key of ours", "none to ask"],
)
def test_the_population_database_is_asked_sealed_and_signed_or_not_at_all(
    settings, facts, found
):
    for name, value in facts.items():
        setattr(settings, name, value)
    assert _found() == found


@pytest.mark.parametrize(
    ("address", "hosts", "is_public"),
    [
        ("https://dumui.example", [], True),
        ("http://dumui.example", [], True),
        ("http://203.0.113.4:8000", [], True),
        ("http://[2001:db8::4]:8000", [], True),
        ("http://localhost:8000", ["localhost", "dumui.example"], True),
        ("http://localhost:8000", ["*"], True),
        ("http://localhost:8000", [".example"], True),
        ("https://localhost", ["localhost", "127.0.0.1", "[::1]"], False),
        ("http://[::1]:8000", [], False),
        ("http://192.168.1.5:8000", ["192.168.1.5"], False),
        ("http://may-cua-lan.local:8000", [], False),
    ],
)
def test_the_demo_is_refused_at_a_public_address(settings, address, hosts, is_public):
    settings.DEMO, settings.BASE_URL, settings.ALLOWED_HOSTS = True, address, hosts
    found = [message.id for message in checks.demo(None)]
    assert found == (["portal.E007"] if is_public else [])


@pytest.mark.parametrize(
    ("address", "is_public"),
    [("https://dumui.example", True), ("http://localhost:8000", False)],
)
def test_error_pages_with_source_code_are_refused_at_a_public_address(
    settings, address, is_public
):
    settings.DEMO, settings.DEBUG, settings.PRODUCTION = False, True, False
    settings.BASE_URL, settings.ALLOWED_HOSTS = address, []
    found = [message.id for message in checks.demo(None)]
    assert found == (["portal.E018"] if is_public else [])


@pytest.mark.django_db
@pytest.mark.usefixtures("_production")
def test_no_production_opens_on_a_database_that_the_demo_filled():
    station = make_organization()
    make_staff(station, email="lan@benh-vien.example")
    checks.refuse_unsafe()

    make_staff(station, email=f"lan1.t26734{mail.DEMO}", is_active=False)

    with pytest.raises(ImproperlyConfigured, match=r"E017[^$]*DATA_DIR"):
        checks.refuse_unsafe()


@pytest.mark.django_db
def test_the_demo_itself_and_a_plain_check_of_settings_do_not_ask_the_database(
    settings, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert checks.invented(None, databases=["default"]) == []
        settings.PRODUCTION = True
        assert checks.invented(None) == []


def test_outside_production_nothing_is_refused(settings):
    settings.PRODUCTION, settings.SECRET_KEY = False, ""
    assert _found() == []


EID = {
    "EID_ISSUER": "https://eid.example",
    "EID_CLIENT_ID": "du-mui",
    "EID_CLIENT_SECRET": "secret",
    "EID_SIMULATOR": "",
}


@pytest.mark.usefixtures("_production")
@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"EID_ISSUER": "", "EID_CLIENT_ID": ""}, []),
        ({"EID_CLIENT_ID": ""}, ["portal.E011"]),
        ({"EID_CLIENT_SECRET": ""}, ["portal.E011"]),
        ({"EID_ISSUER": "http://eid.example"}, ["portal.E012"]),
        ({"EID_SIMULATOR": "49247"}, ["portal.E013"]),
    ],
    ids=["sound", "none", "no name", "no secret", "in clear", "simulated"],
)
def test_an_eid_that_proves_nothing_is_refused(settings, facts, found):
    for name, value in (EID | facts).items():
        setattr(settings, name, value)
    assert [message.id for message in checks.eid(None)] == found
