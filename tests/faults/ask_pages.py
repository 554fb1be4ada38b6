"""Ask for pages in a process of its own: ``python -m tests.faults.ask_pages``.

Reads a list of [method, path] from standard input and prints one JSON list of
{status, retry_after, body}.
"""

import json
import sys

import django

django.setup()

# Models and clients can be imported only after Django is set up.
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402


def main() -> None:
    answers = []
    for method, path in json.load(sys.stdin):
        client = Client(raise_request_exception=False, SERVER_NAME="localhost")
        client.cookies[settings.SESSION_COOKIE_NAME] = "k" * 32
        response = client.generic(method, path)
        answers.append(
            {
                "status": response.status_code,
                "retry_after": response.get("Retry-After"),
                "body": response.content.decode(),
            }
        )
    json.dump(answers, sys.stdout)


main()
