"""Settings from environment and .env; logs that cannot hold a secret."""

import json
import re
from pathlib import Path

import pytest

from vtlib.core import log
from vtlib.core.errors import BadInput
from vtlib.core.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_env_wins_over_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("APIFY_TOKEN=from-file\nVT_LOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    monkeypatch.setenv("APIFY_TOKEN", "from-env")
    settings = load_settings()
    assert settings.secrets == ("from-env",)
    assert settings.log_level == "DEBUG"
    assert settings.database_path == tmp_path / "outputs" / "viraltracker.duckdb"


@pytest.mark.parametrize("blank", ["", " ", "\t"])
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_blank_value_is_unset(tmp_path: Path, monkeypatch, blank: str, place: str) -> None:
    """`APIFY_TOKEN=` is no key, and blank in the environment switches a key of .env off."""
    names = [str(f.validation_alias) for n, f in Settings.model_fields.items() if n != "home"]
    assert "APIFY_TOKEN" in names
    for name in names:
        monkeypatch.delenv(name, raising=False)
        if place == "environment":
            monkeypatch.setenv(name, blank)
    value = "a-key" if place == "environment" else f'"{blank}"'
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name in names))
    settings = load_settings(tmp_path)
    for field, facts in Settings.model_fields.items():
        if field != "home":
            assert getattr(settings, field) == facts.default, field
    assert settings.secrets == ()


def test_blanks_around_a_key_are_no_part_of_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("APIFY_TOKEN", " a-key\n")
    assert load_settings(tmp_path).secrets == ("a-key",)


def test_a_wrong_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VT_LOCK_WAIT_S", "soon")
    with pytest.raises(BadInput, match="VT_LOCK_WAIT_S"):
        load_settings(tmp_path)


def test_the_workspace_is_found_from_a_folder_inside(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert load_settings().root == tmp_path


def test_env_example_explains_every_setting() -> None:
    lines = (ROOT / ".env.example").read_text()
    assert Settings.model_fields
    for field in Settings.model_fields.values():
        assert re.search(rf"^#? ?{field.validation_alias}=", lines, re.MULTILINE), field
        assert str(field.description).split(" (")[0][:40] in lines


@pytest.mark.parametrize(
    "text",
    [
        "token s3cret-value here",
        "GET /v2?token=abcdef123456&x=1",
        "Bearer abc.def",
        "apify_api_A1b2C3d4E5",
    ],
)
def test_secrets_are_masked_in_any_shape(text: str) -> None:
    redact = log.redactor(["s3cret-value"])
    masked = redact({"a": [text, {"b": text}]})
    assert log.MASK in masked["a"][0]
    assert not re.search("s3cret|abcdef123456|abc.def|A1b2C3d4E5", json.dumps(masked))


def test_log_lines_are_structured_and_redacted(tmp_path: Path, capsys) -> None:
    log.set_up(tmp_path, level="INFO", secrets=["s3cret-value"], run_id="r1")
    log.get("x").debug("quiet", url="http://h/?token=abc123", key="s3cret-value")
    log.get("x").warning("loud s3cret-value")
    try:
        int("s3cret-value")
    except ValueError:
        log.get("x").exception("failed")
    lines = [json.loads(line) for line in (tmp_path / "vt.jsonl").read_text().splitlines()]
    assert [(e["event"], e["level"], e["run_id"]) for e in lines] == [
        ("quiet", "debug", "r1"),
        ("loud [redacted]", "warning", "r1"),
        ("failed", "error", "r1"),
    ]
    assert "s3cret" not in (tmp_path / "vt.jsonl").read_text() + capsys.readouterr().err
