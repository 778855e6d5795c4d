"""Which fields of an item the mapping asks for: an item that notes every key that is looked up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

TRACED_EVERY = 50  # items: noting costs about as much as mapping
_MAX_SHAPES = 1_000
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(slots=True)
class FieldUse:
    """Fields of items: how many items hold each (`present`), and which of those looked at were
    asked for (`traced`, `asked`).

    Names are top-level keys, and "key.child" for the members of a mapping, or of the mappings of a
    list.
    """

    traced: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    last: str = ""  # the name asked for most recently
    _items: int = 0
    _present: Counter[str] = field(default_factory=Counter)
    # How many items have exactly these fields, until they are counted: items come in few shapes.
    _shapes: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def present(self) -> Counter[str]:
        """Items that hold each field."""
        self._count_shapes()
        return self._present

    def item(self, item: dict[str, Any]) -> dict[str, Any]:
        """`item`, noting what is asked of it where it is the first with some field, or its turn."""
        keys = tuple([key for key, value in item.items() if value not in _EMPTY])
        self._items += 1
        is_new = keys not in self._shapes
        if is_new and len(self._shapes) >= _MAX_SHAPES:
            self._count_shapes()
        self._shapes[keys] = self._shapes.get(keys, 0) + 1
        if self._items % TRACED_EVERY == 1 or (is_new and not self.traced.issuperset(keys)):
            return Traced(item, self)
        return item

    def unread(self) -> dict[str, int]:
        """Fields that hold something and that nothing asked for: name -> items with it, by name."""
        unasked = self.traced - self.asked
        top = {name for name in unasked if "." not in name or name in self.present}
        inner = {n for n in unasked - top if n.partition(".")[0] in self.asked}
        counts = {n: self.present[n] or self.present[n.partition(".")[0]] for n in top | inner}
        return dict(sorted(counts.items()))

    def _count_shapes(self) -> None:
        for keys, n_items in self._shapes.items():
            for key in keys:
                self._present[key] += n_items
        self._shapes.clear()

    def add(self, other: FieldUse) -> None:
        self._present.update(other.present)
        self.traced |= other.traced
        self.asked |= other.asked


class Traced(dict[str, Any]):
    """A mapping that tells `use` which of its keys are asked for."""

    __slots__ = ("path", "use")

    def __init__(self, item: dict[str, Any], use: FieldUse, path: str = "") -> None:
        super().__init__(item)
        self.use, self.path = use, path
        use.traced.update(path + key for key, value in item.items() if value not in _EMPTY)

    def get(self, key: Any, default: Any = None) -> Any:
        return self._noted(key, super().get(key, default))

    def __getitem__(self, key: Any) -> Any:
        return self._noted(key, super().__getitem__(key))

    def items(self) -> Any:
        self._all()
        return super().items()

    def values(self) -> Any:
        self._all()
        return super().values()

    def __iter__(self) -> Any:
        self._all()
        return super().__iter__()

    def _all(self) -> None:
        if (
            self.path
        ):  # the names of an item's own keys tell its shape; those of an inner one are its content
            self.use.asked.update(self.path + key for key, _ in super().items())

    def _noted(self, key: Any, value: Any) -> Any:
        name = f"{self.path}{key}"
        self.use.asked.add(name)
        self.use.last = name
        if self.path:
            return value
        if isinstance(value, dict):
            return Traced(value, self.use, f"{name}.")
        if isinstance(value, list):
            return [Traced(v, self.use, f"{name}.") if isinstance(v, dict) else v for v in value]
        return value
