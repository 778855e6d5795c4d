"""Short links of every platform are followed through the allow-list, on a loopback proxy."""

import ssl
from dataclasses import replace

import pytest

from tests.media.download.any_host import any_host
from tests.run.cells import run_cells
from vtlib.capture import imports
from vtlib.core.params import parse_params
from vtlib.core.settings import load_settings
from vtlib.media.download import UrlAllowlist, connection
from vtlib.media.download.short_links import ShortLinks
from vtlib.platforms import post_ref
from vtlib.run.inputs import StageInputs
from vtlib.run.plan import RunPlan
from vtlib.store.project import Project, Workspace

TIKTOK = "https://www.tiktok.com/@sim/video/7531345990947851551"


def to(url: str, code: int = 301) -> tuple[int, dict[str, str], bytes]:
    return code, {"Location": url}, b""


def page(body: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "text/html"}, body.encode()


PAGES = {
    "vm.tiktok.com/ZMabc/": to(f"{TIKTOK}?_r=1"),
    "www.tiktok.com/t/ZTabc/": to(TIKTOK),
    "fb.watch/abcDEF/": to("https://www.facebook.com/share/v/1AbCdEfGhI/", 302),
    "www.facebook.com/share/v/1AbCdEfGhI/": to(
        "https://www.facebook.com/watch/?v=1500000000000001"
    ),
    "www.instagram.com/share/reel/BAxyzABCDE": to(
        "https://www.instagram.com/accounts/login/?next=/reel/DAAAAAAAAA3/"
    ),
    "lnkd.in/abcDEF": page(
        '<link rel="canonical" href="https://www.linkedin.com/posts/kiln_short-activity-'
        '7406535690785632256-AbCd">'
    ),
    "pin.it/abcDEF": to("https://api.pinterest.com/url_shortener/abcDEF/redirect/", 308),
    "api.pinterest.com/url_shortener": to("https://www.pinterest.com/pin/123456789012345678/sent/"),
    "t.co/abcDEF": page(
        '<META http-equiv="refresh" content="0;URL=https://x.com/sim/status/1992371876476121200">'
    ),
    "t.co/video": page(f"<script>location.replace('{TIKTOK}')</script>"),
    "www.youtube.com/clip/Ugkabc": page(
        '<meta property="og:url" content="https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=3">'
    ),
    "vm.tiktok.com/home/": to("https://www.tiktok.com/"),
    "www.tiktok.com/": page("<p>no post</p>"),
    "vm.tiktok.com/evil/": to("https://evil.example/video"),
    "vm.tiktok.com/file/": to("file:///etc/passwd"),
    "vm.tiktok.com/inside/": to("http://169.254.169.254/latest/"),
    "vm.tiktok.com/round/": to("https://vm.tiktok.com/round/"),
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """A proxy that answers for all hosts, and the log of what it was asked."""
    patch = pytest.MonkeyPatch()
    with any_host(PAGES, tmp_path_factory.mktemp("tls")) as (url, log):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        patch.setattr(connection, "tls_context", lambda: context)
        for name in ("HTTPS_PROXY", "https_proxy"):
            patch.setenv(name, url)
        for name in ("NO_PROXY", "no_proxy"):
            patch.delenv(name, raising=False)
        yield log
    patch.undo()


@pytest.mark.parametrize(
    ("url", "post_id"),
    [
        ("https://vm.tiktok.com/ZMabc/", "tiktok:7531345990947851551"),
        ("https://www.tiktok.com/t/ZTabc/", "tiktok:7531345990947851551"),
        ("https://fb.watch/abcDEF/", "facebook:1500000000000001"),
        ("https://www.facebook.com/share/v/1AbCdEfGhI/", "facebook:1500000000000001"),
        ("https://www.instagram.com/share/reel/BAxyzABCDE", "instagram:DAAAAAAAAA3"),
        ("https://lnkd.in/abcDEF", "linkedin:7406535690785632256"),
        ("https://pin.it/abcDEF", "pinterest:123456789012345678"),
        ("https://t.co/abcDEF", "x:1992371876476121200"),
        ("https://t.co/video", "tiktok:7531345990947851551"),
        ("https://www.youtube.com/clip/Ugkabc", "youtube:dQw4w9WgXcQ"),
        ("https://vm.tiktok.com/home/", None),
        ("https://vm.tiktok.com/evil/", None),
        ("https://vm.tiktok.com/file/", None),
        ("https://vm.tiktok.com/inside/", None),
        ("https://vm.tiktok.com/round/", None),
        ("https://vm.tiktok.com/gone/", None),
    ],
)
def test_a_short_link_leads_to_its_post_or_to_none(proxy, url: str, post_id: str | None) -> None:
    assert post_ref(url).needs_network
    proxy.clear()
    ref = ShortLinks(UrlAllowlist()).resolve(url)
    assert (ref.post_id if ref else None) == post_id
    assert not [asked for asked in proxy if "evil.example" in asked or "169.254" in asked]
    assert not [asked for asked in proxy if "/video/7531345990947851551" in asked]


def test_without_a_connection_the_first_link_is_the_last_one_asked(monkeypatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    asked = []

    def refuse(host: str) -> list[str]:
        asked.append(host)
        raise OSError("no network")

    links = ShortLinks(UrlAllowlist(resolve=refuse))
    assert [links.resolve(f"https://vm.tiktok.com/{n}/") for n in "ab"] == [None, None]
    assert (asked, links.is_offline) == (["vm.tiktok.com"], True)


def test_links_that_waited_become_posts_and_are_problems_no_more(proxy, tmp_path) -> None:
    project = Project(Workspace(load_settings(tmp_path)), parse_params({"project": "p"}))
    links = ["https://pin.it/abcDEF", "https://vm.tiktok.com/gone/", "https://fb.watch/abcDEF/"]
    assert [r.status for r in imports.import_urls(project, links)] == ["waits"] * 3
    resolve = ShortLinks(UrlAllowlist()).resolve
    assert {r.reason for r in imports.resolve_links(project, resolve)} == {
        "pinterest:123456789012345678",
        "facebook:1500000000000001",
    }
    assert imports.resolve_links(project, resolve) == []
    waiting = project.store.rows("SELECT payload ->> '$.url' AS url FROM problems")
    assert [row["url"] for row in waiting] == ["https://vm.tiktok.com/gone/"]
    at_once = imports.import_urls(project, ["https://t.co/abcDEF"], own=True, resolve=resolve)
    assert [(r.status, r.reason) for r in at_once] == [("ok", "x:1992371876476121200")]
    owned = project.store.rows("SELECT post_id FROM project_posts WHERE is_own")
    assert [row["post_id"] for row in owned] == ["x:1992371876476121200"]


def test_notebooks_follow_short_links_as_the_commands_do(proxy, tmp_path, monkeypatch) -> None:
    """01 those that the parameters name and those that wait, 02 those that came in since."""
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text(
        "project: p\nimporting: {urls: ['https://pin.it/abcDEF', 'https://vm.tiktok.com/gone/']}\n"
    )
    project = Project.open("p", home=str(tmp_path))
    imports.import_urls(project, ["https://t.co/abcDEF"])
    assert posts(project) == []
    run_cells("01_import.ipynb", project="p", home=str(tmp_path))
    assert posts(project) == ["pinterest:123456789012345678", "x:1992371876476121200"]
    imports.import_urls(project, ["https://fb.watch/abcDEF/"])
    run_cells("02_scraping.ipynb", project="p", home=str(tmp_path))
    assert "facebook:1500000000000001" in posts(project)
    waiting = project.store.rows("SELECT payload ->> '$.url' AS url FROM problems")
    assert [row["url"] for row in waiting] == ["https://vm.tiktok.com/gone/"]


def test_a_stage_whose_short_links_wait_has_work(proxy, tmp_path) -> None:
    project = Project(Workspace(load_settings(tmp_path)), parse_params({"project": "p"}))
    plan = RunPlan("p", tmp_path, tmp_path, tmp_path)
    assert not StageInputs(project, plan).has_work("import")
    imports.import_urls(project, ["https://t.co/abcDEF"])
    assert StageInputs(project, plan).has_work("import")
    simulated = parse_params({"project": "p", "is_simulated": True})
    assert not StageInputs(replace(project, params=simulated), plan).has_work("import")


def posts(project: Project) -> list[str]:
    return [row["post_id"] for row in project.store.rows("SELECT post_id FROM posts ORDER BY 1")]
