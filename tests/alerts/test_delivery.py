"""One message an event on three real protocols: refused, timed out, killed in between, at night.

The servers are tests/peers/inboxes.py: aiosmtpd and webhooks written from the services' pages.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

from tests.alerts.sending import send
from tests.peers.base import never, status
from tests.peers.inboxes import MailMock, WebhookMock
from vtlib.alerts import delivery, store
from vtlib.alerts.breakouts import Night
from vtlib.alerts.channels import open_channels
from vtlib.alerts.events import Event, event_id
from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.core.settings import load_settings
from vtlib.media import store as media
from vtlib.ops.projects import open_project
from vtlib.outliers.chance import Chance
from vtlib.store.project import Project, Workspace

ROOT = Path(__file__).parents[2]
CHANNELS = ("slack", "hook", "mail")
TOKEN = "T1JJ3T3L2/B1BRTD4JD/TIiajkdnlazkcOXrIdevi7F"
NOW = "2026-05-01T12:00:00+00:00"


class Inboxes:
    """The three servers and the workspace that sends to them."""

    def __init__(self, home: Path, web: WebhookMock, mail: MailMock) -> None:
        self.home, self.web, self.mail = home, web, mail

    def arrived(self) -> dict[str, list[str]]:
        """The texts that arrived, by channel."""
        return {
            "slack": [json.dumps(m, ensure_ascii=False) for m in self.web.slack],
            "hook": [json.dumps(m, ensure_ascii=False) for m in self.web.hooks],
            "mail": [
                m["Subject"] + m.get_body(("plain", "html")).get_content() for m in self.mail.mails
            ],
        }

    @property
    def project(self) -> Project:
        return open_project(Workspace(load_settings(self.home)), "p")

    def raise_events(self, *names: str) -> None:
        project = self.project
        now = project.workspace.now()
        events = [
            Event(
                event_id("p", "source", n),
                "source",
                n,
                f"source dried up: {n}",
                "no post came",
                now,
            )
            for n in names
        ]
        none = pd.DataFrame({"post_id": [], "step": [], "is_first": []})
        night = Night(none, pd.DataFrame(), 0.0, 0.0, 0.0, Chance(0, 0, 0.0, 0.0, 0.0, 0, 0, ""))
        store.save_night(project.store, "p", night, events, now=now)

    def send(self) -> list[str]:
        return send("p", self.web.url)

    def states(self) -> dict[str, str]:
        rows = self.project.store.query("SELECT channel, state FROM alert_messages")
        return dict(zip(rows["channel"], rows["state"], strict=True))


@pytest.fixture
def inboxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inboxes]:
    (tmp_path / "params").mkdir()
    channels = [
        {"name": n, "variable": f"VT_TEST_{n.upper()}", "messages": "each"} for n in CHANNELS
    ]
    params = {"project": "p", "title": "Spring", "alerts": {"channels": channels}}
    (tmp_path / "params" / "p.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.setenv("VT_CLOCK", NOW)
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with WebhookMock() as web, MailMock() as mail:
        monkeypatch.setenv("VT_TEST_SLACK", f"slack://{TOKEN}?rto=1")
        host = web.url.removeprefix("http://")
        monkeypatch.setenv("VT_TEST_HOOK", f"json://{host}/hook?rto=1")
        to = f"mailto://127.0.0.1:{mail.port}?from=vt@example.org&to=ann@example.org&mode=insecure"
        monkeypatch.setenv("VT_TEST_MAIL", to)
        yield Inboxes(tmp_path, web, mail)


def test_each_event_arrives_once_at_each_and_never_again(either_database, inboxes: Inboxes) -> None:
    inboxes.raise_events("a", "b")
    assert sorted(inboxes.send()) == ["sent"] * 6
    assert inboxes.send() == []
    inboxes.raise_events("a", "b")  # raised again: the same events
    assert inboxes.send() == []
    for texts in inboxes.arrived().values():
        assert len(texts) == 2
        assert all(sum(f"dried up: {n}" in t for t in texts) >= 1 for n in "ab")


def test_refused_at_first_it_is_tried_again_and_arrives_once(inboxes: Inboxes) -> None:
    inboxes.web.fail("slack_message", status(500), status(503))
    inboxes.web.fail("hook_message", status(429))
    inboxes.mail.refuse = ["451 try later", "450 busy"]
    inboxes.raise_events("a")
    assert inboxes.send() == ["sent"] * 3
    assert {n: len(t) for n, t in inboxes.arrived().items()} == dict.fromkeys(CHANNELS, 1)
    tries = inboxes.project.store.query("SELECT channel, tries FROM alert_messages")
    assert dict(zip(tries["channel"], tries["tries"], strict=True)) == {
        "slack": 3,
        "hook": 2,
        "mail": 3,
    }


def test_refused_for_a_whole_call_it_goes_with_the_next(inboxes: Inboxes) -> None:
    inboxes.web.fail("hook_message", status(500), always=True)
    inboxes.raise_events("a")
    assert inboxes.send() == ["sent", "refused", "sent"]
    inboxes.web.fail("hook_message")
    assert inboxes.send() == ["sent"]
    assert {n: len(t) for n, t in inboxes.arrived().items()} == dict.fromkeys(CHANNELS, 1)


@pytest.mark.parametrize("endpoint", ["slack_message", "hook_message"])
def test_no_answer_in_time_may_have_arrived_and_is_not_sent_again(
    inboxes: Inboxes, endpoint: str
) -> None:
    inboxes.web.fail(endpoint, never(work=True))  # the server takes it, and says nothing
    inboxes.raise_events("a")
    assert sorted(inboxes.send()) == ["sent", "sent", "unconfirmed"]
    assert inboxes.send() == []
    assert {n: len(t) for n, t in inboxes.arrived().items()} == dict.fromkeys(CHANNELS, 1)
    assert inboxes.states()[endpoint.partition("_")[0]] == "unconfirmed"


@pytest.mark.parametrize("channel", CHANNELS)
def test_killed_between_sending_and_recording_it_is_not_sent_twice(
    either_database, inboxes: Inboxes, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies when the server has taken the message and not answered yet."""
    inboxes.raise_events("a")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.sending", "p", inboxes.web.url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    def kill(*_: object) -> None:
        process.kill()
        process.wait()

    if channel == "mail":
        inboxes.mail.taken.append(kill)
    else:
        inboxes.web.events.on(f"{channel}:before_reply", kill)
    process.communicate(timeout=60)
    assert process.returncode == -9
    inboxes.mail.taken.clear()
    assert inboxes.states()[channel] == "intended"
    inboxes.send()  # at once: who intended it may still be at it
    later = pd.Timestamp(NOW) + timedelta(hours=1)
    monkeypatch.setenv("VT_CLOCK", later.isoformat())
    inboxes.raise_events("b")
    inboxes.send()
    assert {
        n: sum("dried up: a" in t for t in texts) for n, texts in inboxes.arrived().items()
    } == (dict.fromkeys(CHANNELS, 1))
    assert inboxes.states()[channel] in ("sent", "unconfirmed")
    in_doubt = [t for texts in inboxes.arrived().values() for t in texts if "may not have" in t]
    assert in_doubt, "the next message says that one is in doubt"


