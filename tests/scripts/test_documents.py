"""Every document is opened again, and says what the script says; nothing in it is run."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import docx
import icalendar
import openpyxl
import pypdf
import pytest
from PIL import Image

from tests.scripts.reading import CLASHES, NOW, SHOOTS, document, text_of, written
from tests.scripts.samples import HOSTILE, PLAIN, SAMPLES, WORLD
from vtlib.core.errors import VtError
from vtlib.scripts import fountain, markdown
from vtlib.scripts.formats import FORMATS, pages, read_stamp, typst
from vtlib.scripts.formats.captions import cues
from vtlib.scripts.schedule import PlannedDay
from vtlib.scripts.script import PlannedBeat, Script, fingerprint, parse
from vtlib.scripts.timing import duration_s

PDFS = ("pdf", "storyboard", "shots", "voiceover", "callsheet", "brief")
NO_PLACE = {
    "srt",
    "csv",
    "teleprompter",
}  # formats without a place for a stamp: the file's name has it


def pdf_text(data: bytes) -> str:
    joined = "\n".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(data)).pages)
    return re.sub(r"\s+", " ", joined)


def squeezed(text: str) -> str:
    """Text without white space: a PDF's kerning is read as spaces."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in NO_PLACE])
def test_every_copy_says_what_it_is(name: str) -> None:
    form = FORMATS[name]
    stamp = read_stamp(form.write(document(PLAIN)).data)
    assert stamp is not None
    assert (stamp.script_id, stamp.version, stamp.fingerprint) == (
        "quiet-abc123",
        3,
        fingerprint(PLAIN),
    )


@pytest.mark.parametrize("name", sorted(NO_PLACE))
def test_where_there_is_no_place_the_name_says_it(name: str) -> None:
    found = read_stamp(written(name, PLAIN).data, name=f"quiet-abc123-v3-{name}.x")
    assert (found.script_id, found.version) == ("quiet-abc123", 3)
    assert read_stamp(b"nothing", name="notes.txt") is None


@pytest.mark.parametrize("name", PDFS)
def test_pdf_says_version_date_and_what_the_script_says(name: str) -> None:
    text = pdf_text(written(name, PLAIN).data)
    assert "version 3 (draft)" in text
    assert "2026-05-02" in text
    assert "Quiet evenings" in text
    if name != "shots":
        assert "Nobody talks at our table." in text or name == "callsheet"


@pytest.mark.parametrize("name", PDFS)
def test_nothing_in_a_pdf_is_run(name: str) -> None:
    made = written(name, HOSTILE, shoots=())
    text = squeezed(pdf_text(made.data))
    assert '#eval("1+1")' in text, "markup of typst stands as it was typed"
    assert "root:" not in text
    if name in ("pdf", "voiceover"):
        said = '#read("/etc/passwd") $x^2$ *bold* _it_ `raw` @ref <lbl> // gone'
        assert squeezed(said) in text
    assert float(pypdf.PdfReader(io.BytesIO(made.data)).pages[0].mediabox.width) > 500


def test_a_claim_that_is_not_cleared_is_not_for_the_creator_to_say() -> None:
    open_claim = replace(PLAIN, claims=(replace(PLAIN.claims[0], is_cleared=False),))
    text = pdf_text(written("brief", open_claim).data)
    assert "Not to be said" in text
    assert "Not to be said" not in pdf_text(written("brief", PLAIN).data)


def test_a_brief_is_one_page_whatever_the_script() -> None:
    long = Script(
        "T " * 200,
        tuple(
            PlannedBeat(f"b{n}", spoken="word " * 300, visual="seen " * 300, props=("p" * 90,))
            for n in range(40)
        ),
        logline="idea " * 500,
    )
    for script in (PLAIN, WORLD, HOSTILE, long):
        made = pages.brief(document(script))
        assert len(pypdf.PdfReader(io.BytesIO(made.data)).pages) == 1
        assert not any("more than one page" in w for w in made.warnings)


def test_long_scripts_break_over_pages() -> None:
    long = Script(
        "Long", tuple(PlannedBeat(f"b{n}", spoken=f"sentence{n} " * 60) for n in range(60))
    )
    reader = pypdf.PdfReader(io.BytesIO(written("pdf", long).data))
    assert len(reader.pages) > 5
    assert "sentence59" in pdf_text(written("pdf", long).data)
    assert all("version 3" in p.extract_text() for p in reader.pages)


