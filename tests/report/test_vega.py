"""The chart script is bundled once, and never read from a file that somebody else could have
written.
"""

import vl_convert

from vtlib.report import vega


def bundled(monkeypatch, text: str) -> None:
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda: text)
    vega.vega.cache_clear()


def test_it_is_bundled_once_and_read_from_a_private_file_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bundled(monkeypatch, "first")
    try:
        assert vega.vega() == "first"
        bundled(monkeypatch, "second")
        assert vega.vega() == "first"
        (path,) = vega.cache_folder().iterdir()
        for place, mode in ((path, 0o666), (path.parent, 0o777)):
            before = place.stat().st_mode
            place.chmod(mode)
            bundled(monkeypatch, f"{place.name}")
            assert vega.vega() == place.name
            place.chmod(before)
            path.chmod(0o600)
    finally:
        vega.vega.cache_clear()


def test_without_a_cache_folder_it_is_bundled(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    bundled(monkeypatch, "third")
    try:
        assert vega.vega() == "third"
    finally:
        vega.vega.cache_clear()
