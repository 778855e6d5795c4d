"""The HTTP transport of apify-client, kept within a rate, that waits as long as a Retry-After says.

The client (3.4.0, measured) retries 429 and 5xx by its own back-off and ignores the header.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import impit
from apify_client.http_clients import ImpitHttpClient

from vtlib.capture.apify_errors import Paused
from vtlib.core import log
from vtlib.core.rate_limits import RateLimiter, retry_after

_logger = log.get(__name__)
RETRY_AFTER_MAX_S = 120.0  # a longer wait is said and left to the next command


class Transport(ImpitHttpClient):
    """`ImpitHttpClient` whose every request, retries included, passes `limiter` (quantity
    `requests`).
    """

    def __init__(self, limiter: RateLimiter, **options: Any) -> None:
        super().__init__(**options)
        self._limiter = limiter

    def send_request(self, **request: Any) -> impit.Response:
        """Send one request when its turn has come. Raises Paused when that is more than 2
        minutes away.
        """
        hold_s = self._limiter.hold_s()
        if hold_s > RETRY_AFTER_MAX_S:
            until = datetime.now(UTC) + timedelta(seconds=hold_s)
            raise Paused(
                f"Apify asks to be left alone until {until:%Y-%m-%d %H:%M} UTC (Retry-After).",
                todo="Run the command again then.",
            )
        self._limiter.acquire(requests=1)
        response = super().send_request(**request)
        if response.status_code == 429 or response.status_code >= 500:
            wait_s = retry_after(response.headers.get("retry-after"), now=datetime.now(UTC))
            self._limiter.hold(min(wait_s or 0.0, 86_400.0))
            _logger.info("retry", service="apify", status=response.status_code, seconds=wait_s)
        return response
