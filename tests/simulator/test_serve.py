"""`python -m simulator serve`: says where it is, answers, and ends on an interrupt."""

import json
import signal
import subprocess
import sys
import urllib.request


def test_serve_in_the_foreground(tmp_path):
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--seed", "9"]
    with subprocess.Popen(
        [*command, "--clips", str(tmp_path), "--epoch", "2026-03-01T00:00:00"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            facts = json.loads(process.stdout.readline())
            assert facts["seed"] == 9
            assert facts["env"]["VT_APIFY_URL"] == facts["url"]
            assert facts["url"].startswith("http://127.0.0.1:")
            with urllib.request.urlopen(f"{facts['control']}/clock") as reply:
                assert json.load(reply)["now"] == "2026-03-01T00:00:00.000Z"
            with urllib.request.urlopen(f"{facts['control']}/truth") as reply:
                assert json.load(reply)["seed"] == 9
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
