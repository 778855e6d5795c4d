"""Channels by Apprise: their addresses, from the environment or a file, and one try at a message.

An address holds a secret. It is read where it is used, and is in no row, log, error or reason:
Apprise's own log lines, which may name hosts, are read for what happened and then dropped.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vtlib.core.errors import GET_TEAM_EXTRA, BadInput, CredentialsMissing
from vtlib.core.params import AlertChannel
from vtlib.core.settings import Settings

Outcome = Literal["sent", "refused", "unconfirmed"]
ANSWER_S = 30.0  # unless the address says otherwise (?rto=): Apprise waits 4 s
_CODE = re.compile(r"error=(\d{3})|\((\d{3}), b|was refused: (\d{3})")
_MAY_HAVE_PASSED = ("502", "504")  # a gateway that has handed it on may say so
_UNREACHED = re.compile(
    r"Connection refused|Failed to establish|NameResolution|Name or service|ConnectTimeout"
    r"|No route to host|Network is unreachable|certificate verify failed"
)


@dataclass(frozen=True)
class Channel:
    """A channel of the YAML with the service behind it; of a file with several, one each."""

    name: str
    params: AlertChannel
    service: Any

    def send(self, title: str, body: str, picture: Path | None = None) -> tuple[Outcome, str]:
        """Try once: (outcome, why). `refused`: it was surely not taken. `unconfirmed`: it was
        handed over, and no answer says whether it was taken.
        """
        attach = str(picture) if picture and self.service.attachment_support else None
        with _service_log() as lines:
            is_sent = self.service.notify(
                title=title, body=body, notify_type="info", body_format="text", attach=attach
            )
        if is_sent:
            return "sent", ""
        return outcome_of(lines, n_targets=len(self.service))


def outcome_of(lines: Sequence[str], *, n_targets: int = 1) -> tuple[Outcome, str]:
    """What Apprise's log lines say of a try that failed. With several targets behind one address
    some may have taken it.
    """
    text = "\n".join(lines)
    code = next((next(filter(None, m)) for m in _CODE.findall(text)), "")
    if n_targets > 1:
        return "unconfirmed", "one of several recipients was not reached"
    if code and code not in _MAY_HAVE_PASSED:
        return "refused", f"the service answered {code}"
    if not code and _UNREACHED.search(text):
        return "refused", "the service was not reached"
    return "unconfirmed", f"the service answered {code}" if code else "no answer came in time"


def open_channels(settings: Settings, channels: Sequence[AlertChannel]) -> list[Channel]:
    """The services behind channels. Raises CredentialsMissing where a variable or file is missing,
    BadInput where it holds no Apprise URL; neither repeats what is in it.
    """
    try:
        from apprise import Apprise  # noqa: PLC0415 - of the extra `team`
    except ImportError:
        raise BadInput(
            "alerts are sent by the package apprise, which is not installed.",
            todo=GET_TEAM_EXTRA,
        ) from None
    opened = []
    for params in channels:
        for n, url in enumerate(_addresses(settings, params), 1):
            with _service_log():
                service = Apprise.instantiate(url)
            if service is None:
                raise BadInput(
                    f"channel {params.name}: {params.variable or params.config} holds no address "
                    "that Apprise knows.",
                    todo="docs/team.md has examples; see also the list of services of Apprise.",
                )
            if "rto=" not in url:
                service.socket_read_timeout = ANSWER_S
            name = params.name if params.variable else f"{params.name}#{n}"
            opened.append(Channel(name, params, service))
    return opened


def _addresses(settings: Settings, params: AlertChannel) -> list[str]:
    if params.variable:
        value = settings.variable(params.variable)
        if not value:
            raise CredentialsMissing(
                f"channel {params.name}: {params.variable} is not set.",
                todo="Put the Apprise URL into .env or the environment.",
            )
        return [value]
    path = settings.root / params.config
    if not path.is_file():
        raise CredentialsMissing(
            f"channel {params.name}: there is no file {params.config}.",
            todo="Write it with a line an Apprise URL, and chmod 600.",
        )
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@contextmanager
def _service_log() -> Iterator[list[str]]:
    """The log lines of Apprise in the block; no other handler gets them, nor those of the HTTP
    client, which names the path of a webhook.
    """
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield lines
    finally:
        loggers[0].removeHandler(handler)
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.propagate = propagate
