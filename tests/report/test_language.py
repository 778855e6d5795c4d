"""Pages and scripts in another language: one catalogue, complete, figures and days by its rules."""

import ast
from dataclasses import replace
from datetime import UTC, date, datetime
from gettext import NullTranslations
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from tests.report import insight_sample, running_text, sample
from tests.report.catalogues import CATALOGUE, ROOT, sentences
from tests.report.test_insight_page import written as chapters
from tests.report.test_pattern_cards import cards
from tests.report.test_videos import view
from vtlib import tables
from vtlib.core import figures, language
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.language import PageReader, in_english, reads, retell, say, say_n, stored
from vtlib.core.params import parse_params
from vtlib.report import write_index, write_insight
from vtlib.report.pattern_cards import write_patterns
from vtlib.report.run_page import write_glossary, write_run
from vtlib.report.video_page import write_video, write_videos

GERMAN = PageReader("de", "Europe/Berlin")


def test_german_is_complete_with_the_same_places_and_plurals() -> None:
    assert len(CATALOGUE.collect()) > 1300
    assert CATALOGUE.lacks("de") == []


def test_the_catalogue_is_the_one_that_the_sources_give() -> None:
    with CATALOGUE.catalogue_path("de").open("rb") as stream:
        stored = {m.id for m in CATALOGUE.read_po(stream, locale="de") if m.id}
    assert stored == {m.id for m in CATALOGUE.renew("de") if m.id}


def test_the_check_sees_what_is_missing_and_another_place(tmp_path, monkeypatch) -> None:
    path = tmp_path / "de.po"
    text = CATALOGUE.catalogue_path("de").read_text()
    path.write_text(
        text.replace('msgstr "sehr sicher"', 'msgstr ""').replace("{posts:dat}", "{post}")
    )
    monkeypatch.setattr(CATALOGUE, "catalogue_path", lambda _: path)
    lines = CATALOGUE.lacks("de")
    assert "not translated: very sure" in lines
    assert sum(line.startswith("other places: ") for line in lines) > 5


def test_no_sentence_is_said_while_a_module_is_imported() -> None:
    """It would stay English: what stands in a module is `marked`, and said where it is shown."""

    class Said(ast.NodeVisitor):
        calls: ClassVar[list[str]] = []

        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self.visit(default)

        def visit_Lambda(self, node: ast.Lambda) -> None:
            """Runs later."""

        def visit_Call(self, node: ast.Call) -> None:
            if getattr(node.func, "id", "") in ("say", "say_n", "word"):
                self.calls.append(f"{path.name}:{node.lineno}")
            self.generic_visit(node)

    for path in (ROOT / "vtlib").rglob("*.py"):
        Said().visit(ast.parse(path.read_text()))
    assert Said.calls == []


FIGURES = [
    (figures.times, 2771.6, "2.772"),
    (figures.times, 5.84, "5,8"),
    (figures.count, 1_200_000, "1,2 Mio."),
    (figures.count, 293_525, "293.525"),
    (figures.axis_count, 100_000, "100 Tsd."),
    (figures.share, 0.91, "91\xa0%"),
    (figures.ratio_text, 2.094, "2,09"),
]


@pytest.mark.parametrize(("form", "value", "text"), FIGURES)
def test_figures_as_germans_write_them(form, value: float, text: str) -> None:
    with reads(GERMAN):
        assert form(value) == text
    assert form(value) != text


def test_nouns_follow_their_number_and_their_preposition() -> None:
    with reads(GERMAN):
        assert number(1, "matured post") == "1 reifer Beitrag"
        assert number(2345, "post") == "2.345 Beiträge"
        text = say("{posts} of {accounts}", posts=number(29, "post"), accounts=number(1, "account"))
        assert text == "29 Beiträge von 1 Konto"
        assert say_n("{n} more sentence", "{n} more sentences", 3, n=3) == "3 weitere Sätze"
    assert number(1, "matured post") == "1 matured post"


def test_times_are_in_the_zone_of_the_reader() -> None:
    evening = datetime(2026, 7, 14, 23, 30)
    with reads(GERMAN):
        assert language.moment(evening) == "2026-07-15 01:30 Berlin"
        assert language.day(evening.replace(tzinfo=UTC)) == "15. Juli 2026"
        assert language.day(date(2026, 5, 3)) == "3. Mai 2026"
        assert tables.cell(pd.Timestamp(evening), "time").text == "2026-07-15 01:30"
        shown = tables.show(pd.DataFrame({"posted_at": [pd.Timestamp(evening)]}), source="x")
        assert shown.labels == ("veröffentlicht (Berlin)",)
    assert language.moment(evening) == "2026-07-14 23:30 UTC"
    assert language.day(evening) == "14 Jul 2026"
    assert tables.cell(pd.Timestamp(evening), "time").text == "2026-07-14 23:30"


def test_a_zone_and_a_language_that_are_none_are_refused() -> None:
    for report in ({"time_zone": "Mars/Olympus"}, {"language": "tlh"}):
        with pytest.raises(BadInput):
            parse_params({"project": "p", "report": report})
    params = parse_params({"project": "p", "report": {"language": "de", "time_zone": "Asia/Tokyo"}})
    assert params.report.reader == PageReader("de", "Asia/Tokyo")


def test_what_people_wrote_stays_as_it_is() -> None:
    frame = pd.DataFrame({"caption": ["very sure"], "tier": ["watch"]})
    with reads(GERMAN):
        shown = tables.show(frame, source="posts", columns={"caption": "caption", "tier": "tier"})
    assert [cell.text for cell in shown.rows[0]] == ["very sure", "beobachten"]
    assert shown.labels == ("Bildtext", "Klasse")


