"""Where alerts arrive: a Slack workspace's incoming webhook, a JSON webhook, a mail server.

Slack: `POST /services/T…/B…/token` with JSON, answered `ok` as text
(https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). Mail: aiosmtpd, an SMTP
server of its own (RFC 5321). What a fault lets through counts as arrived: `Fault.work`.
"""

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.peers.base import Mock, Reply, Request, json_reply


class WebhookMock(Mock):
    """Both webhooks; `slack` and `hooks` are the bodies that arrived."""

    ROUTES = (
        ("POST", r"/services/T\w+/B\w+/\w+", "slack_message"),
        ("POST", r"/hook", "hook_message"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.slack: list[Any] = []
        self.hooks: list[Any] = []

    def slack_message(self, request: Request) -> Reply:
        if not isinstance(request.json, dict):
            return Reply(400, b"invalid_payload")
        self.slack.append(request.json)
        return Reply(200, b"ok", {"Content-Type": "text/html"}, events=(("slack", {}),))

    def hook_message(self, request: Request) -> Reply:
        self.hooks.append(request.json)
        return json_reply({"taken": True}, events=(("hook", {}),))

    def error(self, code: int, message: str = "", **_: Any) -> Reply:
        return Reply(code, (message or "error").encode())


class MailMock:
    """An SMTP server on loopback; `mails` that were taken, `refuse` codes for the next ones."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: list[str] = []
        self.taken: list[Any] = []  # called after a mail was taken, before that is answered
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        for callback in self.taken:
            callback()
        return "250 taken"
