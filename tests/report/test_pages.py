"""Stage pages: self-contained, strangers' text inert, code and traces only where they belong."""

import json
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from tests.report import sample
from vtlib import tables
from vtlib.core import conclusion
from vtlib.report import Page, assembly, render_stage

new = nbformat.v4
# What a browser would fetch: attributes that load, CSS addresses, module imports. Links are not
# fetched.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|link|source|video|audio|embed|object)\b[^>]*?(?:src|href|data)\s*=\s*["']?(?!data:)[^"'\s>]"""
    r"""|@import|url\(\s*["']?(?:https?:)?//|\bimport\s*\(?\s*["'](?:https?:)?//|<base\b|http-equiv=["']?refresh""",
    re.IGNORECASE,
)


def outside_scripts(html: str) -> str:
    return re.sub(r"<script>.*?</script>", "<script></script>", html, flags=re.DOTALL)


def rendered(tmp_path: Path, *shown, extra=(), page: Page | None = None) -> str:
    ipynb = sample.notebook(tmp_path / "in.ipynb", *shown, extra=tuple(extra))
    return render_stage(ipynb, tmp_path / "out.html", page=page or sample.page()).read_text()


@pytest.fixture(scope="module", params=["analyst", "client"])
def full(request, tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    ipynb = sample.full_notebook(folder / "in.ipynb")
    page = sample.page(request.param)
    return request.param, render_stage(ipynb, folder / "out.html", page=page).read_text()


def test_nothing_on_the_page_is_fetched(full) -> None:
    _, html = full
    assert not FETCHED.search(html.replace(assembly.vega(), ""))
    assert len(html) < 2_000_000
    assert html.count("window.vegaEmbed=") == 1
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert (
        policy.startswith("default-src 'none'; script-src 'sha256-") or "&#39;none&#39;" in policy
    )
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_charts_tables_results_and_provenance_are_there(full) -> None:
    _, html = full
    text = outside_scripts(html)
    assert text.count('<figure class="vt-chart"') == 7
    assert "outlier_scores · n = 160 posts of 4 accounts" in text
    assert 'data-sort="' in text
    assert 'class="vt-result vt-is-ok"' in text
    assert "SIMULATED DATA" in text
    for fact in (
        "0.1.0+abc1234",
        "outliers.method: calibrated",
        "snapshots: 4,102",
        "2026-11-02T09-00-00",
    ):
        assert fact in text


def test_code_is_folded_for_analysts_and_absent_for_clients(full) -> None:
    profile, html = full
    assert ("vt-code" in outside_scripts(html).split("</style>")[1]) is (profile == "analyst")
    assert ("# cell" in html.split("</style>")[1]) is (profile == "analyst")


def test_strangers_text_is_inert(full) -> None:
    _, html = full
    text = outside_scripts(html)
    assert "<script>window.hacked" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;window.hacked=1" in text
    for block in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL):
        assert "<" not in block
        json.loads(block)


def test_foreign_html_keeps_its_words_and_loses_its_powers(tmp_path) -> None:
    evil = (
        "<style>td{color:red}</style><script>window.hacked=1</script><table onclick='x()'><tr>"
        "<td style='x' class='dataframe vt-x'>1 &lt; 2</td></tr></table><a "
        "href='javascript:x()'>a</a>"
        "<a href='https://ok.example'>b</a><img src='https://evil.example/p.png'><iframe "
        "src='//e'></iframe>"
        "<form action='//e'><input></form><svg onload=x()></svg>"
    )
    data = {"text/html": evil, "text/plain": "never shown"}
    html = outside_scripts(rendered(tmp_path, extra=[new.new_output("display_data", data=data)]))
    main = html.split("<main>")[1].split("</main>")[0]
    assert "1 &lt; 2" in main
    assert '<a href="https://ok.example">b</a>' in main
    for power in (
        "onclick",
        "hacked",
        "javascript",
        "evil.example",
        "<iframe",
        "<form",
        "onload",
        "color:red",
        "dataframe",
        "never shown",
    ):
        assert power not in main, power


def test_our_own_tables_pass_as_they_are_and_changed_ones_do_not() -> None:
    own = tables.show(
        sample.scores(), source="outlier_scores", columns=["url", "tier", "value", "caption"]
    )
    html = own._repr_html_()
    assert assembly._OWN_TABLE.fullmatch(html)
    assert assembly.harmless(html) == html
    for was, now in (
        ("<td class", "<td onclick='x()' class"),
        ('href="https:', 'href="javascript:'),
        ("</tbody>", "<script>x()</script></tbody>"),
        ('rel="noopener', 'onfocus="x()" rel="noopener'),
    ):
        assert was in html
        cleaned = str(assembly.harmless(html.replace(was, now, 1)))
        assert not re.search(r"<[^>]*(onclick|javascript:|onfocus)|<script", cleaned)


