import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxMiddleware

from portal.common.htmx import page_or_fragment


@pytest.fixture
def render(settings, tmp_path):
    """Two templates; returns what a request with these headers gets."""
    (tmp_path / "page.html").write_text("page {{ word }}")
    (tmp_path / "_part.html").write_text("part {{ word }}")
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [tmp_path],
        }
    ]

    def answer(headers, status=200) -> HttpResponse:
        def view(request):
            return page_or_fragment(
                request, "page.html", "_part.html", {"word": "hello"}, status=status
            )

        return HtmxMiddleware(view)(RequestFactory().get("/", headers=headers))

    return answer


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, b"page hello"),
        ({"HX-Request": "true"}, b"part hello"),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, b"part hello"),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, b"page hello"),
        ({"HX-Request": "true", "HX-Boosted": "true"}, b"page hello"),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, b"page hello"),
    ],
)
def test_only_a_swap_of_a_part_gets_the_fragment(render, headers, text):
    response = render(headers)

    assert response.content == text
    assert "HX-Request" in response["Vary"]


def test_the_status_is_kept(render):
    assert render({}, status=422).status_code == 422
