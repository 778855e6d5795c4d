"""A layout: which field of a foreign item, or column of a table, means which fact of a post.

Layouts are data. Those of other tools are the YAML files beside this module; a person's own map of
a table has the same form. `load` and `dump` are inverses; `load` names the file and the field that
is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo, available_timezones

import yaml

from vtlib.core.errors import BadInput, nearest
from vtlib.core.models import METRICS, PLATFORMS, Platform
from vtlib.platforms.layouts.converters import CONVERTERS

Path = tuple[str | int, ...]

# What each target is; the metrics of core/models.py are targets too.
TARGETS = {
    "native_id": "the post's own id",
    "url": "its link",
    "platform": "the platform, where a table holds several",
    "posted_at": "when it was posted",
    "caption": "its text",
    "title": "its title",
    "duration_s": "length",
    "format": "reel, short, video, photo …",
    "language": "language",
    "hashtags": "hashtags",
    "mentions": "accounts it mentions",
    "audio_id": "id of its sound",
    "audio_title": "name of its sound",
    "is_paid": "paid partnership or advertisement",
    "is_coauthored": "posted together with other accounts",
    "handle": "handle of the account",
    "account_id": "native id of the account",
    "account_url": "link of the account",
    "display_name": "name of the account",
    "followers": "followers of the account",
    "following": "accounts it follows",
    "account_posts": "posts of the account",
    "is_verified": "whether the account is verified",
    "bio": "what the account says of itself",
    "media_urls": "links of its files",
    "thumbnail": "link of its picture",
    "captured_at": "when the numbers were read",
    **{name: name for name in METRICS},
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "date_order": ("dmy", "mdy", "ymd"),
    "decimal": (".", ","),
    "zone": (),
}
CERTAIN = ("seen", "documented")  # a real file was read; or the tool's documentation alone
_KEYS = (
    *("name", "platform", "knows", "items", "joins", "rejects", "fields", "options", "unread"),
    *("own", "members", "named_by_post", "tracks"),
)
_NOTES = ("note", "source", "get", "certain")
_FIELD_KEYS = ("path", "as", "values", "value", "prefix", "hidden_if", "missing_if")


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where a fact stands: the first of `paths` that holds something.

    A path of one step is a heading as it is written, or keys joined by "." or "/" ("*" = each
    member of a list, "name=reach" = the member whose name is reach). `convert` names one of
    CONVERTERS ("" = by the target). `values` translate words; `value` stands where there is no
    path. `prefix` keeps ids that are not the platform's own apart from those that are. Where the
    field `hidden_if` says yes a count is hidden, where `missing_if` does it is not exposed.
    """

    paths: tuple[Path, ...] = ()
    convert: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    prefix: str = ""
    hidden_if: str = ""
    missing_if: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Members of an answer that belong to its items: X's `includes.users`, by `author_id`.

    Each item is given, as `into`, those members of the list at `members` whose `key` is what the
    item holds at `by`.
    """

    into: str
    members: str
    key: str
    by: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What the fields of a file mean.

    `platform` None = the link of each item tells. `knows`: sets of fields; an item that has all
    members of one is of this layout ("kind=youtube#video" asks for the value too). `items`: paths
    at which the items stand inside an answer. `rejects`: fields that say that an item is no post of
    its own, and what it is. `own`: the posts are those of whoever got the file. `members`: forms
    of the names that such a file has inside a ZIP. `named_by_post`: a date in the file's name
    is the post's, not the capture's. `tracks`: fields that go along a video's time, by what they
    are: heatmap, or whose subtitles. `unread` names what
    stays in the raw item and why, `note` what a reader should know.
    """

    name: str
    fields: Mapping[str, FieldSource]
    platform: Platform | None = None
    knows: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    rejects: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    members: tuple[str, ...] = ()
    named_by_post: bool = False
    tracks: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    source: str = ""
    get: str = ""
    certain: str = "documented"


