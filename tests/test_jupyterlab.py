"""Notebook 03 opened in JupyterLab and run there, in a real browser, as an analyst does."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from vtlib.sandbox.files import write_exports

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "params").mkdir()
    (folder / "params" / "demo.yaml").write_text(
        "project: demo\nimporting: {datasets: [exports]}\n"
    )
    for path in write_exports(folder / "exports", seed=7, captures=(0.0,)):
        if "tiktok" not in path.name:
            path.unlink()
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    code = "from vtlib.cli import main; main()"
    words = ["import", "dataset", str(folder / "exports"), "--project", "demo"]
    env = {**os.environ, "VT_HOME": str(folder)}
    subprocess.run([sys.executable, "-c", code, *words], env=env, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def lab(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--port-retries=0"]
    words += ["--IdentityProvider.token=", "--LabApp.extension_manager=readonly"]
    env = {
        **{k: v for k, v in os.environ.items() if k != "VT_HOME"},
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / ".lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / ".workspaces"),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *words],
        cwd=home,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{url}/api", timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        yield url
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.timeout(240)
def test_notebook_03_runs_in_jupyterlab_and_draws_its_charts(lab: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        outside: list[str] = []
        page.on(
            "request",
            lambda r: None if r.url.startswith((lab, "data:", "blob:")) else outside.append(r.url),
        )
        page.goto(f"{lab}/lab/tree/notebooks/03_outliers.ipynb?reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
        page.wait_for_selector(
            ".jp-NotebookPanel-toolbar [data-status=idle], .jp-Notebook-ExecutionIndicator[data-status=idle]",
            timeout=60_000,
        )
        accept = page.get_by_role("button", name="Select Kernel")
        if accept.is_visible():  # JupyterLab asks where the notebook has no kernel of its own yet
            accept.click()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.click("text=Run All Cells")
        said = page.locator(".jp-OutputArea-output", has_text=re.compile("could be scored"))
        expect(said.first).to_be_attached(timeout=120_000)
        page.wait_for_selector(
            ".vega-embed canvas, .vega-embed svg", timeout=30_000, state="attached"
        )
        assert (
            page.locator(".jp-RenderedText[data-mime-type*='stderr'] >> text=Traceback").count()
            == 0
        )
        assert [u for u in outside if not u.startswith("ws://127.0.0.1")] == []
        browser.close()
