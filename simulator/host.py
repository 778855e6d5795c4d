"""The video host of the loopback world: films with Range support, pictures, and pages around
them.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from simulator import clips
from simulator.clock import Clock
from simulator.faults import Fault, FaultPlan
from simulator.wire import Reply, Request, Route, html_reply, route
from simulator.world import SimPost, World

# What pages say for each refusal: (status, sentence). The sentence is also the reason phrase.
REFUSALS = {
    "private": (403, "This account is private"),
    "removed": (404, "This post is no longer available"),
    "age": (403, "This post is age-restricted"),
    "geo": (451, "This post is not available in your country"),
    "expired": (403, "URL signature expired"),
}
MEDIA_FAULTS = frozenset(
    {"html_as_video", "image_as_video", "truncated", "cut", "zero_byte", "audio_only", "login"}
    | set(REFUSALS)
)


class VideoHost:
    """Serves what the items' media URLs name; `folder` keeps what was rendered."""

    def __init__(self, world: World, clock: Clock, faults: FaultPlan, folder: Path) -> None:
        self.world, self.clock, self.faults = world, clock, faults
        self.folder = folder / f"seed-{world.seed}"

    def routes(self) -> list[Route]:
        """Open to everybody, as content networks are."""
        film, page = "/video/{platform}/{name}", "/watch/{platform}/{native_id}"
        return [
            route("media.video", "GET", film, self.video, is_open=True),
            route("media.video", "HEAD", film, self.video, is_open=True),
            route("media.image", "GET", "/image/{platform}/{name}", self.image, is_open=True),
            route("media.page", "GET", page, self.page, is_open=True),
            route("media.login", "GET", "/login", self.login, is_open=True),
        ]

    def video(self, request: Request, platform: str, name: str) -> Reply:
        """The film of a post: 404 when there is none (any more), 206 for a Range."""
        post = self._post(platform, name.removesuffix(".mp4"))
        if post is None or not post.is_video:
            return _refusal("removed")
        fault = self.faults.take("media.video", request.path, MEDIA_FAULTS)
        if fault:
            return self._spoilt(fault, post, request)
        return _ranged(clips.film(self.world, post, self.folder).read_bytes(), request)

    def image(self, request: Request, platform: str, name: str) -> Reply:
        """A picture by the name in its URL; the same bytes whenever it is asked for."""
        fault = self.faults.take("media.image", request.path, MEDIA_FAULTS)
        if fault and fault.kind in REFUSALS:
            return _refusal(fault.kind)
        stem = re.sub(r"[^\w-]", "", name.removesuffix(".jpg"), flags=re.ASCII)
        body = clips.picture(self.world, f"{platform}-{stem}", self.folder).read_bytes()
        return Reply(200, body, {"Content-Type": "image/jpeg"})

    def page(self, request: Request, platform: str, native_id: str) -> Reply:
        """A page with the film in it, as an embed: what a generic downloader can take."""
        post = self._post(platform, native_id)
        if post is None or not post.is_video:
            return _refusal("removed")
        fault = self.faults.take("media.page", request.path, MEDIA_FAULTS)
        if fault and fault.kind == "login":
            return _to_login()
        if fault and fault.kind in REFUSALS:
            return _refusal(fault.kind)
        title = escape(post.caption.partition("\n")[0], quote=True)
        source = f"/video/{platform}/{native_id}.mp4"
        text = (
            f"<!doctype html><html><head><title>{title}</title></head><body>"
            f'<video controls><source src="{source}" type="video/mp4"></video></body></html>'
        )
        return Reply(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def login(self, _request: Request) -> Reply:
        """Where those are sent who must log in first."""
        return html_reply("Log in to see this post")

    def _post(self, platform: str, native_id: str) -> SimPost | None:
        post = self.world.post_of.get(f"{platform}:{native_id}")
        return post if post and post.exists(self.clock.now()) else None

    def _spoilt(self, fault: Fault, post: SimPost, request: Request) -> Reply:
        if fault.kind in REFUSALS:
            return _refusal(fault.kind)
        if fault.kind == "login":
            return _to_login()
        kind = {"Content-Type": "video/mp4"}
        if fault.kind == "zero_byte":
            return Reply(200, b"", kind)
        if fault.kind == "html_as_video":
            return Reply(200, html_reply("Something went wrong").body, kind)
        if fault.kind == "image_as_video":
            cover = clips.picture(self.world, f"cover-{post.native_id}", self.folder)
            return Reply(200, cover.read_bytes(), kind)
        if fault.kind == "audio_only":
            return _ranged(clips.sound_only(self.world, post, self.folder).read_bytes(), request)
        film = clips.film(self.world, post, self.folder).read_bytes()
        share = int(len(film) * fault.option("share", 0.6))
        if fault.kind == "truncated":
            return _ranged(film[:share], request)
        whole = _ranged(film, request)
        return Reply(
            whole.status, whole.body, whole.headers, body_bytes_sent=len(whole.body) * 6 // 10
        )


def _ranged(body: bytes, request: Request) -> Reply:
    headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if not asked or asked.groups() == ("", ""):
        return Reply(200, body, headers)
    first, last = asked.groups()
    start = int(first) if first else max(0, len(body) - int(last))
    end = min(int(last) if first and last else len(body) - 1, len(body) - 1)
    if start > end:
        return Reply(416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
    return Reply(206, body[start : end + 1], headers)


def _refusal(kind: str) -> Reply:
    status, sentence = REFUSALS[kind]
    return html_reply(sentence, status=status, reason=sentence)


def _to_login() -> Reply:
    return Reply(302, b"", {"Location": "/login"})