def load(text: str, *, file: str = "") -> Layout:
    """The one layout in a YAML text. Raises BadInput, naming file and field, for one that is none.

    Unknown keys and targets are refused with the nearest known one.
    """
    layouts = load_all(text, file=file)
    if len(layouts) != 1:
        raise BadInput(f"{len(layouts)} maps where one should be.", file=file)
    return layouts[0]


def load_all(text: str, *, file: str = "") -> list[Layout]:
    """The layouts in a YAML text, one a document ("---" between them)."""
    try:
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except yaml.YAMLError as error:
        raise BadInput(f"this is no YAML: {error}", file=file) from None
    return [layout_of(one, file=file) for one in documents]


def layout_of(data: Any, *, file: str = "") -> Layout:
    """A layout from plain data (as YAML and JSON give it). Raises BadInput as `load` does."""
    if not isinstance(data, dict):
        raise BadInput("a map has keys such as name and fields.", file=file)
    _refuse_unknown(data, (*_KEYS, *_NOTES), file)
    fields = data.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise BadInput(
            "no field is mapped.", todo="Give e.g. views: Video views.", file=file, field="fields"
        )
    _refuse_unknown(fields, tuple(TARGETS), file, place="fields.")
    options = _options(data.get("options"), file)
    return Layout(
        name=_text(data.get("name") or "a table", file, "name"),
        fields={k: _field_source(v, file, f"fields.{k}") for k, v in fields.items()},
        platform=cast("Platform | None", _choice(data, "platform", PLATFORMS, file)),
        knows=tuple(_known_sets(data.get("knows"), file)),
        items=_texts(data.get("items"), file, "items"),
        joins=tuple(_join(one, file) for one in _list(data.get("joins"), file, "joins")),
        rejects=_words(data.get("rejects"), file, "rejects"),
        options=options,
        unread=_words(data.get("unread"), file, "unread"),
        own=data.get("own") is True,
        members=_texts(data.get("members"), file, "members"),
        named_by_post=data.get("named_by_post") is True,
        tracks=_words(data.get("tracks"), file, "tracks"),
        **{k: _text(data[k], file, k) for k in ("note", "source", "get") if data.get(k)},
        certain=_choice(data, "certain", CERTAIN, file) or "documented",
    )


def dump(layout: Layout) -> str:
    """A layout as YAML that `load` reads to an equal one."""
    data: dict[str, Any] = {
        "name": layout.name,
        "platform": layout.platform,
        "knows": [list(members) for members in layout.knows],
        "items": list(layout.items),
        "joins": [_join_data(one) for one in layout.joins],
        "fields": {target: _field_data(one) for target, one in layout.fields.items()},
        "rejects": dict(layout.rejects),
        "options": dict(layout.options),
        "own": layout.own,
        "members": list(layout.members),
        "named_by_post": layout.named_by_post,
        "tracks": dict(layout.tracks),
        "unread": dict(layout.unread),
        **{name: getattr(layout, name) for name in _NOTES},
    }
    is_blank = {k: v in (None, "", [], {}) or v is False for k, v in data.items()}
    data = {k: v for k, v in data.items() if not is_blank[k]}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def _field_source(data: Any, file: str, place: str) -> FieldSource:
    if not isinstance(data, dict):
        return FieldSource(_paths(data, file, place))
    _refuse_unknown(data, _FIELD_KEYS, file, place=f"{place}.")
    convert = _choice(data, "as", tuple(CONVERTERS), file, place=f"{place}.") or ""
    has_path = data.get("path") not in (None, "", [])
    if has_path == ("value" in data):
        raise BadInput("either path or value.", file=file, field=place)
    return FieldSource(
        _paths(data["path"], file, place) if has_path else (),
        convert,
        _words(data.get("values"), file, f"{place}.values"),
        *(
            _text(data[name], file, f"{place}.{name}") if name in data else ""
            for name in _FIELD_KEYS[3:]
        ),
    )


def _paths(data: Any, file: str, place: str) -> tuple[Path, ...]:
    """One path, or a list of them; a path is a text or a list of keys."""
    alternatives = data if isinstance(data, list) else [data]
    paths = [tuple(one) if isinstance(one, list) else (one,) for one in alternatives]
    for path in paths:
        if not path or any(isinstance(s, bool) or not isinstance(s, (str, int)) for s in path):
            raise BadInput(
                "a path is a heading or a list of keys.",
                todo='Put it in quotes: "Video views".',
                file=file,
                field=place,
            )
    return tuple(tuple(s if len(p) > 1 else str(s) for s in p) for p in paths)


