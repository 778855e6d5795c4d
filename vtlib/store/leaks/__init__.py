"""Words that lead to a stranger, found in any spelling in texts and files. Reads no database."""

from vtlib.store.leaks.needles import Needles, fold, make_needles
from vtlib.store.leaks.scanner import Hit, scan_bytes, scan_folder

__all__ = ["Hit", "Needles", "fold", "make_needles", "scan_bytes", "scan_folder"]