def test_emoji_are_drawn_whole() -> None:
    emoji = ("👩‍👩‍👧", "👍🏽", "🇩🇪", "🎬", "🫠")
    script = replace(PLAIN, beats=(replace(PLAIN.beats[0], spoken=" ".join(emoji)),))
    made = written("pdf", script)
    assert made.warnings == ()
    (page,) = pypdf.PdfReader(io.BytesIO(made.data)).pages
    fonts = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert any(name.endswith(("NotoEmoji-Regular", "NotoColorEmoji")) for name in fonts)
    # One glyph stands for all of a family, or of a thumb and its tone: else they read back apart.
    assert [one for one in emoji if one not in page.extract_text()] == []


def test_many_writings_come_out_and_a_missing_font_is_named(monkeypatch) -> None:
    made = written("pdf", WORLD)
    text = pdf_text(made.data)
    assert "Grüße" in text
    assert "привет" in text
    lost = typst.undrawable("مرحبا שלום 日本 🎬 नमस्ते")
    assert bool(typst.font_warning("日本")) == bool(set(lost) & set("日本"))
    monkeypatch.setattr(typst, "_files", tuple)
    (warning,) = typst.font_warning("Grüße привет 日本 🎬 مرحبا")
    for word in (
        "CJK",
        "EMOJI",
        "ARABIC",
        "fonts-noto-cjk",
        "fonts-noto-color-emoji",
        "fonts-noto-core",
    ):
        assert word in warning
    assert typst.font_warning("Grüße, привет – “so”") == ()


def test_an_agency_replaces_a_template_and_is_told_when_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "script.typ").write_text(
        '#import "common.typ": *\n#show: page-set\nOURS: #say(d.title)\n'
    )
    (tmp_path / "teleprompter.txt.j2").write_text("OURS {{ d.title }} {{ d.token }}")
    text = pdf_text(written("pdf", PLAIN, templates=tmp_path).data)
    assert "OURS: Quiet evenings" in text
    assert text_of("teleprompter", PLAIN, templates=tmp_path).startswith("OURS Quiet evenings")
    (tmp_path / "script.typ").write_text('#read("/etc/passwd")')
    with pytest.raises(VtError, match=r"script\.typ"):
        written("pdf", PLAIN, templates=tmp_path)
    (tmp_path / "teleprompter.txt.j2").write_text("{{ d.__class__.__mro__ }}")
    with pytest.raises(VtError, match="teleprompter"):
        written("teleprompter", PLAIN, templates=tmp_path)


DOUBLED = "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = JOIN %}{% endfor %}"
HUGE = (
    *("{{ 'a' * 2000000 }}", "{{ 9 ** 99999 }}", "{{ [0] * 2000000 }}", "{{ '%999999999d' % 1 }}"),
    *("{{ '%*d' % (999999999, 1) }}", "{{ '%.999999999f' % 1 }}", "{{ '%999999999d'|format(1) }}"),
    *("{{ 'a'.center(10**9) }}", "{{ 'a'.ljust(999999999) }}", "{{ 'a'.zfill(width=999999999) }}"),
    *("{{ '{:999999999d}'.format(1) }}", "{{ '{:{w}}'.format(1, w=999999999) }}"),
    *("{{ '{:>{}}'.format('a', '999999999') }}", "{{ '{a:>999999999}'.format_map({'a': 1}) }}"),
    *("{{ 'a\\nb'|indent(999999999) }}", "{{ 'a'|center(999999999) }}"),
    *("{{ range(999999999)|list }}", "{{ [1]|tojson(999999999) }}", "{{ 'a'.expandtabs(10**9) }}"),
    *("{{ 'a\\tb\\t'.expandtabs(999999) }}", "{{ [1]|batch(99999999, 'x')|list }}"),
    *("{{ ('a' * 9999).replace('a', 'b' * 9999) }}", "{{ ('a' * 9999).join(['b'] * 9999) }}"),
    *(DOUBLED.replace("JOIN", "n.x ~ n.x"), DOUBLED.replace("JOIN", "n.x + n.x")),
    "{% set t = 'a' * 99999 %}{% set u %}{% for i in range(9999) %}{{ t }}{% endfor %}{% endset %}",
)


@pytest.mark.parametrize("text", HUGE)
def test_a_template_cannot_fill_the_memory(tmp_path: Path, text: str) -> None:
    (tmp_path / "teleprompter.txt.j2").write_text(text)
    with pytest.raises(VtError, match=r"teleprompter.*more than \d+,000,000 parts") as raised:
        written("teleprompter", PLAIN, templates=tmp_path)
    assert raised.value.exit_code == 2


def test_what_templates_need_is_not_limited(tmp_path: Path) -> None:
    text = (
        "{{ 'a' ~ 1 ~ none }} {{ 'b'.center(5) }} {{ '%05.1f' % 2.5 }} {{ '{:,}'.format(5000000) }}"
        " {{ '%s'|format('1234567890') }} {{ ('w ' * 20000)|wordwrap(60)|length }} {{ 7 % 4 + 1 }}"
        " {{ 'x\\ny'|indent(4) }} {{ ['p', 'q']|join(', ') }} {{ 'a-b'.replace('-', '+') }}"
    )
    (tmp_path / "teleprompter.txt.j2").write_text(text)
    text = " ".join(text_of("teleprompter", PLAIN, templates=tmp_path).split())
    assert text == "a1None b 002.5 5,000,000 1234567890 39999 4 x y p, q a+b"