def _known_sets(data: Any, file: str) -> Iterator[tuple[str, ...]]:
    for one in _list(data, file, "knows"):
        members = _texts(one if isinstance(one, list) else [one], file, "knows")
        if not members:
            raise BadInput("an empty set would be any item.", file=file, field="knows")
        yield members


def _join(data: Any, file: str) -> Join:
    names = ("into", "members", "key", "by")
    if not isinstance(data, dict) or set(data) != set(names):
        raise BadInput(f"a join has {', '.join(names)}.", file=file, field="joins")
    return Join(**{name: _text(data[name], file, f"joins.{name}") for name in names})


def _options(data: Any, file: str) -> dict[str, str]:
    options = _words(data, file, "options")
    _refuse_unknown(options, tuple(OPTIONS), file, place="options.")
    for name, value in options.items():
        if OPTIONS[name] and value not in OPTIONS[name]:
            choices = " or ".join(OPTIONS[name])
            raise BadInput(f"{value!r} is not {choices}.", file=file, field=f"options.{name}")
    zone = options.get("zone")
    if zone and zone not in available_timezones():
        hint = nearest(zone, sorted(available_timezones()))
        raise BadInput(
            f"{zone!r} is no time zone.",
            todo=f"Did you mean {hint}?" if hint else "Say e.g. Europe/Berlin or UTC.",
            file=file,
            field="options.zone",
        )
    return options


def zone_of(layout: Layout) -> ZoneInfo | None:
    """The zone of times that name none; None = such a time cannot be read."""
    name = layout.options.get("zone")
    return ZoneInfo(name) if name else None


def _refuse_unknown(
    data: Mapping[Any, Any], names: tuple[str, ...], file: str, *, place: str = ""
) -> None:
    for key in data:
        if key not in names:
            hint = nearest(str(key), list(names))
            raise BadInput(
                "there is no such key.",
                todo=f"Did you mean {hint}?" if hint else f"There are: {', '.join(names)}.",
                file=file,
                field=f"{place}{key}",
            )


def _choice(
    data: Mapping[str, Any], key: str, names: tuple[str, ...], file: str, *, place: str = ""
) -> str | None:
    value = data.get(key)
    if value in (None, ""):
        return None
    if value not in names:
        raise BadInput(
            f"{value!r} is none of {', '.join(names)}.", file=file, field=f"{place}{key}"
        )
    return str(value)


def _text(value: Any, file: str, place: str) -> str:
    if isinstance(value, (dict, list)) or value is None:
        raise BadInput("a text is expected.", file=file, field=place)
    return str(value)


def _list(data: Any, file: str, place: str) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise BadInput("a list is expected.", file=file, field=place)
    return data


def _texts(data: Any, file: str, place: str) -> tuple[str, ...]:
    return tuple(_text(one, file, place) for one in _list(data, file, place))


def _words(data: Any, file: str, place: str) -> dict[str, str]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise BadInput("keys and values are expected.", file=file, field=place)
    return {str(key): _text(value, file, f"{place}.{key}") for key, value in data.items()}


def _join_data(join: Join) -> dict[str, str]:
    return {"into": join.into, "members": join.members, "key": join.key, "by": join.by}


def _field_data(source: FieldSource) -> Any:
    paths = [list(path) if len(path) > 1 else path[0] for path in source.paths]
    is_one_text = len(paths) == 1 and isinstance(paths[0], str)
    path = paths[0] if is_one_text else paths
    data = {
        "path": path,
        "as": source.convert,
        "values": dict(source.values),
        **{name: getattr(source, name) for name in _FIELD_KEYS[4:]},
    }
    data = {key: value for key, value in data.items() if value}
    if not source.paths:
        return data | {"value": source.value}
    return path if len(data) == 1 else data
