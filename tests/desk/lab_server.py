"""JupyterLab on this machine for tests that drive it in a browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed: apt-get install chromium"),
]
_NEWS = ".lab/@jupyterlab/apputils-extension/notification.jupyterlab-settings"


@contextmanager
def lab_server(home: Path) -> Iterator[str]:
    """JupyterLab in the folder `home`, with settings of its own; gives its URL."""
    port = free_port()
    words = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--port-retries=0"]
    words += ["--IdentityProvider.token=", "--LabApp.extension_manager=readonly"]
    (home / _NEWS).parent.mkdir(parents=True, exist_ok=True)
    (home / _NEWS).write_text('{"fetchNews": "false", "checkForUpdates": false}')
    env = {
        **{k: v for k, v in os.environ.items() if k not in ("VT_HOME", "VT_DATABASE", "VT_PERSON")},
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / ".lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / ".workspaces"),
        "JUPYTER_RUNTIME_DIR": str(home / ".runtime"),
        "IPYTHONDIR": str(home / ".ipython"),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *words],
        cwd=home,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _answering(f"http://127.0.0.1:{port}", server)
    finally:
        server.terminate()
        server.wait(20)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def open_notebook(page: Any, lab: str, name: str) -> None:
    """Open a notebook and wait until its kernel is ready: cells run before would ask for one."""
    page.goto(f"{lab}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=90_000)


def run_all(page: Any) -> None:
    """Run all cells, by the menu."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def _answering(url: str, server: subprocess.Popen) -> str:
    for _ in range(360):
        try:
            urllib.request.urlopen(f"{url}/api", timeout=1).close()
        except OSError:
            assert server.poll() is None, "JupyterLab did not start"
            time.sleep(0.25)
        else:
            return url
    raise AssertionError("JupyterLab did not answer within 90 s")
