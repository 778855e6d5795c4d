"""docs/formats.md: every file that an import reads, from the layouts themselves."""

from __future__ import annotations

from vtlib.platforms.layouts import Layout, all_layouts

_SURE = {"seen": "seen in files", "documented": "from its documentation"}
_HEAD = """
What `vt import dataset` and notebook 01 read. A file is recognised by its content, never by its
name; `vt import check FILE` says what one is, what would be read of it and what not, without
storing anything. JSON, JSON lines, CSV and XLSX go in plain or packed (gzip, xz, ZIP); an answer
of an API that wraps its items is taken apart. A count that a file does not hold is missing, never
0. Every item is kept as it came (`raw_items`), also the fields that nothing reads.

## Read by the platforms' own files
All of these were seen in files.

| platform | files |
|---|---|
"""
_OTHERS = """
## Other tools, the platforms' APIs and archives
Each is a map in `vtlib/platforms/layouts/files/`: which field means what, as data. "From its
documentation" means that no real file has been read yet; the first one may show fields that stay
unread, and `vt import check` names them.

| file | platform | where to get it | how sure | read | to know |
|---|---|---|---|---|---|
"""
# What platforms/<platform>.py recognises.
_NATIVE = {
    "Instagram": (
        "Apify: apify/instagram-scraper, -post-scraper, -reel-scraper, -hashtag-scraper and "
        "-profile-scraper with the posts inside a profile; Instagram's own objects as Zeeschuimer "
        "and 4CAT (NDJSON) keep them"
    ),
    "TikTok": (
        "Apify: clockworks/tiktok-scraper and its kin, versions of 2020 to 2026; TikTok's own "
        "objects (`itemList`, Zeeschuimer, 4CAT NDJSON, gallery-dl)"
    ),
    "YouTube": "Apify: streamers/youtube-scraper, -shorts-scraper, -channel-scraper",
    "X": (
        "Apify: apidojo/tweet-scraper, kaitoeasyapi, xquik; X's own objects (Zeeschuimer, 4CAT "
        "NDJSON)"
    ),
    "Facebook": (
        "Apify: apify/facebook-posts-scraper, -reels-scraper, -hashtag-scraper, -pages-scraper; "
        "Facebook's video object"
    ),
    "LinkedIn": (
        "Apify: apimaestro and harvestapi, posts of companies and profiles; supreme_coder; "
        "Zeeschuimer"
    ),
    "Pinterest": "Apify: fatihtahta, epctex, alexey; Zeeschuimer, gallery-dl",
}


def formats_markdown(note: str) -> str:
    """The page; `note` says that it is made."""
    native = "\n".join(f"| {name} | {files} |" for name, files in _NATIVE.items())
    others = "\n".join(_row(one) for one in all_layouts())
    return "\n".join(["# Files that are read", "", note, _HEAD + native, _OTHERS + others, ""])


def _row(one: Layout) -> str:
    unread = [f"`{name}` is not read: {why}" for name, why in one.unread.items()]
    rejected = [f"left out: {why}" for why in dict.fromkeys(one.rejects.values())]
    own = ["the posts are marked as own"] if one.own else []
    cells = (
        one.name,
        one.platform or "the link tells",
        one.get,
        f"[{_SURE[one.certain]}]({one.source})",
        ", ".join([*one.fields, *dict.fromkeys(one.tracks.values())]),
        "; ".join([*([one.note.rstrip(".")] if one.note else []), *own, *rejected, *unread]),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
