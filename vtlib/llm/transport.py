"""The HTTP client under google-genai with a deadline for each request: its own counts anew with
every byte.
"""

from __future__ import annotations

import os
import ssl
import time
from typing import Any

import httpx2

from vtlib.core.deadline import TooSlow, call_within, rest_of_limit_s

MIN_UPLOAD_BYTES_PER_S = (
    50_000.0  # what a body that is sent is granted, on top of the time to answer
)


class BoundedClient(httpx2.Client):
    """As google-genai would make it, but a request ends after `total_s` and what its body needs, or
    with the `limited_to` around it, whichever is sooner: head and body of the answer included.

    Late is a ReadTimeout: the request may have been carried out.
    """

    def __init__(self, total_s: float, **how: Any) -> None:
        super().__init__(follow_redirects=True, verify=_trust(), **how)
        self.total_s = total_s

    def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """The answer, read whole. Raises httpx2.TimeoutException when it is not there in time."""
        sent = int(request.headers.get("content-length") or 0)
        within_s = rest_of_limit_s(self.total_s + sent / MIN_UPLOAD_BYTES_PER_S)
        if within_s <= 0:
            raise httpx2.PoolTimeout("no time is left for another request", request=request)
        start = time.monotonic()
        try:
            return call_within(within_s, lambda: super(BoundedClient, self).send(request, **how))
        except TooSlow:
            took_s = time.monotonic() - start
            raise httpx2.ReadTimeout(
                f"no whole answer in {took_s:.0f} s", request=request
            ) from None


def _trust() -> ssl.SSLContext:
    """Certificates as google-genai 3.4 takes them: from SSL_CERT_FILE and SSL_CERT_DIR, else
    httpx2's own.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return httpx2.create_ssl_context()
