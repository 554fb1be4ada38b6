"""The national e-ID: whose record it opens, and what cannot be forged or replayed."""

from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client

from portal.audit.models import Entry
from tests.factories import make_dose, make_organization, make_person
from tests.pages.citizen_steps import code_sent_to, text_of
from tests.pages.eid_steps import agree, begin, running, sign_in

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
RECORD = "/tra-cuu/ket-qua/"


@pytest.fixture
def eid(settings):
    cache.clear()
    with running(settings) as server:
        yield server


@pytest.fixture
def person():
    return make_person(phone="+84900000999")


def opened(page):
    return page.request["PATH_INFO"] == RECORD


def test_the_eid_opens_the_record_without_the_telephone(client, eid, person):
    make_dose(person, make_organization(name="Trạm Y tế Phường 5"))

    page = sign_in(client, eid)

    assert opened(page)
    assert "Trạm Y tế Phường 5" in text_of(page)
    assert code_sent_to("+84900000999") is None
    seen = Entry.objects.get(verb="look_up", person=person.pk)
    assert seen.detail == "eid self"


def test_after_the_eid_a_parent_finds_the_way_to_the_child(client, eid, person):
    page = sign_in(client, eid)

    assert 'href="/tra-cuu/dien-thoai/"><span>Người khác' in page.content.decode()
    assert 'name="relation"' not in page.content.decode()


def test_the_browser_is_sent_with_state_nonce_and_pkce(client, eid):
    asked = parse_qs(urlsplit(begin(client)).query)

    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["acr_values"] == ["2"]
    assert all(len(asked[name][0]) >= 16 for name in ("state", "nonce"))
    assert asked["redirect_uri"] == ["http://localhost:8000/tra-cuu/can-cuoc/ve/"]


def test_in_english_one_comes_back_to_english(client, eid, person):
    page = client.get(agree(eid, begin(client, "/en")), follow=True)

    assert page.request["PATH_INFO"] == f"/en{RECORD}"


@pytest.mark.parametrize(
    "who",
    [
        {"national_id": "079158099999"},
        {"birthdate": "1958-03-09"},
        # A code would go to the telephone on record; the e-ID sends none.
        {"birthdate": "1958-08-03"},
    ],
    ids=["another number", "another birth date", "day and month swapped"],
)
def test_a_record_that_does_not_agree_stays_closed_and_the_way_on_is_shown(
    client, eid, person, who
):
    page = sign_in(client, eid, **who)

    assert not opened(page)
    assert "/bao-sai/?kind=missing_dose" in page.content.decode()
    assert client.get(RECORD).status_code == 302


def test_two_records_of_one_number_are_both_offered(client, eid, person):
    make_person("Nguyễn Thị Thứ", phone="+84900000888")

    page = sign_in(client, eid)

    assert page.request["PATH_INFO"] == "/tra-cuu/nguoi/"
    assert page.content.decode().count('name="person"') == 2


def test_stopping_there_is_said_in_words_with_other_ways(client, eid, person):
    page = sign_in(client, eid, answer="no")

    assert page.status_code == 422
    assert "/tra-cuu/dien-thoai/" in page.content.decode()
    assert 'action="/tra-cuu/can-cuoc/"' in page.content.decode()


def test_an_account_that_is_not_verified_opens_nothing(client, eid, person):
    page = sign_in(client, eid, level="1")

    assert page.status_code == 422
    assert client.get(RECORD).status_code == 302


def test_the_same_answer_opens_nothing_twice(client, eid, person):
    back = agree(eid, begin(client))
    assert client.get(back).status_code == 303
    client.post("/tra-cuu/thoat/")

    assert client.get(back).status_code == 422
    assert client.get(RECORD).status_code == 302


def test_an_answer_for_one_browser_opens_nothing_in_another(eid, person):
    victim = Client()
    back = agree(eid, begin(Client()))

    assert victim.get(back).status_code == 422
    begin(victim)
    assert victim.get(back).status_code == 422
    assert victim.get(RECORD).status_code == 302


def test_a_code_of_another_sign_in_is_refused(client, eid, person):
    """The code is bound to its verifier: a stolen one is worth nothing."""
    stolen = agree(eid, begin(Client()))
    mine = agree(eid, begin(client), national_id="079158099999")
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    state = parse_qs(urlsplit(mine).query)["state"][0]

    page = client.get(f"/tra-cuu/can-cuoc/ve/?code={code}&state={state}")

    assert page.status_code == 422
    assert client.get(RECORD).status_code == 302


@pytest.mark.parametrize(
    "forged",
    [
        {"iss": "https://another.example"},
        {"aud": "somebody-else"},
        {"aud": ["du-mui", "somebody-else"], "azp": "somebody-else"},
        {"nonce": "of an earlier sign-in"},
        {"nonce": None},
        {"exp": 1_600_000_000},
        {"birthdate": "1958"},
        {"national_id": ""},
    ],
    ids=lambda forged: ",".join(f"{k}={v}" for k, v in forged.items()),
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(client, eid, person, forged):
    eid.state.alter = lambda claims: {
        name: value for name, value in (claims | forged).items() if value is not None
    }

    page = sign_in(client, eid)

    assert page.status_code == 422
    assert client.get(RECORD).status_code == 302


def test_a_token_signed_with_another_key_is_refused(client, eid, person):
    eid.state.signer = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert sign_in(client, eid).status_code == 422


def test_an_eid_that_is_away_is_said_at_once_and_other_ways_are_shown(
    client, settings, person
):
    cache.clear()
    settings.EID_ISSUER = "http://127.0.0.1:9"
    settings.EID_CLIENT_ID = settings.EID_CLIENT_SECRET = "x"

    page = client.post("/tra-cuu/can-cuoc/")

    assert page.status_code == 503
    assert "/tra-cuu/dien-thoai/" in page.content.decode()


def test_without_an_eid_the_way_is_not_offered(client):
    assert "/tra-cuu/can-cuoc/" not in client.get("/tra-cuu/").content.decode()
    assert client.get("/tra-cuu/can-cuoc/").status_code == 404
    assert client.get("/tra-cuu/can-cuoc/ve/").status_code == 404


def test_the_form_may_go_to_the_eid_and_nowhere_else(client, eid):
    page = client.get("/tra-cuu/can-cuoc/")

    policy = page["Content-Security-Policy"]
    assert f"form-action 'self' {eid.url}" in policy
    home = client.get("/")["Content-Security-Policy"]
    assert "form-action 'self';" in home + ";"


def test_nothing_that_the_eid_said_is_readable_in_the_session(client, eid, person):
    sign_in(client, eid)

    assert "079158012345" not in str(dict(client.session))


def test_a_name_that_lacks_its_accents_is_offered_for_correction(client, eid):
    make_person("Nguyen Thi Thu", phone=None)

    words = text_of(sign_in(client, eid))

    assert "Nguyễn Thị Thử" in words
