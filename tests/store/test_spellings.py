"""A name is found however it is written or packed, and everyday words are not taken for names."""

import base64
import gzip
import html
import io
import json
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.store.leaks import Needles, fold, make_needles, scan_bytes, scan_folder

HANDLE = "janedoe_cooks"
CAPTION = (
    "we fold the dough twice and then wait for an hour, youtu.be/dQw4w9WgXcQ with @Other.Person"
)
NEEDLES = make_needles(
    [
        ("a", "handle", HANDLE),
        ("a", "name", "Jane Doe"),
        ("a", "id", "3700000090001270003"),
        ("a", "url", "https://www.instagram.com/p/DNZCnp5cGTz/"),
        ("a", "text", CAPTION),
        ("b", "handle", "views"),
        ("b", "id", "1270"),
        ("b", "handle", "ourbrand"),
        ("b", "text", "Наша кухня"),
    ],
    own=["our own words about pasta"],
    own_names=["our_brand"],
    common=lambda word: word == "views",
)


def zipped(text: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("inside.txt", text)
    return held.getvalue()


def each(form: str) -> Callable[[str], str]:
    return lambda text: "".join(form.format(ord(c)) for c in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "case": str.upper,
    "camel case": lambda t: "".join(part.title() for part in t.split("_")),
    "hyphen": lambda t: t.replace("_", "-"),
    "dots": lambda t: t.replace("_", "."),
    "spaced": " ".join,
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "full width": lambda t: "".join(chr(ord(c) + 0xFEE0) for c in t),
    "bold": lambda t: "".join(chr(0x1D41A + ord(c) - 97) if c.isalpha() else c for c in t),
    "accents": lambda t: t.replace("a", "á").replace("o", "ö"),
    "combining": lambda t: t.replace("e", "e\u0301"),
    "Cyrillic": lambda t: t.replace("a", "а").replace("e", "е").replace("o", "о"),
    "hashtag": lambda t: "#" + t.replace("_", "") + "2026",
    "domain": lambda t: t.replace("_", "") + ".com",
    "short link": lambda t: "linktr.ee/" + t.replace("_", ""),
    "mention": lambda t: f"(@{t})",
    "percent": each("%{:02X}"),
    "percent twice": lambda t: quote(each("%{:02x}")(t)),
    "entities": each("&#{};"),
    "hex entities": each("&#x{:x};"),
    "JSON escapes": each("\\u{:04x}"),
    "byte escapes": each("\\x{:02x}"),
    "CSS escapes": each("\\{:06x} "),
    "tags between": lambda t: f"{t[:4]}<b>{t[4:8]}</b>{t[8:]}",
    "comment": lambda t: f"<!-- {t} -->",
    "base64": lambda t: base64.b64encode(f"seen with {t} there".encode()).decode(),
    "base64 for URLs": lambda t: base64.urlsafe_b64encode(f"{t}???>>>~~~".encode()).decode(),
    "hex": lambda t: t.encode().hex(),
    "quoted-printable": lambda t: t.replace("_", "=5F"),
    "JSON in base64 in JSON": lambda t: json.dumps(
        "data:text/plain;base64," + base64.b64encode(json.dumps(html.escape(t)).encode()).decode()
    ),
}
PACKED: dict[str, Callable[[str], bytes]] = {
    "zip": zipped,
    "gzip": lambda t: gzip.compress(t.encode()),
    "zip in base64": lambda t: base64.b64encode(zipped(t)),
    "UTF-16": lambda t: t.encode("utf-16"),
    "UTF-16 without mark": lambda t: t.encode("utf-16-le"),
    "picture": lambda t: b"\xff\xd8\xff\xe0\x00" + t.encode() + b"\x00\x9d\xff",
}


def kinds(data: bytes, needles: Needles = NEEDLES) -> set[str]:
    return {hit.kind for hit in scan_bytes(data, needles)}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_handle_is_found_in_every_spelling(spelling: str) -> None:
    page = f"<p>Before it {SPELLINGS[spelling](HANDLE)} and after</p>"
    assert kinds(page.encode()) & {"handle", "name"}, page


@pytest.mark.parametrize("packing", PACKED)
def test_a_handle_is_found_in_every_packing(packing: str) -> None:
    assert "handle" in kinds(PACKED[packing](f"words before {HANDLE} words after"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("by JANE-DOE!", "name"),
        ("id 3700000090001270003.", "id"),
        ("see dnzcnp5cgtz", "url"),
        ("dQw4w9WgXcQ", "url"),
        ("FOLD the dough: twice - and then", "text"),
        ("other person", "handle"),
        ("НАША  кухня", "text"),
        ("https://x.com/views", "handle"),
        ("thanks @views", "handle"),
        ("instagram:1270" if False else "platform:1270", "id"),
    ],
)
def test_names_ids_links_and_words_are_found(text: str, kind: str) -> None:
    assert kind in kinds(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "A page of views and 1,270 likes, janet does well.",
        "our own words about pasta and @ourbrand",
        "we fold the paper, twice",
        json.dumps({"schema": "vega", "values": [1, 2, 3], "label": "creator 7, 120k followers"}),
    ],
)
def test_everyday_words_are_not_taken_for_names(text: str) -> None:
    assert not scan_bytes(text.encode(), NEEDLES)


def test_a_folder_is_searched_with_its_names_and_places_are_told(tmp_path) -> None:
    (tmp_path / "clean.html").write_text("creator 7")
    (tmp_path / "bad.html").write_text(f"one\ntwo {HANDLE}\n")
    (tmp_path / "janedoe-cooks.txt").write_text("")
    hits = scan_folder(tmp_path, NEEDLES)
    assert {h.file for h in hits} == {"bad.html", "janedoe-cooks.txt"}
    assert any(h.place == "line 2" and h.what == "janedoecooks" for h in hits)
    ours = f"one\ntwo {HANDLE}\n"
    assert not scan_bytes(ours.encode(), NEEDLES, ours=[ours])


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_around_it(before: str, after: str) -> None:
    assert any(
        what == "janedoecooks" for _, what, _ in NEEDLES.within(f"{before} {HANDLE} {after}")
    )


@given(st.text(max_size=200))
def test_any_text_folds_and_any_bytes_scan(text: str) -> None:
    folded = fold(text)
    assert len(folded.starts) == len(folded.places)
    scan_bytes(text.encode("utf-8", "replace"), NEEDLES)
    scan_bytes(text.encode("utf-16", "replace")[1:], NEEDLES)
