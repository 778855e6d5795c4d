"""How much a packed file may unpack to: 2 MB of zeros in a zip become 2 GB.

Of what is real, JSON of posts packs 5 to 30 times smaller and a table of numbers up to 60 times;
deflate ends at 1,032 (zlib's own page), zips within zips beyond any number.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vtlib.core.errors import BadInput
from vtlib.core.settings import load_settings

_TODO = "Unpack it yourself if you trust it, or raise VT_UNPACKED_MAX_GB or VT_UNPACKED_MAX_RATIO."


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bytes one file may unpack to, and times its own size (not checked below `free_bytes`)."""

    max_bytes: float = 4e9
    max_ratio: float = 200.0
    free_bytes: float = 50e6

    @classmethod
    def of_settings(cls) -> ArchiveLimits:
        """Limits from VT_UNPACKED_MAX_GB and VT_UNPACKED_MAX_RATIO. Raises BadInput."""
        settings = load_settings()
        return cls(settings.unpacked_max_gb * 1e9, settings.unpacked_max_ratio)

    def check(self, size: int, packed_size: int, *, file: Path) -> None:
        """Raise BadInput when `unpacked` bytes out of `packed` are too many."""
        if size <= packed_size:
            return  # not packed at all
        if size > self.max_bytes:
            reason = f"it unpacks to over {self.max_bytes / 1e9:g} GB"
        elif size > self.free_bytes and size > self.max_ratio * max(packed_size, 1):
            size_mb = packed_size / 1e6
            reason = f"it unpacks to over {self.max_ratio:g} times its size of {size_mb:.1f} MB"
        else:
            return
        raise BadInput(f"{reason}: refused.", todo=_TODO, file=str(file))


def check_zip(pack: zipfile.ZipFile, path: Path, limits: ArchiveLimits | None = None) -> None:
    """Raise BadInput for a ZIP whose members add up to too much, read from its index alone.

    The index binds: zipfile reads no member beyond the length that is written there. XLSX files are
    ZIPs too.
    """
    limits = limits or ArchiveLimits.of_settings()
    size = sum(member.file_size for member in pack.infolist())
    limits.check(size, path.stat().st_size, file=path)


def check_stream(
    path: Path, open_: Callable[[], IO[bytes]], limits: ArchiveLimits | None = None
) -> Iterable[bytes]:
    """The unpacked blocks of a file (1 MB each), BadInput raised as soon as they are too many."""
    limits, size, packed_size = limits or ArchiveLimits.of_settings(), 0, path.stat().st_size
    with open_() as stream:
        while block := stream.read(1 << 20):
            size += len(block)
            limits.check(size, packed_size, file=path)
            yield block
