"""Units of rounded numbers in many languages: 63K, 1,2 Mio., 3,4 тыс., 12万, 1.5 lakh.

The short and long forms are those of Unicode's CLDR (compact decimals), which phones and
spreadsheets write; `tests/tables/test_units.py` holds them against it. Lakh, crore and w (for 万)
are what people type.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORDS: dict[float, str] = {
    1e3: (
        "k t tn th tsd tausend thousand mil mila mille millier milliers duizend dzd tusen "
        "tusind tys tysiąc tysiąca tysiące tysięcy tis tisíc tisíce tuhat tuhatta bin χιλ "
        "χιλιάδα χιλιάδες тыс тысяч тысяча тысячи тис тисяч тисяча тисячі хил хиляди ألف آلاف "
        "الف rb ribu mii nghìn हज़ार 千 천"
    ),
    1e4: "万 萬 만 w",
    1e5: "l lac lakh lakhs लाख",
    1e6: (
        "m mm mn mio mln mill milj mi mil. million millions millionen millioner millón "
        "millones milhão milhões milione milioni milion miliona miliony milionów milionu "
        "milionů miljoen miljon miljoner milyon miljoona miljoonaa jt juta tr triệu εκ εκατ "
        "εκατομμύριο εκατομμύρια млн миллион миллиона миллионов мільйон мільйона мільйони "
        "мільйонів милион مليون ملايين 百万 백만"
    ),
    1e7: "cr crore crores करोड़ क॰",
    1e8: "億 亿 억",
    1e9: (
        "b bn md mrd mld mia mr bi billion billions milliarde milliarden milliard milliards "
        "milliarder miljardi miljardia miliarda miliardo miliardi miliard miliardy miljard "
        "miljarder milyar bilhão bilhões δισ δισεκατομμύρια млрд миллиард миллиарда "
        "миллиардов мільярд мільярда мільярди مليار"
    ),
}
# In a column with one of the first, the letter is the last: Turkish 12,5 B (bin) is 12,500 and
# Indonesian 1,2 M (miliar) 1,200,000,000.
_LOCAL: tuple[tuple[frozenset[str], str, float], ...] = (
    (frozenset({"mn", "bin", "mr", "milyon"}), "b", 1e3),
    (frozenset({"jt", "rb"}), "m", 1e9),
)
_UPPER_ONLY = {"T"}  # a trillion, in English
_SHORT = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def _key(unit: str) -> str:
    return unicodedata.normalize("NFC", unit).casefold().rstrip(".")


SCALES: dict[str, float] = {
    _key(word): scale
    for scale, words in _WORDS.items()
    for word in words.split()
    if word[-1] != "."
}
_DOTTED = {"mil.": 1e6}  # Czech and Romanian; Spanish mil is a thousand and has no point
PATTERN = "|".join(
    sorted((re.escape(unicodedata.normalize("NFC", w)) for w in SCALES), key=len, reverse=True)
)


def scale_of(unit: str, others: Iterable[str] = ()) -> float:
    """What a unit multiplies by, read with the `others` of its column; 0 for no unit."""
    if unit.lower() in _DOTTED:
        return _DOTTED[unit.lower()]
    if unit in _UPPER_ONLY:
        return 0
    key, companions = _key(unit), {_key(one) for one in others}
    local = (scale for words, letter, scale in _LOCAL if letter == key and words & companions)
    return next(local, SCALES.get(key, 0))


def short_form(value: float) -> str:
    """A rounded number as exports write it, 12.5K, 3.4M; small ones with an exponent."""
    scale, letter = next(((s, u) for s, u in _SHORT if abs(value) >= s), (1.0, ""))
    digits = f"{value / scale:.10g}"
    return f"{digits}{letter}" if letter else f"{value:.6E}"