def test_frames_and_logo_stand_in_the_pdf_and_no_picture_is_no_harm(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (90, 160), "red").save(picture, "PNG")
    Image.new("RGB", (90, 90), "blue").save(tmp_path / "logo.png")
    frames = {"b1": picture.getvalue(), "b2": b"<html>no picture</html>"}
    made = written("storyboard", PLAIN, frames=frames, logo=tmp_path / "logo.png")
    (page,) = pypdf.PdfReader(io.BytesIO(made.data)).pages
    assert len(page.images) == 2, "the logo and one frame; the broken one is a slate"
    (tmp_path / "logo.png").write_bytes(b"no picture")
    with pytest.raises(VtError, match="no picture"):
        written("storyboard", PLAIN, logo=tmp_path / "logo.png")


@pytest.mark.parametrize("name", SAMPLES)
def test_word_holds_every_beat_and_marks_right_to_left(name: str) -> None:
    script = SAMPLES[name]
    word = docx.Document(io.BytesIO(written("docx", script).data))
    (table,) = word.tables
    assert len(table.rows) == len(script.beats) + 1
    for beat, row in zip(script.beats, table.rows[1:], strict=True):
        assert beat.spoken in row.cells[2].text
        assert beat.visual in row.cells[1].text
    assert word.paragraphs[0].text == script.title
    assert "version 3" in word.sections[0].footer.paragraphs[0].text
    assert ("w:bidi" in table._tbl.xml) == (name == "world")


@pytest.mark.parametrize("name", SAMPLES)
def test_texts_to_edit_are_read_back(name: str) -> None:
    script = SAMPLES[name]
    found = markdown.read(text_of("markdown", script))
    assert (found.script, found.script_id, found.version) == (script, "quiet-abc123", 3)
    assert parse(json.loads(text_of("json", script))["script"]) == script
    assert len(fountain.read(text_of("fountain", script)).script.beats) == len(script.beats)


@pytest.mark.parametrize("name", SAMPLES)
def test_spreadsheets_run_nothing(name: str) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of("csv", SAMPLES[name]))))
    cells = [c for row in rows for c in row.values()]
    assert not [c for c in cells if c[:1] in ("=", "+", "-", "@")]
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", SAMPLES[name]).data)).active
    assert "f" not in {c.data_type for line in sheet for c in line}, "no cell is a formula"
    assert sheet["A1"].value == SAMPLES[name].title
    assert sheet.max_row == 3 + len(SAMPLES[name].beats)


def test_voice_over_and_teleprompter_hold_what_is_said_and_nothing_else() -> None:
    fast = replace(PLAIN, beats=(replace(PLAIN.beats[0], spoken="word " * 30), *PLAIN.beats[1:]))
    text = text_of("voiceover-text", fast)
    assert "30 words, 10/s  !! too many words: needs 9.4 s" in text
    assert "[0:03.0 - 0:07.5]  7 words, 1.56/s" in text
    said = text_of("teleprompter", PLAIN)
    assert "Link in bio." in said
    assert "A card is turned over." not in said
    spoken = " ".join(b.spoken for b in PLAIN.beats)
    assert said.split() == spoken.split(), "not a word that the actor would not say"


def test_an_address_in_a_brief_can_be_copied() -> None:
    url = "https://www.tiktok.com/@creator_7/video/7280000000000000003?is_from_webapp=1&q=abcdef"
    script = replace(PLAIN, references=(url,))
    text = "".join(
        p.extract_text() for p in pypdf.PdfReader(io.BytesIO(written("brief", script).data)).pages
    )
    assert "\u200b" not in text
    assert url in text.replace("\n", "")


