"""URLs: what is taken apart, and what never reaches a client (pitfall 53)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.errors import BadInput
from vtlib.platforms import SOURCES, account_ref, post_ref, source_of
from vtlib.platforms.urls import split_url, try_split


@pytest.mark.parametrize(
    ("pasted", "host", "path", "query"),
    [
        (
            "https://www.Instagram.com/p/Ab_-1/?igsh=1",
            "www.instagram.com",
            ("p", "Ab_-1"),
            {"igsh": "1"},
        ),
        (" <instagram.com/p/A/> ", "instagram.com", ("p", "A"), {}),
        ("//instagram.com//p//A", "instagram.com", ("p", "A"), {}),
        ("instagram.com:443/p/A", "instagram.com", ("p", "A"), {}),
        ("http://instagram.com:80/p/A", "instagram.com", ("p", "A"), {}),
        ("https://instagram.com./p/A#frag", "instagram.com", ("p", "A"), {}),
        ("https://www.tiktok.com/%40a/video/1", "www.tiktok.com", ("@a", "video", "1"), {}),
        ("https://youtube.com/watch?a=1&amp;v=2", "youtube.com", ("watch",), {"a": "1", "v": "2"}),
    ],
)
def test_a_pasted_url_taken_apart(pasted: str, host: str, path: tuple, query: dict) -> None:
    address = split_url(pasted)
    assert (address.host, address.path, address.query) == (host, path, query)
    assert split_url(address.url) == address


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "   ",
        "file:///etc/passwd",
        "ftp://instagram.com/p/A",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost/p/A",
        "http://printer.local/p/A",
        "http://db.internal/p/A",
        "http://127.0.0.1/p/A",
        "http://2130706433/p/A",
        "http://0x7f.0.0.1/p/A",
        "http://[::1]/p/A",
        "http://10.0.0.8:80/p/A",
        "https://instagram.com:8080/p/A",
        "https://user:word@instagram.com/p/A",
        "https://instagram.com@evil.com/p/A",
        "https://evil.com\\@instagram.com/p/A",
        "https://instagram.com\\.evil.com/p/A",
        "https://ínstagram.com/p/A",
        "https://instagram.com:port/p/A",
        "https:///p/A",
        "just words",
    ],
)
def test_what_is_no_public_web_address_is_refused(pasted: str) -> None:
    with pytest.raises(BadInput):
        split_url(pasted)
    assert try_split(pasted) is None


@pytest.mark.parametrize("value", [None, 5, True, [], {}])
def test_a_field_that_is_no_text_is_no_url(value: object) -> None:
    assert try_split(value) is None


@given(st.text() | st.from_regex(r"https?://[a-z.@:\[\]/\\%?&=0-9-]{0,30}", fullmatch=True))
def test_no_text_breaks_it(pasted: str) -> None:
    address = try_split(pasted)
    source = source_of(address) if address is not None else None
    for name in ("post_ref", "account_ref"):
        found = getattr(source, name)(address) if source else None
        assert found is None or found.platform == source.NAME


@given(
    st.sampled_from(sorted(h for s in SOURCES.values() for h in s.HOSTS)),
    st.lists(st.text("abp@reltvidwochs/%?=&-_.0123456789", max_size=22), max_size=4),
)
def test_no_path_on_a_platform_breaks_it(host: str, path: list[str]) -> None:
    address = try_split(f"https://{host}/{'/'.join(path)}")
    source = SOURCES_BY_HOST[host]
    asks = (source.post_ref, source.account_ref) if address is not None else ()
    assert {ref.platform for ask in asks if (ref := ask(address))} <= {source.NAME}


SOURCES_BY_HOST = {h: s for s in SOURCES.values() for h in s.HOSTS}


@pytest.mark.parametrize("text", ["", "  ", "@", "two words"])
def test_what_is_no_handle(text: str) -> None:
    with pytest.raises(BadInput):
        account_ref(text, platform="instagram")


def test_what_to_do_next_is_said() -> None:
    with pytest.raises(BadInput, match="none of the known platforms"):
        post_ref("https://example.com/p/A")
    with pytest.raises(BadInput, match="names no post"):
        post_ref("https://www.instagram.com/creator_1/")
    with pytest.raises(BadInput, match="Add --platform"):
        account_ref("creator_1")
    with pytest.raises(BadInput, match="no profile URL of tiktok"):
        account_ref("https://www.instagram.com/creator_1/", platform="tiktok")
