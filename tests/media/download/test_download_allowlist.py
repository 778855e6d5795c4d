"""Which addresses may be asked: names on a list that lead to public addresses, redirects
included.
"""

import http.server
import threading
from urllib.error import URLError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.media.download import AddressRefused, DownloadRequest, DownloadRules, UrlAllowlist, fetch
from vtlib.media.download.url_allowlist import DELIVERY
from vtlib.platforms import SOURCES

PUBLIC, OWN = "93.184.216.34", "http://127.0.0.1:8123"
REFUSED = [
    "file:///etc/passwd",
    "ftp://www.instagram.com/x",
    "data:text/plain,x",
    "http://127.0.0.1:8124/x",
    "http://localhost:8123/x",
    "http://10.0.0.1/x",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/x",
    "http://2130706433/x",
    "https://instagram.com.evil.com/reel/x",
    "https://evil.com/?u=www.instagram.com",
    "https://notinstagram.com/x",
    "https://me:secret@www.instagram.com/x",
    "https://www.instagram.com:22/x",
    "https://www.instagram.com:x/",
    "",
]
ASKED = [
    "https://www.instagram.com/reel/C0/",
    "https://scontent-fra5-2.cdninstagram.com/v/x.mp4?sig=1",
    "https://v16-webapp.tiktokcdn-us.com/x",
    "http://www.tiktok.com/@a/video/1",
    "https://rr3---sn-4g5e.googlevideo.com/videoplayback?x",
    f"{OWN}/video/x.mp4",
]


def allowlist(*addresses: str) -> UrlAllowlist:
    allowed = UrlAllowlist.of([OWN, "https://api.apify.com", None])
    return UrlAllowlist(allowed.loopback, lambda _host: list(addresses))


@pytest.mark.parametrize("url", REFUSED)
def test_refused(url):
    with pytest.raises(AddressRefused):
        allowlist(PUBLIC).check(url)
    assert not allowlist(PUBLIC).knows(url)


@pytest.mark.parametrize("url", ASKED)
def test_asked(url):
    allowlist(PUBLIC).check(url)
    assert allowlist(PUBLIC).knows(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "::10.0.0.1",
        "::127.0.0.1",
        "::ffff:0:192.168.0.1",
        "2001:0:a00:1::1",
        "2a00:1450::5efe:10.0.0.1",
        "2a00:1450::200:5efe:10.0.0.1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "240.0.0.1",
        "nonsense",
    ],
)
def test_a_known_name_that_leads_home_is_refused(address):
    with pytest.raises(AddressRefused, match="not public"):
        allowlist(PUBLIC, address).check("https://www.instagram.com/x")


EVERY_DOMAIN = sorted(DELIVERY.union(*(s.HOSTS for s in SOURCES.values())))


@pytest.mark.parametrize("domain", EVERY_DOMAIN)
def test_every_listed_domain_bare_and_with_a_sub_domain(domain):
    for host in (domain, f"a-1.b.{domain}", domain.upper(), f"{domain}."):
        allowlist(PUBLIC).check(f"https://{host}/x")
        assert allowlist(PUBLIC).addresses(host, 443) == [PUBLIC]
    for host in (f"x{domain}", f"{domain}.evil.com", f"{domain}x"):
        assert not allowlist(PUBLIC).knows(f"https://{host}/x") or host in EVERY_DOMAIN


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2a00:1450:4001:82a::200e", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"],
)
def test_public_addresses_are_asked_however_they_are_written(address):
    assert allowlist(address).addresses("www.instagram.com", 443) == [address]


WRITTEN = ["64:ff9b::{}", "::{}", "::ffff:{}", "::ffff:0:{}", "2a00:1450::5efe:{}"]


@given(st.ip_addresses(v=4), st.sampled_from(WRITTEN))
def test_an_address_in_another_is_as_public_as_that(address, form):
    plain, carried = str(address), form.format(address)
    verdicts = []
    for one in (plain, carried):
        try:
            verdicts.append(bool(allowlist(one).addresses("x.com", 443)))
        except AddressRefused:
            verdicts.append(False)
    assert verdicts[0] == verdicts[1]


def test_a_name_that_does_not_resolve_is_no_refusal():
    def fail(_host):
        raise OSError("no such name")

    with pytest.raises(URLError) as caught:
        UrlAllowlist(resolve=fail).check("https://www.instagram.com/x")
    assert not isinstance(caught.value, AddressRefused)


def test_only_a_loopback_base_url_opens_this_machine():
    assert UrlAllowlist.of(["http://10.0.0.5:80", "https://api.apify.com"]).loopback == frozenset()
    assert UrlAllowlist.of(["http://localhost:9"]).knows("http://localhost:9/x")


@given(st.text(alphabet="abc:/@.?#[]%\\ \t127localhost", max_size=40))
def test_no_text_passes_but_by_its_name(text):
    for url in (text, f"http://{text}", f"https://{text}"):
        names = ("t.co", "x.com", "127.0.0.1:8123", "fb.com")
        is_named = url.startswith(("http://", "https://")) and any(d in url for d in names)
        assert is_named or not allowlist(PUBLIC).knows(url)


@pytest.fixture(scope="module")
def redirects():
    targets = {
        "/private": "http://10.0.0.1/x.mp4",
        "/file": "file:///etc/passwd",
        "/stranger": "https://evil.com/x.mp4",
        "/loop": "/loop",
        "/login": "/accounts/login/?next=x",
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            target = targets.get(self.path)
            body = b"" if target else b"<html>Log in</html>"
            self.send_response(302 if target else 200)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    patch.undo()


@pytest.mark.parametrize("way", ["media_url", "page"])
@pytest.mark.parametrize(
    "case",
    [
        ("/private", "broken", "not asked: 10.0.0.1"),
        ("/file", "broken", ""),
        ("/stranger", "broken", "not asked: evil.com"),
        ("/loop", "broken", ""),
        ("/login", "login", ""),
    ],
)
def test_redirects_pass_the_gate_too(redirects, tmp_path, way, case):
    path, status, reason = case
    url = redirects + path
    wanted = DownloadRequest("x", url if way == "page" else None, () if way == "page" else (url,))
    got = fetch(wanted, tmp_path, DownloadRules(UrlAllowlist.of([redirects]), timeout_s=2))
    assert (got.status, got.came_by) == (status, way)
    assert reason in got.reason
    assert not list(tmp_path.iterdir())
