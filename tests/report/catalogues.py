"""The catalogue's collector (.ci/catalogue.py) as a module, and a page's running text."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def collector():
    path = ROOT / ".ci" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("catalogue", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("catalogue", module)
    spec.loader.exec_module(module)
    return module


CATALOGUE = collector()


def sentences() -> dict[str, str]:
    """Texts of several words that German says otherwise -> the German."""
    found = {}
    for message in CATALOGUE.renew("de"):
        if isinstance(message.id, str) and message.id.count(" ") > 1 and "{" not in message.id:
            found[message.id] = message.string
    return {english: german for english, german in found.items() if english != german}