def test_two_processes_never_take_the_same_event(either_database, inboxes: Inboxes) -> None:
    inboxes.raise_events("a")
    project = inboxes.project
    (row,) = store.pending(
        project.store, "p", "hook", since=project.workspace.now() - timedelta(1), tries_max=9
    )
    channel = next(
        c
        for c in open_channels(project.workspace.settings, project.params.alerts.channels)
        if c.name == "hook"
    )
    claim = delivery._claim(project, channel, [row])
    assert store.claim(project.store, claim)
    assert not store.claim(project.store, claim)


def test_quiet_hours_hold_back_and_nothing_is_lost(
    inboxes: Inboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = inboxes.home / "params" / "p.yaml"
    params = yaml.safe_load(path.read_text())
    params["alerts"]["quiet"] = {"start": "13:00", "end": "15:00", "zone": "Europe/Berlin"}
    path.write_text(yaml.safe_dump(params))
    inboxes.raise_events("a")
    assert inboxes.send() == []  # 14:00 in Berlin
    monkeypatch.setenv("VT_CLOCK", "2026-05-01T13:00:00+00:00")
    assert inboxes.send() == ["sent"] * 3


def test_what_is_old_is_not_sent_any_more(
    inboxes: Inboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    inboxes.raise_events("a")
    monkeypatch.setenv("VT_CLOCK", "2026-05-05T12:00:00+00:00")
    assert inboxes.send() == []


def test_a_picture_goes_where_the_channel_takes_it(inboxes: Inboxes) -> None:
    inboxes.raise_events("a")
    project = inboxes.project
    path = inboxes.home / "outputs" / "media" / "ab" / "abc.jpg"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (90, 160), "red").save(path)
    row = {"post_id": "tiktok:1", "status": "photo", "path": "media/ab/abc.jpg", "sha256": "abc"}
    media.save_media(project.store, row, [{"sha256": "abc", "path": "media/ab/abc.jpg"}])
    with project.store.write() as connection:
        connection.execute('UPDATE alerts SET facts = \'{"post_id": "tiktok:1"}\'')
    assert inboxes.send() == ["sent"] * 3
    assert [a.get_content_type() for a in inboxes.mail.mails[0].iter_attachments()] == [
        "image/jpeg"
    ]
    assert inboxes.web.hooks[0]["attachments"][0]["mimetype"] == "image/jpeg"


def test_a_secret_is_in_no_row_log_or_error(
    inboxes: Inboxes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inboxes.web.fail("slack_message", status(500), always=True)
    inboxes.raise_events("a")
    with caplog.at_level("DEBUG"):
        inboxes.send()
    rows = inboxes.project.store.query("SELECT * FROM alert_messages").to_csv()
    assert "the service answered 500" in rows
    secret = TOKEN.rpartition("/")[2]
    assert secret not in rows
    assert secret not in caplog.text
    monkeypatch.setenv("VT_TEST_SLACK", f"no-such-scheme://{TOKEN}")
    with pytest.raises(BadInput) as refusal:
        inboxes.send()
    assert secret not in str(refusal.value)
    monkeypatch.delenv("VT_TEST_SLACK")
    with pytest.raises(CredentialsMissing, match="VT_TEST_SLACK is not set"):
        inboxes.send()
