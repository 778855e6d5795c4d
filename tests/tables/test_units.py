"""Rounded numbers and named dates of many languages, against Unicode's CLDR as Babel has it."""

from datetime import date

import pytest
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_compact_decimal

from vtlib.tables.column_style import column_styles
from vtlib.tables.named_dates import LANGUAGES, read_named_date

SPOKEN = [
    "de",
    "es",
    "fr",
    "it",
    "pt",
    "nl",
    "nb",
    "da",
    "sv",
    "pl",
    "tr",
    "el",
    "ru",
    "uk",
    "cs",
    "ja",
    "ko",
    "zh",
    "zh_Hant",
    "ar",
    "hi",
    "id",
    "fi",
    "en_IN",
]
COUNTS = [1_200, 45_000, 300_000, 3_600_000, 12_000_000, 950_000]


def styled(cells: list[str], name: str = "n"):
    return column_styles([{name: cell} for cell in cells], [name])[name]


@pytest.mark.parametrize("width", ["short", "long"])
@pytest.mark.parametrize("language", SPOKEN)
def test_a_column_of_rounded_numbers(language: str, width: str) -> None:
    if not Locale.parse(language)._data["compact_decimal_formats"].get(width):
        width = "short"
    cells = [
        format_compact_decimal(n, format_type=width, locale=language, fraction_digits=2)
        for n in COUNTS
    ]
    style = styled(cells)
    numbers = [style.read_number(cell, is_count=True) for cell in cells]
    assert [round(n.value) for n in numbers] == COUNTS, cells


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        (["1,2 Mio.", "12 Tsd."], ["1.2M", "12K"]),
        (["12,5 B", "1,2 Mn"], ["12.5K", "1.2M"]),  # Turkish bin
        (["12.5B", "1.2M"], ["12.5B", "1.2M"]),
        (["1.2万", "3,456"], ["12K", "3456"]),
        (["12.5 lakh", "1.1 crore"], ["1.25M", "11M"]),
        (["10K+", "1,500.0"], ["10K", "1500.0"]),
        (["١٢٬٣٤٥", "٩٨٧"], ["12345", "987"]),
        (["１２３", "４５"], ["123", "45"]),
        (["3,4 тыс.", "2 млн"], ["3.4K", "2M"]),
    ],
)
def test_a_cell_in_the_form_of_exports(cells: list[str], plain: list[str]) -> None:
    style = styled(cells)
    assert [style.plain(cell) for cell in cells] == plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_that_names_its_month(language: str) -> None:
    days = [date(2026, month, 14) for month in range(1, 13)]
    words = [format_date(day, "d MMMM yyyy", locale=language) for day in days]
    words += [format_date(day, "d MMM yyyy", locale=language) for day in days]
    read = [read_named_date(word) for word in words]
    # A short name that stands for two months in two languages is not read, rather than guessed.
    assert all(r is None or r.date() == day for r, day in zip(read, days * 2, strict=True))
    assert sum(r is None for r in read) <= 2, dict(zip(words, read, strict=True))


def test_a_column_of_named_dates_becomes_iso() -> None:
    cells = ["3. Oktober 2026", "14. Mai 2026, 09:30"]
    style = styled(cells, "Datum")
    assert style.kind == "date"
    assert [style.plain(cell) for cell in cells] == ["2026-10-03", "2026-05-14T09:30:00Z"]
    assert styled(["04.03.2026", "15.03.2026"], "Datum").plain("04.03.2026") == "2026-03-04"
    assert styled(["2026年10月3日 21:05"], "日付").plain("2026年10月3日 21:05") == (
        "2026-10-03T21:05:00Z"
    )
