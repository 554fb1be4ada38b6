"""A case: who sees it, what it shows, what can be done and what cannot."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from complaints.actions import evidence, moving
from complaints.choices import Actor, Field, Kind, Move, Status
from complaints.models import Claim, Complaint, Evidence
from complaints.views import next_case
from portal.audit.models import Entry
from portal.common import scope
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_root,
    make_staff,
    make_submission,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.django_db
LOT = {Field.LOT: ("ABX4471", "ABX4417")}


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def staff(station):
    return make_staff(station)


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def case(station) -> Complaint:
    """Return a case about the lot of a dose on record, sent five hours ago."""
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        claims=LOT,
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )


def address(case: Complaint, step: str = "") -> str:
    names = [int(case.submission.code), case.number]
    if step:
        return reverse("casework:move", args=[*names, step])
    return reverse("casework:case", args=names)


def fresh(case: Complaint) -> Complaint:
    with scope.system():
        return Complaint.objects.get(pk=case.pk)


def claims_of(case: Complaint) -> list[Claim]:
    with scope.system():
        return list(Claim.objects.filter(complaint=case))


def test_recorded_and_claimed_stand_side_by_side_with_the_difference_marked(
    client, case
):
    page = client.get(address(case)).content.decode()

    assert "ABX44" in page
    assert "<del>" in page
    assert "<ins>" in page
    assert page.count("<h1") == 1


def test_opening_a_case_is_written_down(client, case, staff, station):
    client.get(address(case))

    entry = Entry.objects.get(verb="look_up")
    assert (entry.actor_id, entry.organization) == (staff.pk, station.pk)
    assert entry.person == case.submission.person_id
    assert (entry.subject, entry.subject_id) == ("complaints.complaint", case.pk)


def test_the_case_is_the_page_or_a_pane_beside_the_list(client, case):
    def heading(**headers):
        page = client.get(address(case), headers=headers).content.decode()
        return page[page.index("<h", page.index('class="hd"')) :][:3]

    on_its_page = f"http://testserver{address(case)}"
    assert heading() == "<h1"
    assert heading(**{"HX-Request": "true", "HX-Current-URL": on_its_page}) == "<h1"
    assert heading(**{"HX-Request": "true"}) == "<h2"


def test_htmx_gets_the_pane_with_its_own_title(client, case):
    response = client.get(address(case), headers={"HX-Request": "true"})

    page = response.content.decode()
    assert page.lstrip().startswith("<title>")
    assert "<html" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_get_no_page_at_all(client, case, method):
    client.force_login(make_staff(make_organization("TYT-2")))
    step = "tiep-nhan" if method == "post" else ""

    response = getattr(client, method)(address(case, step), {"version": 1})

    assert response.status_code == 404
    assert not Entry.objects.filter(verb="look_up").exists()


def test_an_administrator_sees_no_cases(client, case, station):
    client.force_login(make_staff(station, role="administrator"))

    assert client.get(address(case)).status_code == 404


def test_only_permitted_moves_are_offered(client, case, station):
    offered = client.get(address(case)).context["can"]
    client.force_login(make_staff(station, role="clerk"))
    offered_to_clerk = client.get(address(case)).context["can"]

    assert offered == {
        "tiep-nhan",
        "ghi",
        "hoi-them",
        "chuyen",
        "hoi-co-quan",
        "len-cap-tren",
        "gia-han",
        "ghi-chu",
    }
    assert offered_to_clerk == {"ghi-chu"}


def test_taking_on_makes_it_mine(client, case, staff):
    response = client.post(
        address(case, "tiep-nhan"), {"version": case.version}, follow=True
    )

    assert response.redirect_chain == [(address(case), 303)]
    assert fresh(case).assignee_id == staff.pk
    assert fresh(case).status == Status.IN_REVIEW


def test_upholding_every_claim_corrects_the_record_at_once(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {"version": case.version, f"verdict_{claim.pk}": "upheld"},
    )

    assert response.status_code == 303
    case.dose.refresh_from_db()
    assert case.dose.lot_number == "ABX4417"
    assert fresh(case).outcome == "corrected"


def test_keeping_without_ground_and_words_is_refused_with_what_was_typed(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"), {"version": case.version, f"verdict_{claim.pk}": "kept"}
    )

    form = response.context["form"]
    assert response.status_code == 422
    assert set(form.errors) == {f"ground_{claim.pk}", "note"}
    assert 'value="kept"' in response.content.decode()
    assert fresh(case).status == Status.RECEIVED


def test_keeping_with_a_ground_leaves_the_record(client, case):
    (claim,) = claims_of(case)

    response = client.post(
        address(case, "ghi"),
        {
            "version": case.version,
            f"verdict_{claim.pk}": "kept",
            f"ground_{claim.pk}": "unreadable",
            "note": "Ảnh mờ, không đọc được số lô.",
        },
    )

    assert response.status_code == 303
    assert fresh(case).outcome == "kept"
    assert [c.ground for c in claims_of(case)] == ["unreadable"]


def test_a_conflict_keeps_what_was_typed_and_shows_the_case_as_it_is(
    client, case, station
):
    colleague = make_staff(station)
    seen = case.version
    client.post(address(case, "tiep-nhan"), {"version": seen})
    client.force_login(colleague)

    response = client.post(
        address(case, "ghi-chu"), {"version": seen, "note": "Đã gọi điện."}
    )

    page = response.content.decode()
    assert response.status_code == 409
    assert "Đã gọi điện." in page
    assert "Lê Thị Lan" in page
    assert f'name="version" value="{fresh(case).version}"' in page


@pytest.mark.parametrize(
    ("actor", "move", "words"),
    [
        (Actor.SYSTEM, Move.OVERDUE, "Cổng vừa ghi nhận trong lúc đó: Quá hạn."),
        (Actor.CITIZEN, Move.NOTE, "Người dân vừa thao tác trong lúc đó"),
    ],
)
def test_a_conflict_names_nobody_who_changed_nothing(client, case, actor, move, words):
    client.post(address(case, "tiep-nhan"), {"version": case.version})
    seen = fresh(case).version
    with scope.system():
        moving.move(fresh(case), move, actor=actor, at=timezone.now())

    response = client.post(
        address(case, "ghi-chu"), {"version": seen, "note": "Đã gọi điện."}
    )

    assert response.status_code == 409
    assert words in text_of(response)
    assert response.context["changed"].startswith(words)


@pytest.mark.parametrize(
    ("role", "step", "typed"),
    [
        ("clerk", "tra-loi-co-quan", {"reply": "none"}),
        ("overseer", "len-cap-tren", {"note": "Quá tải."}),
        ("lead", "giao", {"to": "a colleague"}),
    ],
)
def test_whoever_may_make_a_move_may_take_it_back(
    client, station, staff, case, role, step, typed
):
    if role == "clerk":
        asked = {"authority": "Công an phường Thử", "points": ["lot"]}
        client.post(
            address(case, "hoi-co-quan"),
            {"version": case.version} | asked | {"days": 5, "note": "Số lô nào đúng?"},
        )
    if role == "lead":
        typed = {"to": str(staff.ref)}
    case = fresh(case)
    status = case.status
    client.force_login(make_staff(make_root(), role=role))

    made = client.post(
        address(case, step), {"version": case.version} | typed, follow=True
    )
    assert fresh(case).version > case.version, text_of(made)
    undo = reverse("casework:undo", args=[made.context["undo"][0]["ref"]])
    client.post(undo)

    assert fresh(case).status == status
    with scope.system():
        assert case.events.latest("seq").move == Move.UNDO


def test_a_note_offers_no_earlier_move_that_would_be_refused(client, case):
    client.post(address(case, "tiep-nhan"), {"version": case.version})

    page = client.post(
        address(case, "ghi-chu"),
        {"version": fresh(case).version, "note": "Đã gọi điện."},
        follow=True,
    )

    assert page.context["undo"] == []


def test_decisions_of_two_cases_can_both_be_taken_back(client, station):
    first, second = (make_case(station, claims=LOT) for _ in range(2))
    for case in (first, second):
        page = client.post(
            address(case, "tiep-nhan"), {"version": case.version}, follow=True
        )

    refs = [one["ref"] for one in page.context["undo"]]
    for ref in reversed(refs):
        client.post(reverse("casework:undo", args=[ref]))

    assert [fresh(case).status for case in (first, second)] == [Status.RECEIVED] * 2


def test_asking_pauses_the_clock_and_needs_words(client, case):
    nothing = client.post(address(case, "hoi-them"), {"version": case.version})
    asked = client.post(
        address(case, "hoi-them"), {"version": case.version, "reasons": ["clearer"]}
    )

    assert nothing.status_code == 422
    assert asked.status_code == 303
    assert fresh(case).status == Status.WAITING_CITIZEN


def test_handing_over_goes_to_an_organization_found_by_its_name(client, case):
    to = make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")
    typed = {"version": case.version, "place": "hoa binh", "note": "Tiêm ở đó."}

    offered = client.post(address(case, "chuyen"), typed)
    done = client.post(address(case, "chuyen"), typed | {"to": to.code})

    assert offered.status_code == 422
    assert "TYT-9" in offered.content.decode()
    assert done["Location"] == reverse("casework:queue"), "it is no longer ours"
    assert fresh(case).holder_id == to.pk


def test_a_foreign_code_is_no_receiver(client, case):
    make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")

    response = client.post(
        address(case, "chuyen"),
        {"version": case.version, "place": "hoa binh", "to": "VN", "note": "Ở đó."},
    )

    assert response.status_code == 422


def test_suggestions_come_as_a_fragment(client):
    make_organization("TYT-9", name="Trạm Y tế phường Hòa Bình")

    response = client.get(reverse("casework:receivers"), {"place": "hòa bình"})

    assert "Trạm Y tế phường Hòa Bình" in response.content.decode()


def test_a_risky_decision_waits_for_a_second_person(client, station):
    dose = make_dose(make_person(), station)
    case = make_case(
        station,
        sent=timezone.now() - timedelta(hours=2),
        kind=Kind.NOT_MINE,
        dose=dose,
        claims={Field.DOSE: ("", "void")},
    )
    (claim,) = claims_of(case)
    client.post(
        address(case, "ghi"),
        {"version": case.version, f"verdict_{claim.pk}": "upheld"},
    )
    proposed = fresh(case)
    mine = client.get(address(case))
    own = mine.context["can"]

    client.force_login(make_staff(station))
    others = client.get(address(case)).context["can"]
    client.post(address(case, "dong-y"), {"version": proposed.version})

    assert proposed.status == Status.AWAITING_SECOND
    assert "dong-y" not in own
    # What is not there is explained where it would stand.
    assert "Người thứ hai phải ký" in text_of(mine)
    assert {"dong-y", "tu-choi-de-xuat"} <= others
    dose.refresh_from_db()
    assert (fresh(case).outcome, dose.person_id) == ("corrected", None)


def test_a_missing_dose_is_recorded_with_the_facts_that_staff_know(client, station):
    person = make_person()
    make_dose(make_person(), station)
    sent = timezone.now() - timedelta(hours=2)
    case = make_case(
        station,
        sent=sent,
        kind=Kind.MISSING_DOSE,
        submission=make_submission(at=sent, person=person),
        claims={Field.GIVEN_ON: ("", "2021-10-05"), Field.SITE: ("", station.code)},
    )
    verdicts = {f"verdict_{claim.pk}": "upheld" for claim in claims_of(case)}
    typed = {"version": case.version, "proof": "slip_seen"} | verdicts

    lacking = client.post(address(case, "ghi"), typed)
    done = client.post(
        address(case, "ghi"), typed | {"fill_product": "AZ", "fill_lot": "abx 4471"}
    )

    assert set(lacking.context["form"].errors) == {"fill_product"}
    assert done.status_code == 303
    dose = person.doses.get()
    assert (dose.product.code, dose.lot_number) == ("AZ", "ABX4471")


def decide(client, case, *, query="", **headers):
    (claim,) = claims_of(case)
    sent = {"version": case.version, f"verdict_{claim.pk}": "upheld"}
    return client.post(f"{address(case, 'ghi')}{query}", sent, headers=headers)


def test_after_a_decision_the_next_case_opens(client, case, station):
    following = make_case(station, sent=timezone.now() - timedelta(hours=9))

    decided = decide(client, case)
    page = client.get(decided["Location"])

    assert (decided.status_code, decided["Location"]) == (303, address(following))
    assert case.pretty_reference in page.content.decode(), "which one was decided"
    assert page.context["is_given"], "nobody else gets it meanwhile"
    assert page.context["undo"], "the last one can still be taken back"


def test_after_the_last_decision_its_result_is_shown(client, case):
    decided = decide(client, case)

    assert decided["Location"] == address(case)
    assert reverse("casework:take_next") in client.get(address(case)).content.decode()


def test_whoever_came_from_a_list_stays_in_it(client, case, station):
    """The filters go along in the address of the case; E and a decision keep to it."""
    make_case(station, sent=timezone.now() - timedelta(hours=40))
    wanted = [
        make_case(
            station, sent=timezone.now() - timedelta(hours=ago), kind=Kind.NOT_MINE
        )
        for ago in (20, 10)
    ]
    query = "?kind=not_mine"
    row = client.get(reverse("casework:queue") + query).content.decode()
    assert f'href="{address(wanted[0])}{query}"' in row

    given = client.post(reverse("casework:take_next") + query)
    page = client.get(given["Location"]).content.decode()
    decided = decide(client, case, query=query)

    assert given["Location"] == f"{address(wanted[0])}{query}"
    assert f'action="{address(wanted[0], "chuyen")}{query}"' in page
    assert f'action="{reverse("casework:take_next")}{query}"' in page
    assert decided["Location"] == f"{address(wanted[0])}{query}"
    none = client.post(reverse("casework:take_next") + "?lot=X1", follow=True)
    assert none.redirect_chain[-1][0] == reverse("casework:queue") + "?lot=X1"
    assert "trong danh sách này" in none.content.decode()
    elsewhere = client.post(reverse("casework:take_next"))
    assert elsewhere["Location"] == address(wanted[0]), "it was given already"


def test_beside_the_list_the_next_case_comes_into_the_pane(client, case, station):
    following = make_case(station, sent=timezone.now() - timedelta(hours=9))
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address(case)}"}

    beside = decide(client, case, **htmx, **{next_case.BESIDE_LIST: "1"})

    assert beside.context["complaint"] == following
    assert beside["HX-Push-Url"] == address(following)
    assert "case-changed" in beside["HX-Trigger"], "the list is read again"
    assert not beside.context["is_alone"]


def test_without_a_list_beside_it_the_next_case_is_a_page(client, case, station):
    following = make_case(station, sent=timezone.now() - timedelta(hours=9))
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address(case)}"}

    assert decide(client, case, **htmx)["HX-Redirect"] == address(following)


def test_an_unknown_step_and_a_get_of_a_step_do_nothing(client, case):
    assert client.post(address(case, "xoa"), {"version": 1}).status_code == 404
    assert client.get(address(case, "ghi")).status_code == 405


def test_every_kind_and_state_of_case_can_be_shown(client, station):
    now = timezone.now()
    dose = make_dose(make_person(), station)
    claims = {
        Kind.MISSING_DOSE: {Field.GIVEN_ON: ("", "2021-09")},
        Kind.WRONG_DOSE: {Field.SITE: ("TYT-1", "TYT-1"), Field.PRODUCT: ("AZ", "X")},
        Kind.NOT_MINE: {Field.DOSE: ("", "void")},
        Kind.DOUBLED_DOSE: {Field.DOSE: ("", "void")},
        Kind.WRONG_PERSON: {
            Field.FULL_NAME: ("Nguyễn Thị Hương", "Nguyễn Thị Hường"),
            Field.BORN_ON: ("1958", "1958-03-08"),
            Field.NATIONAL_ID: ("1158000123", "001158000123"),
            Field.SEX: ("F", "M"),
            Field.PHONE: ("", "+84900000215"),
        },
    }
    histories = [
        [],
        [(Move.ASK, Status.WAITING_CITIZEN, now)],
        [(Move.RESOLVE, Status.RESOLVED, now)],
        [(Move.WITHDRAW, Status.WITHDRAWN, now)],
    ]
    for kind, claimed in claims.items():
        for history in histories:
            person = make_person()
            sent = now - timedelta(hours=3)
            case = make_case(
                station,
                sent=sent,
                kind=kind,
                claims=claimed,
                dose=None if kind == Kind.MISSING_DOSE else dose,
                history=history,
                submission=make_submission(at=sent, person=person),
            )
            assert client.get(address(case)).status_code == 200


def make_evidence(case: Complaint, **facts) -> Evidence:
    row = Evidence.objects.create(
        submission=case.submission,
        media_type="image/jpeg",
        sha256=b"\0" * 32,
        bytes=3,
        state=facts.get("state", Evidence.State.CHECKED),
        pages=facts.get("pages", 1),
        has_certificate=False,
        uploaded_at=timezone.now(),
    )
    for name in evidence.names_of(row):
        evidence.write(name, b"\xff\xd8\xff")
    return row


def test_checked_evidence_is_shown_and_each_look_at_it_written_down(client, case):
    row = make_evidence(case)

    response = client.get(reverse("casework:evidence", args=[row.ref]))

    assert response.status_code == 200
    assert response.content == b"\xff\xd8\xff"
    assert response["Content-Type"] == "image/jpeg"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert Entry.objects.get(subject="complaints.evidence").subject_id == row.pk


def quarters() -> bytes:
    """Return a wide picture whose left half is black."""
    image = Image.new("L", (80, 40), 255)
    image.paste(0, (0, 0, 40, 40))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("query", "size", "black_at"),
    [
        ("", (80, 40), (10, 20)),
        ("?xoay=90", (40, 80), (20, 10)),
        ("?xoay=180", (80, 40), (70, 20)),
        ("?xoay=270", (40, 80), (20, 70)),
        ("?xoay=45", (80, 40), (10, 20)),
        ("?xoay=x", (80, 40), (10, 20)),
    ],
)
def test_a_photo_is_turned_clockwise(client, case, query, size, black_at):
    row = make_evidence(case)
    evidence.write(evidence.name_of(row, 1), quarters())

    turned = client.get(reverse("casework:evidence_page", args=[row.ref, 1]) + query)

    image = Image.open(io.BytesIO(turned.content))
    assert image.size == size
    assert image.getpixel(black_at) < 40
    assert image.getpixel((size[0] - black_at[0], size[1] - black_at[1])) > 200


def test_a_photo_is_turned_and_enlarged_within_the_case(client, case):
    row = make_evidence(case)
    frame = reverse("casework:evidence_view", args=[row.ref, 1])
    page = client.get(address(case)).content.decode()
    assert f'href="{frame}?xoay=90&amp;to=1"' in page
    assert Entry.objects.filter(subject="complaints.evidence").count() == 0

    part = client.get(f"{frame}?xoay=90&to=2", headers={"HX-Request": "true"})
    links = [link["url"].partition("?")[2] for link in part.context["links"]]

    assert "<html" not in part.content.decode()
    assert 'class="z2"' in part.content.decode()
    assert "?xoay=90" in part.context["photo"]["source"]
    assert links == ["xoay=0&to=2", "xoay=180&to=2", "xoay=90&to=4", "xoay=90&to=1"]
    alone = client.get(frame)
    assert address(case) in alone.content.decode(), "the way back"
    assert alone.content.decode().count("<h1") == 1


def test_the_frame_of_a_photo_is_there_for_whom_the_photo_is(client, case):
    row, waiting = (
        make_evidence(case),
        make_evidence(case, state="quarantined", pages=0),
    )
    stranger = Client()
    stranger.force_login(make_staff(make_organization("TYT-2")))

    def asked(of, page, who=client):
        where = reverse("casework:evidence_view", args=[of.ref, page])
        return who.get(where).status_code

    assert [asked(row, 1), asked(row, 2), asked(waiting, 1)] == [200, 404, 404]
    assert asked(row, 1, who=stranger) == 404


def test_unchecked_evidence_and_that_of_strangers_is_not_there(client, case):
    waiting = make_evidence(case, state=Evidence.State.QUARANTINED, pages=0)
    checked = make_evidence(case)

    unchecked = client.get(reverse("casework:evidence", args=[waiting.ref]))
    client.force_login(make_staff(make_organization("TYT-2")))
    strange = client.get(reverse("casework:evidence", args=[checked.ref]))

    assert (unchecked.status_code, strange.status_code) == (404, 404)


def of_somebody_else(holder) -> Complaint:
    sent = timezone.now() - timedelta(hours=3)
    submission = make_submission(at=sent, phone="+84900000999")
    return make_case(holder, sent=sent, submission=submission)


def test_the_same_photo_with_another_person_is_shown_to_who_may_see_both(client, case):
    strange = of_somebody_else(case.holder)
    make_evidence(case)
    make_evidence(strange)

    body = client.get(address(case)).content.decode()

    assert address(strange) in body


def test_the_same_photo_outside_the_area_is_only_counted(client, case):
    elsewhere = of_somebody_else(make_organization("TYT-3"))
    make_evidence(case)
    make_evidence(elsewhere)

    body = client.get(address(case)).content.decode()

    assert elsewhere.submission.code not in body
    assert "1 phản ánh ngoài phạm vi của bạn có cùng ảnh này." in body


def test_a_move_is_offered_to_be_taken_back_and_is_by_its_maker_alone(client, case):
    client.post(address(case, "tiep-nhan"), {"version": case.version})
    page = client.get(address(case))
    undo = reverse("casework:undo", args=[page.context["undo"][0]["ref"]])
    assert undo in page.content.decode()
    assert undo in client.get(reverse("casework:queue")).content.decode()

    colleague = Client()
    colleague.force_login(make_staff(case.holder))
    assert colleague.post(undo).status_code == 404
    back = client.post(undo, follow=True)

    assert back.context["complaint"].status == Status.RECEIVED
    assert back.context["undo"] == []
    assert [step["state"] for step in back.context["timeline"]] == ["done"] * 3


def test_who_takes_a_move_back_stays_in_the_list_they_came_from(client, case):
    listed = f"?kind={case.kind}"
    client.post(address(case, "tiep-nhan"), {"version": case.version})
    page = client.get(address(case) + listed)
    undo = reverse("casework:undo", args=[page.context["undo"][0]["ref"]]) + listed
    assert f'action="{undo}"' in page.content.decode()

    assert client.post(undo)["Location"] == address(case) + listed
    assert client.post(undo)["Location"] == reverse("casework:queue") + listed


def test_a_dose_in_question_is_shown_as_it_is_recorded(client, station):
    dose = make_dose(make_person(), station)
    case = make_case(
        station,
        kind=Kind.DOUBLED_DOSE,
        dose=dose,
        claims={Field.DOSE: ("", "void")},
        history=[(Move.OVERDUE, Status.RECEIVED, timezone.now())],
    )

    shown = client.get(address(case)).context

    assert shown["rows"][0]["recorded"] == "14/09/2021, AstraZeneca, Trạm Y tế TYT-1"
    sent, late = shown["timeline"]
    assert late["state"] == "late"
    assert station.name in late["time"]
    assert station.name not in sent["time"]


def test_what_was_passed_out_of_sight_can_be_taken_back_from_the_queue(client, case):
    station = case.holder

    page = client.post(
        address(case, "len-cap-tren"),
        {"version": case.version, "note": "Cần cấp trên."},
        follow=True,
    )
    assert client.get(address(case)).status_code == 404
    assert page.context["rows"] == []
    undo = reverse("casework:undo", args=[page.context["undo"][0]["ref"]])
    assert undo in page.content.decode()

    back = client.post(undo, follow=True)
    assert back.context["complaint"].holder == station