def test_an_error_is_readable_and_only_analysts_see_where(tmp_path) -> None:
    error = new.new_output(
        "error",
        ename="SourceFailed",
        evalue="<b>the provider</b> said no",
        traceback=["\x1b[31mline 7\x1b[0m in /home/someone/x.py"],
    )
    for profile, sees in (("analyst", True), ("client", False)):
        page = replace(sample.page(profile), creators="named")
        main = rendered(tmp_path, extra=[error], page=page).split("<body")[1]
        assert "&lt;b&gt;the provider&lt;/b&gt; said no" in main
        assert "This stage stopped before its end" in main
        assert ("line 7" in main) is sees


def test_with_pseudonyms_a_page_takes_results_charts_and_tables_alone(tmp_path) -> None:
    tiny = "iVBORw0KGgo="
    outputs = [
        new.new_output(
            "error", ename="SourceFailed", evalue="nothing for @janedoe", traceback=["@jd"]
        ),
        new.new_output("stream", name="stdout", text="asking janedoe"),
        new.new_output("display_data", data={"image/png": tiny, "text/plain": "janedoe"}),
        new.new_output("display_data", data={"text/markdown": "janedoe", "text/plain": "janedoe"}),
        new.new_output(
            "display_data",
            data={
                "text/html": f'<p>kept</p><img alt="janedoe" src="data:image/png;base64,{tiny}">'
            },
        ),
    ]
    for profile in ("analyst", "client"):
        page = replace(sample.page(profile), creators="pseudonyms")
        main = outside_scripts(rendered(tmp_path, extra=outputs, page=page)).split("<body")[1]
        assert "kept" in main
        assert "SourceFailed" in main
        for gone in ("janedoe", "@jd", tiny, "<img"):
            assert gone not in main, gone
    named = replace(sample.page("client"), creators="named")
    assert rendered(tmp_path, extra=outputs, page=named).count("janedoe") >= 4


def test_secrets_widgets_and_progress_are_left_out(tmp_path) -> None:
    secret = "s3cr3t-value"
    outputs = [
        new.new_output("stream", name="stdout", text=f"using {secret} and apify_api_abcdefgh123"),
        new.new_output("stream", name="stderr", text="42%|####"),
        new.new_output(
            "display_data",
            data={
                "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
                "text/plain": "Button()",
            },
        ),
    ]
    page = Page(
        "Keys",
        "client",
        "named",
        provenance={"url": f"https://x.example/?token={secret}"},
        secrets=(secret,),
    )
    html = rendered(tmp_path, extra=outputs, page=page)
    assert "using [redacted] and [redacted]" in html
    for gone in (secret, "apify_api_abc", "42%|", "Button()"):
        assert gone not in html


def test_a_widget_is_shown_by_the_html_beside_it(tmp_path) -> None:
    data = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
        "text/plain": "Desk()",
        "text/html": "<table><tr><td>Calm lid</td></tr></table><script>alert(1)</script>",
    }
    html = rendered(tmp_path, extra=[new.new_output("display_data", data=data)])
    assert "Calm lid" in html
    assert "Desk()" not in html
    assert "alert(1)" not in html


def test_a_skipped_stage_says_so_first(tmp_path) -> None:
    html = rendered(tmp_path, conclusion.skip_stage("scraping", "no token: set APIFY_TOKEN"))
    head = html.split("<header")[1].split("</header>")[0]
    assert "vt-status-skipped" in head
    assert "no token: set APIFY_TOKEN" in head
    assert "vt-is-skipped" in html
    assert assembly.vega()[:200] not in html, "no chart, no chart library"


def test_markdown_raw_html_and_pictures(tmp_path) -> None:
    outputs = [
        new.new_output(
            "display_data", data={"text/markdown": "*yes* <script>window.hacked=1</script>"}
        ),
        new.new_output(
            "display_data", data={"image/png": "iVBORw0KGgo=\n", "text/plain": "<Figure>"}
        ),
        new.new_output("display_data", data={"image/svg+xml": "<svg onload='x()'/>"}),
    ]
    main = rendered(tmp_path, tables.show(sample.states(), source="s"), extra=outputs).split(
        "<main>"
    )[1]
    assert "<em>yes</em>" in main
    assert "hacked" not in main.split("</main>")[0]
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in main
    assert "onload" not in main.split("</main>")[0]


def test_a_page_is_whole_or_absent(tmp_path, monkeypatch) -> None:
    (tmp_path / "out.html").write_text("before")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        rendered(tmp_path)
    assert (tmp_path / "out.html").read_text() == "before"
