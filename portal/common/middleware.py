"""What every request passes: a request id, and no caching of personal pages."""

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("portal.request")


class RequestId:
    """Give each request an id, return it, and log one line without personal data."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex[:16]
        request.META["REQUEST_ID"] = request_id
        began = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        match = request.resolver_match
        logger.info(
            "request",
            extra={
                "request_id": request_id,
                "method": request.method,
                # The route, not the path: a path holds the submission's code.
                "path": match.route if match else "unmatched",
                "status": response.status_code,
                "seconds": round(time.perf_counter() - began, 4),
            },
        )
        return response


class PersonalPages:
    """Forbid every cache to keep a page, unless the view said otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