def test_what_is_stored_is_english_whoever_reads() -> None:
    @in_english
    def stored() -> str:
        return number(3, "post")

    with reads(GERMAN):
        assert (stored(), number(3, "post")) == ("3 posts", "3 Beiträge")


def pages(folder: Path) -> list[Path]:
    facts = insight_sample.facts()
    views = tuple(view(n) for n in range(3))
    index = replace(sample.index_facts(), stages=(), sections=())
    page = sample.page("analyst")
    return [
        write_index(folder, facts=index),
        write_insight(folder / "insight.html", chapters(facts), page=page),
        write_videos(folder / "pages" / "videos.html", views, is_bounded=True, page=page),
        write_video(
            folder / views[0].href, views[0], ordinary=views[1], is_bounded=True, page=page
        ),
        write_run(folder / "pages" / "run.html", facts=index, page=page),
        write_glossary(folder / "pages" / "glossary.html", page=page),
        write_patterns(folder / "pages" / "patterns.html", cards(), page=page),
    ]


def test_a_german_page_has_no_sentence_left_in_english(tmp_path) -> None:
    with reads(GERMAN):
        german = pages(tmp_path)
    known = sentences()
    assert len(known) > 400
    texts = {
        p.name: {" ".join(line.split()) for line in running_text.read(p.read_text()).lines}
        for p in german
    }
    assert {name: left for name, lines in texts.items() if (left := lines & known.keys())} == {}
    shown = set().union(*texts.values())
    assert len(shown & set(known.values())) > 40
    assert all('<html lang="de">' in p.read_text() for p in german)


class Bracketed(NullTranslations):
    """A language that marks what was translated."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def test_every_sentence_of_the_templates_goes_through_the_catalogue(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(language, "translations", lambda _: Bracketed())
    with reads(GERMAN):
        marked_pages = pages(tmp_path)
    open_texts = set()
    for path in marked_pages:
        for line in running_text.read(path.read_text()).lines:
            n_open = np.cumsum([(c == "⟦") - (c == "⟧") for c in line])
            outside = "".join(c for c, n in zip(line, n_open, strict=True) if n == 0 and c != "⟧")
            if "⟦" not in line and "⟧" not in line and outside.count(" ") > 3:
                open_texts.add(outside)
    data = {"Nobody tells you this about rain", "The first line is contradicted."}
    data |= {"A voice leads through it.", "no model key: set GEMINI_API_KEY"}
    ours = ("Three things nobody", "@runner", "two wins", "kettle:", "outliers.method")
    left = {t for t in open_texts - data if not t.startswith(ours)}
    assert left == set()


WHOLE = [
    ("ab\U0001f469\u200d\U0001f469\u200d\U0001f467 c", 5, "ab"),  # a family of three
    ("ab\U0001f44d\U0001f3fd", 3, "ab"),  # a thumb and its tone
    ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 3, "\U0001f1e9\U0001f1ea"),  # two flags
    ("\u2764\ufe0f", 1, ""),  # a heart and its colour
    ("cafe\u0301s", 4, "caf"),  # an accent of its own
    ("\u0915\u093f\u0924\u093e\u092c", 3, "\u0915\u093f"),  # a vowel sign
    ("plain words", 5, "plain"),
    ("short", 50, "short"),
]


@pytest.mark.parametrize(("text", "most", "kept"), WHOLE)
def test_an_emoji_is_never_cut_in_two(text: str, most: int, kept: str) -> None:
    assert language.clip(text, most) == kept


def test_a_table_ends_a_caption_before_an_emoji_that_has_no_room() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    caption = "x" * (tables.html.TEXT_LIMIT - 3) + family
    assert tables.cell(caption, "text").text == "x" * (tables.html.TEXT_LIMIT - 3) + "…"


MOSTLY_PICKED = (
    "known mostly of picked posts (21% breakouts against 2% of all): whether there is an effect "
    "holds, its size is overstated"
)
RETOLD = [
    ("not scored: too few posts and no cohort", "nicht bewertet: zu wenige Beiträge und keine"),
    ("plays are x2,772.6 of views", "das 2.772,6-Fache"),
    ("57 of 60 asked: it has no more, or the provider stopped early", "57 von 60 verlangten: mehr"),
    ("2 left out, beyond the limit", "2 ausgelassen, über der Grenze"),
    (MOSTLY_PICKED, "(21\xa0% Ausreißer gegenüber 2\xa0% von allen)"),
    ("from 12 patterns of the field", "aus 12 Mustern des Feldes"),
    (
        "plays are x3.0 of views; provisional: its growth is not known yet",
        "3,0-Fache der Aufrufe; v",
    ),
    ("fit 4.5 of 5: It has the strongest pull here.", "Passung 4,5 von 5: It has the strongest"),
    ("linked to x:2069513379381633086", "verknüpft mit x:2069513379381633086"),
]


@pytest.mark.parametrize(("text", "part"), RETOLD)
def test_a_stored_sentence_is_retold_with_its_numbers(text: str, part: str) -> None:
    shown = tables.show(pd.DataFrame({"reason": [text]}), source="x")
    assert part in retold_in_german(text)
    with reads(GERMAN):
        german = tables.show(pd.DataFrame({"reason": [text]}), source="x")
        assert stored("plays are x{ratio:,.1f} of views", ratio=2.6) == "plays are x2.6 of views"
    assert retell(text) == text
    assert shown.rows[0][0].text == text
    assert german.rows[0][0].text[:5] == retold_in_german(text)[:5]


def retold_in_german(text: str) -> str:
    with reads(GERMAN):
        return retell(text)


@pytest.mark.parametrize("text", ["", "Nobody talks at our table; listen", "of 5: fit 3", "a; b"])
def test_what_is_no_sentence_of_ours_is_not_retell_one(text: str) -> None:
    assert retold_in_german(text) == text
