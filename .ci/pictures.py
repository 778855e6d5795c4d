"""Pictures of every kind of page: at 1400 and 390 px, light and dark, and printed; and what is hard
to read there.

    python .ci/pictures.py HOME --out FOLDER              the pages of HOME's latest whole run
    python .ci/pictures.py --run RUN --out FOLDER         the pages of a run's folder
    python .ci/pictures.py HOME --out FOLDER --only index,06 --schemes dark --widths 390
    python .ci/pictures.py --beside BEFORE --out AFTER    the pictures of docs/pictures.md

A picture is FOLDER/NAME-WIDTH-SCHEME.png, whole height; print is NAME-print-N.png, a sheet each (by
pdftoppm). What sticks out, is cut off or has too little contrast is printed (by
tests/report/legibility.py), and the exit code is then 1. --beside puts the pictures of two folders
into docs/images/pages/: the top of each page before and after, and all kinds on a phone, dark and
on paper. Needs Chromium and playwright (`dev`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.report.legibility import faults  # noqa: E402 - the checkout is no package

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
DRAWN = "() => [...document.querySelectorAll('figure.vt-chart')].every((f) => f.dataset.drawn)"
BESIDE = ("videos", "patterns", "run", "glossary")  # pages that are no video's


def main() -> int:
    """Take the pictures; 1 where a page is hard to read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", nargs="?", type=Path, help="a workspace, such as the demo's")
    parser.add_argument("--run", type=Path, help="the folder of a run")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="names of pages, with commas")
    parser.add_argument("--widths", default="1400,390")
    parser.add_argument("--schemes", default="light,dark", help="also: print")
    parser.add_argument("--beside", type=Path, help="a folder of pictures from before")
    wish = parser.parse_args()
    if wish.beside:
        return beside(wish.beside, wish.out)
    run = wish.run or latest(wish.home)
    pages = dict(kinds(run))
    if wish.home:
        pages |= workspace_pages(wish.home, wish.out)
    only = [name for name in wish.only.split(",") if name]
    pages = {n: p for n, p in pages.items() if not only or any(n.startswith(o) for o in only)}
    wish.out.mkdir(parents=True, exist_ok=True)
    return take(pages, wish.out, wish.widths.split(","), wish.schemes.split(","))


def latest(home: Path) -> Path:
    """The newest run that has all seven notebooks."""
    runs = sorted((home / "outputs").glob("*/runs/*/07_performance.html"))
    return runs[-1].parent


def kinds(run: Path) -> Iterator[tuple[str, Path]]:
    """A name and the file of one page of each kind in a run's folder."""
    for path in sorted(run.glob("*.html")):
        yield path.stem, path
    for name in BESIDE:
        if (path := run / "pages" / f"{name}.html").exists():
            yield name, path
    videos = [p for p in (run / "pages").glob("*.html") if p.stem not in BESIDE]
    if videos:  # the one with most to show
        yield "video", max(videos, key=lambda path: path.stat().st_size)


def workspace_pages(home: Path, out: Path) -> dict[str, Path]:
    """The pages over several runs: all projects, a brand, a script for its client."""
    env = {**os.environ, "VT_HOME": str(home.resolve())}

    def vt(*words: str) -> str:
        code = "from vtlib.cli import main; main()"
        return subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, *words],
            env=env,
            check=True,
            text=True,
            capture_output=True,
        ).stdout

    vt("report", "--brand", "quibblewick", "--out", str((out / "brand.html").resolve()))
    first = next(iter(sorted((home / "outputs" / "demo").glob("scripts.json"))), None)
    pages = {"overview": home / "outputs" / "index.html", "brand": out / "brand.html"}
    if first:
        script = next(iter(json.loads(first.read_text()).values()))
        vt("script", "share", script, "--out", str((out / "review.html").resolve()), "--by", "Ann")
        pages["review"] = out / "review.html"
    return {name: path for name, path in pages.items() if path.exists()}


def take(pages: dict[str, Path], out: Path, widths: list[str], schemes: list[str]) -> int:
    """A picture of each page in each width and scheme; 1 where something is hard to read."""
    n_faults = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for scheme in schemes:
            for width in ["1000"] if scheme == "print" else widths:
                colours = "light" if scheme == "print" else scheme
                window = {"width": int(width), "height": 900}
                context = browser.new_context(viewport=window, color_scheme=colours)
                page = context.new_page()
                for name, path in pages.items():
                    page.goto(path.resolve().as_uri())
                    page.wait_for_function(DRAWN, timeout=60_000)
                    if scheme == "print":
                        printed(page, out / f"{name}-print")
                        continue
                    for fault in faults(page):
                        n_faults += 1
                        print(f"{name} {width} {scheme}: {fault}")
                    target = out / f"{name}-{width}-{scheme}.png"
                    page.screenshot(path=target, full_page=True)
                context.close()
        browser.close()
    return int(n_faults > 0)


def printed(page: Any, name: Path) -> None:
    """The page as a printer gets it, a picture a sheet."""
    pdf = name.with_suffix(".pdf")
    page.pdf(path=pdf, format="A4", prefer_css_page_size=True, print_background=True)
    subprocess.run(  # noqa: S603
        ["pdftoppm", "-r", "60", "-png", str(pdf), str(name)],  # noqa: S607
        check=True,
    )


TOP, SMALL = (1400, 1700), (390, 844)  # px of a page that docs show


def beside(before: Path, after: Path) -> int:
    """Write docs/images/pages/*.webp from the pictures in two folders."""
    target = ROOT / "docs" / "images" / "pages"
    target.mkdir(parents=True, exist_ok=True)
    for new in sorted(after.glob("*-1400-light.png")):
        name = new.name.removesuffix("-1400-light.png")
        old = before / new.name
        row([p for p in (old, new) if p.exists()], TOP, 0.4, target / f"{name}.webp")
    row(sorted(after.glob("*-390-light.png")), SMALL, 0.42, target / "phone.webp")
    row(sorted(after.glob("*-390-dark.png")), SMALL, 0.42, target / "phone-dark.webp")
    row(sorted(after.glob("*-1400-dark.png")), TOP, 0.15, target / "dark.webp")
    sheets = [p for p in sorted(after.glob("*-print-*.png")) if int(p.stem.split("-")[-1]) == 1]
    row(sheets, (496, 702), 0.36, target / "paper.webp")
    return 0


def row(pictures: list[Path], size: tuple[int, int], scale: float, target: Path) -> None:
    """The top `size` of each picture, smaller, at most nine beside one another."""
    width, height = (round(scale * side) for side in size)
    n_rows = -(-len(pictures) // 9)
    whole = Image.new(
        "RGB", (min(len(pictures), 9) * (width + 8), n_rows * (height + 8)), "#8a9099"
    )
    for number, path in enumerate(pictures):
        page = Image.open(path).convert("RGB")
        top = page.crop((0, 0, size[0], min(size[1], page.height)))
        small = top.resize((width, round(scale * top.height)), Image.Resampling.LANCZOS)
        whole.paste(small, (number % 9 * (width + 8) + 4, number // 9 * (height + 8) + 4))
    whole.save(target, quality=62, method=6)


if __name__ == "__main__":
    sys.exit(main())