def test_the_calendar_has_each_shoot_in_its_zone_with_conflicts() -> None:
    made = written("ics", PLAIN)
    calendar = icalendar.Calendar.from_ical(made.data)
    first, second = calendar.walk("VEVENT")
    assert str(first["summary"]) == "CONFLICT: Shoot: Quiet evenings"
    assert first["dtstart"].dt == SHOOTS[0].starts_at
    assert first["dtstart"].params["TZID"] == "Europe/Berlin"
    assert first["dtstart"].dt.hour == 9
    assert "Mia is in both at once" in str(first["description"])
    assert "1. hook, 3 s" in str(first["description"])
    assert str(second["location"]) == "Garden"
    assert [str(z["tzid"]) for z in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    assert made.warnings == (CLASHES[0].reason,)
    assert max(map(len, made.data.split(b"\r\n"))) <= 75


def test_due_and_publish_dates_are_days_of_the_calendar() -> None:
    days = (PlannedDay("quiet-abc123", "Quiet evenings", "due", date(2026, 5, 2)),)
    made = written("ics", PLAIN, shoots=(), clashes=(), deadlines=days)
    (event,) = icalendar.Calendar.from_ical(made.data).walk("VEVENT")
    assert (str(event["summary"]), event["dtstart"].dt) == ("Due: Quiet evenings", days[0].on)
    assert made.warnings == ()


def test_the_call_sheet_names_crew_and_talent_with_call_and_contact() -> None:
    crew = ({"name": "Ann", "role": "camera", "contact": "+49 30 1234", "call": "08:15"},)
    called = replace(SHOOTS[0], crew=crew, call_at=SHOOTS[0].starts_at - timedelta(minutes=30))
    contacts = {
        "mia": {"contact": "mia@example.com", "details": ""},
        "kitchen": {"contact": "+49 30 9", "details": "Main Street 1"},
    }
    text = pdf_text(written("callsheet", PLAIN, shoots=(called,), contacts=contacts).data)
    for words in (
        "Ann camera 08:15 +49 30 1234",
        "Mia talent 08:30 mia@example.com",
        "Main Street 1",
        "+49 30 9",
    ):
        assert words in text


def test_hostile_titles_make_no_events() -> None:
    bad = replace(SHOOTS[0], title="x\r\nEND:VEVENT\r\nBEGIN:VEVENT", location="a;b,c\nd")
    calendar = icalendar.Calendar.from_ical(written("ics", HOSTILE, shoots=(bad,)).data)
    (event,) = calendar.walk("VEVENT")
    assert str(event["location"]) == "a;b,c\nd"


def test_the_call_sheet_groups_by_place_in_local_time() -> None:
    text = pdf_text(written("callsheet", PLAIN).data)
    assert "Monday, 04 May 2026 09:00 – 11:00 Europe/Berlin" in text
    assert text.index("Strip board") < text.index("Kitchen", text.index("Strip board"))
    assert "Mia is in both at once" in text


TIMES = re.compile(
    r"^(?:(\d+):)?(\d+):(\d+)[.,](\d+) --> (?:(\d+):)?(\d+):(\d+)[.,](\d+)$", re.MULTILINE
)


@pytest.mark.parametrize("form", ["srt", "vtt"])
@pytest.mark.parametrize("name", SAMPLES)
def test_captions_stand_in_order_and_never_overlap(form: str, name: str) -> None:
    script = SAMPLES[name]
    made = cues(document(script))
    text = text_of(form, script)
    times = [tuple(map(int, (g or 0 for g in m))) for m in TIMES.findall(text)]
    spans = [
        (((a * 60 + b) * 60 + c) * 1000 + d, ((e * 60 + f) * 60 + g) * 1000 + h)
        for a, b, c, d, e, f, g, h in times
    ]
    assert spans == [(c.start_ms, c.end_ms) for c in made]
    assert all(a < b for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert spans[-1][1] <= duration_s(script) * 1000
    said = re.sub(r"\s+", "", "".join(c.text for c in made))
    assert said == re.sub(r"\s+", "", "".join(b.spoken for b in script.beats))


def test_an_arrow_in_speech_makes_no_caption() -> None:
    script = Script(
        "x",
        (
            PlannedBeat(
                "b1", duration_s=3, spoken="a --> b <b>c</b>\n\n00:00:00.000 --> 00:00:09.000"
            ),
        ),
    )
    text = text_of("vtt", script)
    assert text.count("-->") == len(cues(document(script)))
    assert "&lt;b&gt;" in text


def test_the_pack_holds_everything_with_its_sums() -> None:
    import hashlib

    small = replace(PLAIN, beats=tuple(replace(b, duration_s=0.5) for b in PLAIN.beats))
    made = written("pack", small, media=Path("/here/source.mp4"), media_s=60.0)
    archive = zipfile.ZipFile(io.BytesIO(made.data))
    manifest = json.loads(archive.read("manifest.json"))
    assert {f["name"] for f in manifest["files"]} | {"manifest.json"} == set(archive.namelist())
    for file in manifest["files"]:
        data = archive.read(file["name"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert (manifest["script_id"], manifest["version"]) == ("quiet-abc123", 3)
    assert "slates.mp4" in archive.namelist()
    assert manifest["exported_at"] == NOW.isoformat()
    assert len(manifest["files"]) == len(FORMATS)
    assert not [n for n in archive.namelist() if b"/here/source" in archive.read(n)]
