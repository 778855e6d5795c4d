"""Notebook 03 opened in JupyterLab and run there, in a real browser, as an analyst does."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.files import write_exports
from tests.desk.lab_server import BROWSER, CHROMIUM, FLAGS, ROOT, lab_server, open_notebook, run_all

pytestmark = BROWSER


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
    theme = folder / ".lab/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
    theme.parent.mkdir(parents=True)
    theme.write_text('{"theme": "JupyterLab Dark"}')
    code = "from vtlib.cli import main; main()"
    words = ["import", "dataset", str(folder / "exports"), "--project", "demo"]
    env = {**os.environ, "VT_HOME": str(folder)}
    subprocess.run([sys.executable, "-c", code, *words], env=env, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def lab(home: Path) -> Iterator[str]:
    with lab_server(home) as url:
        yield url


@pytest.mark.timeout(300)
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
        open_notebook(page, lab, "notebooks/03_outliers.ipynb")
        run_all(page)
        said = page.locator(".jp-OutputArea-output", has_text=re.compile("could be scored"))
        expect(said.first).to_be_attached(timeout=150_000)
        page.wait_for_selector(
            ".vega-embed canvas, .vega-embed svg", timeout=60_000, state="attached"
        )
        ink = "() => getComputedStyle(document.querySelector('.vega-embed svg text')).fill"
        assert page.evaluate(ink).startswith("rgba(255, 255, 255")  # readable on JupyterLab's dark
        assert page.locator(".vt-sliders").count() == 1  # judging live
        errors = page.locator(".jp-RenderedText[data-mime-type*='stderr'] >> text=Traceback")
        assert errors.count() == 0
        assert [u for u in outside if not u.startswith("ws://127.0.0.1")] == []
        browser.close()
