"""Sends a project's alerts in a process of its own, which may be killed: SLUG SLACK_URL."""

import sys

from apprise.plugins.email import NotifyEmail
from apprise.plugins.slack import NotifySlack

from vtlib.alerts import delivery
from vtlib.alerts.channels import open_channels
from vtlib.core.settings import load_settings
from vtlib.ops.projects import open_project
from vtlib.store.project import Workspace


def send(slug: str, slack_url: str) -> list[str]:
    """The states of the messages. Slack's address is the only one that Apprise does not take."""
    NotifySlack.webhook_url = f"{slack_url}/services"
    NotifySlack.request_rate_per_sec = NotifyEmail.request_rate_per_sec = 0  # seconds between two
    project = open_project(Workspace(load_settings()), slug)
    channels = open_channels(project.workspace.settings, project.params.alerts.channels)
    return [m.state for m in delivery.deliver(project, channels, sleep=lambda _: None)]


if __name__ == "__main__":
    send(*sys.argv[1:])
