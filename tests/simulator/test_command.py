"""`vt sandbox` as people start it: it says how to reach it, answers, and stops when interrupted."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from vtlib.cli import main

START = "from vtlib.cli import main; main()"


def test_it_says_how_to_reach_it_answers_and_stops() -> None:
    words = [sys.executable, "-c", START, "sandbox", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        said = "".join(iter(process.stdout.readline, "vt doctor\n"))
        env = dict(
            line.removeprefix("export ").strip().split("=", 1)
            for line in said.splitlines()
            if line.startswith("export ")
        )
        request = urllib.request.Request(
            f"{env['VT_APIFY_URL']}/v2/users/me",
            headers={"Authorization": f"Bearer {env['APIFY_TOKEN']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply)["data"]["username"] == "simulated"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_port_that_is_taken_is_said(live, capsys) -> None:
    port = live.url.rsplit(":", 1)[1]
    with pytest.raises(SystemExit) as left:
        main(["sandbox", "--port", port])
    assert left.value.code == 2
    assert f"port {port}" in capsys.readouterr().err
