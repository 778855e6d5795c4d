"""Short links to their posts: vm.tiktok.com, fb.watch, pin.it, lnkd.in, t.co, share links.

Redirects are followed one by one, each through the URL allow-list, until one names a post: that
page itself is not asked. A page that answers instead is searched for where it sends a browser.
"""

from __future__ import annotations

import html
import http.client
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin

from vtlib.core import log
from vtlib.core.deadline import Deadline
from vtlib.core.errors import BadInput
from vtlib.core.models import PostRef
from vtlib.media.download.connection import Route
from vtlib.media.download.direct import USER_AGENT, connection_failure, make_opener
from vtlib.media.download.url_allowlist import AddressRefused, UrlAllowlist
from vtlib.platforms import try_post_ref
from vtlib.store.project import Project

Resolve = Callable[[str], PostRef | None]
TIMEOUT_S, TOTAL_S = 8.0, 20.0
MAX_HOPS = 8
_HEAD_BYTES = 300_000  # of a page: what sends a browser on stands in its head
_MAX_BYTES = 5_000_000
# Where a page sends its reader: t.co refreshes, others say what they are about.
_ONWARD = re.compile(
    r"http-equiv=[\"']?refresh[\"']?[^>]*?url=([^\"'>\s]+)"
    r"|rel=[\"']?canonical[\"']?[^>]*?href=[\"']([^\"']+)"
    r"|property=[\"']?og:url[\"']?[^>]*?content=[\"']([^\"']+)"
    r"|location\.replace\([\"']([^\"']+)",
    re.IGNORECASE,
)


def resolver(project: Project) -> Resolve | None:
    """What follows short links, each asked once; None for a project that asks nothing of public
    hosts.
    """
    if project.params.is_simulated or project.is_replay:
        return None
    return cache(ShortLinks(UrlAllowlist.of([project.workspace.settings.apify_url])).resolve)


class _PostNamed(Exception):
    """A redirect names a post; `ref` is it."""

    def __init__(self, ref: PostRef) -> None:
        super().__init__(ref.url)
        self.ref = ref


@dataclass
class ShortLinks:
    """Resolves links one after the other; once no connection can be made, none is asked again."""

    allowlist: UrlAllowlist
    is_offline: bool = field(default=False)

    def resolve(self, url: str) -> PostRef | None:
        """The post that a short link leads to; None where it leads to none, or cannot be asked."""
        if self.is_offline or not self.allowlist.knows(url):
            return None
        try:
            ref = self._follow(url)
        except (HTTPError, AddressRefused, BadInput):
            return None
        except (URLError, http.client.HTTPException, OSError, ValueError) as error:
            failure = connection_failure(error).fetched
            self.is_offline = failure.is_offline
            log.get(__name__).debug("short link", url=url, reason=failure.reason)
            return None
        return ref

    def _follow(self, url: str) -> PostRef | None:
        deadline = Deadline(TOTAL_S, TIMEOUT_S, 0)
        for _ in range(MAX_HOPS):
            try:
                page, at = self._ask(url, deadline)
            except _PostNamed as end:
                return end.ref
            links = (next(g for g in m.groups() if g) for m in _ONWARD.finditer(page))
            onward = [urljoin(at, html.unescape(link)) for link in links]
            if ref := next((ref for link in onward if (ref := _post(link))), None):
                return ref
            if not onward or onward[0] in (url, at):
                return None
            url = onward[0]
        return None

    def _ask(self, url: str, deadline: Deadline) -> tuple[str, str]:
        """The head of the page that a link ends at, and its address. Raises _PostNamed."""
        opener = make_opener(url, Route(self.allowlist, deadline, _MAX_BYTES), _Redirects())
        headers = {"User-Agent": USER_AGENT, "Accept": "text/html", "Accept-Encoding": "identity"}
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the allow-list passes http(s) only
        with opener.open(request) as answer:
            return answer.read(_HEAD_BYTES).decode("utf-8", "replace"), answer.geturl()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Ends at the first redirect that names a post."""

    max_redirections = MAX_HOPS

    def redirect_request(self, *parts: Any) -> Any:
        """The next request; `parts` are urllib's, the last of them the new URL."""
        if ref := _post(parts[-1]):
            raise _PostNamed(ref)
        return super().redirect_request(*parts)


def _post(url: str) -> PostRef | None:
    """The post a URL names by itself, also in the address of a login page that would lead there."""
    ref = try_post_ref(url)
    return ref if ref and ref.native_id else None
