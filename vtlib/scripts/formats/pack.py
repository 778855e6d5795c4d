"""The shoot pack: every document of one version in a ZIP, with a manifest that says what is in
it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace

from vtlib.scripts.formats.document import Document, Format, FormattedDocument
from vtlib.scripts.formats.edit_lists import uses_slates
from vtlib.scripts.formats.slates import film

SLATES = "slates.mp4"


def write(document: Document, formats: Mapping[str, Format]) -> FormattedDocument:
    """A ZIP with a file a format, the slates' video that timelines stand on, and manifest.json.

    It is self-contained: clips never point at this machine, and no other creator's video is
    included (the storyboard keeps its frames). The manifest names script, version, date and, for
    each file, what it is, its bytes and its SHA-256.
    """
    portable = replace(document, slates=SLATES, media=None, media_s=0.0)
    files: dict[str, tuple[str, bytes]] = {}
    warnings: list[str] = []
    for name, form in formats.items():
        result = form.write(portable)
        files[form.file_name(document.file_stem, name)] = (form.what, result.data)
        warnings += [f"{name}: {w}" for w in result.warnings]
    if uses_slates(portable) and (movie := film(portable)):
        files[SLATES] = ("a slate a beat, for the editing suite", movie)
    manifest = {
        **document.stamp,
        "stamp": document.stamp_token,
        "title": document.script.title,
        "exported_at": document.exported_at.isoformat(),
        "warnings": warnings,
        "files": [
            {
                "name": n,
                "what": what,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for n, (what, data) in files.items()
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"manifest.json": text, **{n: d for n, (_, d) in files.items()}}.items():
            info = zipfile.ZipInfo(name, document.exported_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return FormattedDocument(out.getvalue(), tuple(warnings))
