"""What holds for a platform's posts wherever they are met: in files, tables, names of files.

Each platform's file has one `TRAITS`; what it leaves out is the default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """Facts of one platform.

    `words`: other names that people write for it. `id_form`: what an id of a post looks like where
    it stands alone; ids of `untimed_form` hold no time although others do, and those that do were
    first given out in `first_id_year`. `has_titles`: posts have a title beside the caption.
    `shares_are_reposts`: it has one counter for both. `has_link_ids`: ids in its own statistics are
    those of links. `month_first`: whose business pages write month/day/year in every language.
    `file_id_form`: ids by which tools name the videos they save. `covers`: where items name a still
    picture of a post, as dotted paths, the best first.
    """

    words: tuple[str, ...] = ()
    id_form: re.Pattern[str] | None = None
    untimed_form: re.Pattern[str] | None = None
    first_id_year: int = 2010
    has_titles: bool = True
    shares_are_reposts: bool = False
    has_link_ids: bool = False
    month_first: str = ""
    file_id_form: re.Pattern[str] | None = None
    covers: tuple[str, ...] = ()
