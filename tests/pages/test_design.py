"""The design keeps its budgets, its policy, and its way of writing values."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from portal.common.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "portal" / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "a style block": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"hx-on", re.IGNORECASE),
    "a js: expression": re.compile(r"""["']js(?:on)?:|javascript:""", re.IGNORECASE),
    "a filtered trigger": re.compile(r"""hx-trigger="[^"]*\["""),
    "a script in the page": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "another host": re.compile(r"""(?:src|href)=["'](?:https?:)?//""", re.IGNORECASE),
}
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


def weight(*names: str) -> int:
    """Return the bytes that travel for these static files."""
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def names_of_icons(text: str) -> set[str]:
    """Return the icons that a template asks for by name."""
    return set(re.findall(r"""{%\s*icon\s+["']([^"']+)["']""", text))


@pytest.mark.parametrize(
    ("names", "most"),
    [
        (["base.css"], 5 * 1024),
        (["base.css", "work.css"], 8 * 1024),
        (["app.js"], 6 * 1024),
        (["app.js", "work.js", "rest.js"], 8 * 1024),
    ],
)
def test_what_travels_stays_within_its_budget(names, most):
    assert weight(*names) <= most


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_breaks_the_content_policy(path):
    text = path.read_text(encoding="utf-8")
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_icon_in_a_template_is_drawn(path):
    drawn = set(
        re.findall(r'id="i-([a-z]+)"', (ROOT / "templates/_icons.html").read_text())
    )
    assert names_of_icons(path.read_text(encoding="utf-8")) <= drawn


def test_every_icon_of_a_state_or_a_tone_is_drawn():
    drawn = set(
        re.findall(r'id="i-([a-z]+)"', (ROOT / "templates/_icons.html").read_text())
    )
    used = {symbol for _tone, symbol in ui.STATES.values()} | set(
        ui._ICON_OF_TONE.values()
    )
    assert used <= drawn


def test_style_sheets_take_nothing_from_elsewhere():
    text = (STATIC / "base.css").read_text() + (STATIC / "work.css").read_text()
    assert "@import" not in text
    assert "url(" not in text


@pytest.mark.parametrize(
    ("language", "value", "places", "written"),
    [
        ("vi", 18204, 0, "18.204"),
        ("vi", 9.13, 1, "9,1"),
        ("vi", 1234567.5, 1, "1.234.567,5"),
        ("en", 18204, 0, "18,204"),
        ("en", 9.13, 1, "9.1"),
        ("vi", None, 0, "–"),
    ],
)
def test_numbers_are_written_as_the_language_does(language, value, places, written):
    with translation.override(language):
        assert ui.vn_number(value, places) == written


def test_a_share_is_written_as_a_percentage():
    with translation.override("vi"):
        assert ui.percent(0.874) == "87,4%"


def test_a_code_is_shown_in_groups_of_four_four_and_two():
    assert ui.pretty_code("4829173652") == "4829 1736 52"
    assert ui.pretty_code("4829 1736 52") == "4829 1736 52"


@pytest.mark.parametrize(
    ("due", "tone", "words"),
    [
        (NOON + timedelta(days=5), "info", "5 days left"),
        (NOON + timedelta(days=2), "warn", "2 days left"),
        (NOON + timedelta(days=1), "warn", "1 day left"),
        (NOON + timedelta(hours=3), "warn", "Due today"),
        (NOON - timedelta(days=1), "bad", "Overdue by 1 day"),
        # 18:00 in Greenwich is already the next day in Vietnam.
        (datetime(2026, 11, 22, 18, tzinfo=UTC), "warn", "1 day left"),
    ],
)
def test_days_left_are_days_of_the_calendar_in_vietnam(due, tone, words):
    with translation.override("en"):
        shown = ui.due_tag(due, NOON)
    assert f"tag {tone}" in shown
    assert words in shown


def test_a_stopped_clock_shows_no_number_of_days():
    with translation.override("en"):
        shown = ui.due_tag(NOON - timedelta(days=9), NOON, paused=True)
    assert "Clock stopped" in shown


def test_nothing_due_shows_nothing():
    assert ui.due_tag(None, NOON) == ""


def test_a_state_is_word_and_icon_and_escapes_what_it_shows():
    shown = ui.status_tag("in_review", "<b>")
    assert "&lt;b&gt;" in shown
    assert "#i-clock" in shown


def test_an_unknown_state_is_shown_in_grey_and_an_unknown_tone_is_refused():
    assert "tag plain" in ui.status_tag("something_new", "New")
    with pytest.raises(ValueError, match="purple"):
        ui.tag("New", "purple")


