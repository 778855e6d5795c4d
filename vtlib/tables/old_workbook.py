"""Excel files of before 2007 (XLS), made XLSX on the way in: LinkedIn still gives them out."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from typing import IO

from vtlib.core.errors import BadInput

Open = Callable[[], IO[bytes]]
MAGIC = b"\xd0\xcf\x11\xe0"
MAX_BYTES = 100_000_000  # of the file; 65,536 rows a sheet is all that the format holds


def as_xlsx(open_: Open, name: str) -> Open:
    """What opens the same sheets as XLSX: cells with their values, without looks.

    Raises BadInput for a file that is no workbook, and for one that is too large.
    """
    import python_calamine  # noqa: PLC0415 - as is openpyxl: most files are no workbook
    from openpyxl import Workbook  # noqa: PLC0415

    with closing(open_()) as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise BadInput("the workbook is larger than 100 MB.", todo="Save it as CSV.", file=name)
    try:
        old = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        new = Workbook(write_only=True)
        for sheet in old.sheets_metadata:
            page = new.create_sheet(sheet.name)
            if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
                page.sheet_state = "hidden"
            for row in old.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False):
                page.append([None if value == "" else value for value in row])
        target = io.BytesIO()
        new.save(target)
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise BadInput(
            f"the workbook cannot be read: {error}", todo="Save it as XLSX or CSV.", file=name
        ) from None
    return lambda: io.BytesIO(target.getvalue())