def test_a_query_is_changed_without_losing_the_rest():
    request = RequestFactory().get("/", {"q": "a b", "after": "9", "sort": "due"})
    changed = ui.query_with(Context({"request": request}), after=None, sort="code")
    assert changed == "q=a+b&sort=code"


def test_a_line_breaks_where_there_is_no_value():
    chart = {
        "title": "Days",
        "unit": "days",
        "labels": ["1", "2", "3"],
        "series": [{"label": "half", "tone": "a", "values": [2, None, 4]}],
    }
    path = ui.line_chart(chart)["lines"][0]["path"]
    assert path.count("M") == 2


@pytest.mark.parametrize("highest", [0, 0.3, 1, 7, 13.9, 99, 100, 20_500])
def test_the_axis_ends_above_the_highest_value(highest):
    assert ui._round_top(highest) >= highest > -1
    assert ui._round_top(highest) > 0


def test_a_series_must_have_one_value_per_label():
    chart = {"title": "x", "labels": ["1"], "series": [{"label": "y", "values": []}]}
    with pytest.raises(ValueError, match="one value per label"):
        ui.line_chart(chart)


def test_an_empty_bar_chart_divides_by_nothing():
    assert ui.bar_chart({"title": "x", "bars": []})["parts"] == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "1 minute"), (125, "3 minutes"), (7200, "2 hours")]
)
def test_a_wait_is_told_in_minutes_or_hours(seconds, words):
    with translation.override("en"):
        assert ui.wait_words(seconds) == words


class ThreeInputs(forms.MultiWidget):
    """Day, month and year."""

    def __init__(self):
        super().__init__([forms.TextInput] * 3)

    def decompress(self, value):
        """Return three empty parts."""
        return [None, None, None]


class ThreeParts(forms.MultiValueField):
    """A day in three parts, as typed."""

    widget = ThreeInputs

    def __init__(self, **kwargs):
        super().__init__(fields=[forms.CharField(required=False)] * 3, **kwargs)

    def compress(self, data_list):
        """Return the parts."""
        return data_list


class Question(forms.Form):
    """A form with the kinds of fields that the pages use."""

    use_required_attribute = False
    full_name = forms.CharField(label="Full name", help_text="As on the card")
    site = forms.ChoiceField(
        label="Site",
        widget=forms.RadioSelect,
        choices=[("a", "Station\nFormerly: ward 5"), ("b", "Not in the list")],
    )
    given_on = ThreeParts(label="Date", required=False)
    evidence = forms.FileField(label="Photo", required=False, widget=forms.FileInput)
    key = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        """Refuse the whole form."""
        raise forms.ValidationError("Together they make no sense")


@pytest.fixture
def page():
    """Return a form with faults as the page shows it."""
    source = '{% include "_error_summary.html" %}{{ form }}'
    form = Question({"given_on_0": "3<", "key": "k"})
    with translation.override("en"):
        return Template(source).render(Context({"form": form}))


def test_the_error_summary_takes_focus_and_links_to_each_field(page):
    assert 'role="alert"' in page
    assert 'tabindex="-1" autofocus' in page
    assert "There are 3 things to fix" in page
    assert '<a href="#id_full_name">' in page
    assert '<a href="#id_site_0">' in page
    assert "<li>Together they make no sense</li>" in page


def test_every_link_of_the_error_summary_leads_to_an_input(page):
    targets = re.findall(r'<a href="#([^"]+)"', page)
    assert targets
    assert [t for t in targets if f'id="{t}"' not in page] == []


def test_hint_and_error_are_tied_to_the_input(page):
    described = re.findall(r'aria-describedby="([^"]+)"', page)
    ids = {one for value in described for one in value.split()}
    assert {"id_full_name_helptext", "id_full_name_error", "id_site_error"} <= ids
    assert [one for one in ids if f'id="{one}"' not in page] == []


def test_a_day_is_three_labelled_inputs_that_keep_what_was_typed(page):
    for place in range(3):
        assert f'<label for="id_given_on_{place}">' in page
        assert f'name="given_on_{place}"' in page
    assert 'value="3&lt;"' in page


def test_small_print_of_a_choice_follows_its_words(page):
    assert 'Station<br><span class="mut sm">Formerly: ward 5</span>' in page


def test_what_may_stay_empty_says_so_and_nothing_else_does(page):
    assert page.count("(optional)") == 2
    assert 'required=""' not in page


def test_a_form_without_faults_shows_no_summary():
    source = '{% include "_error_summary.html" %}'
    assert Template(source).render(Context({"form": Question()})).strip() == ""
    assert Template(source).render(Context({})).strip() == ""
