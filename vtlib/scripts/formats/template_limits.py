"""Jinja templates that cannot fill the memory: every text and list they make is limited.

jinja2's sandbox limits `range` alone. What a call would make is estimated before it is made, since
one width such as `'%999999999d'` is a gigabyte; what it made is measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_PARTS = 1_000_000
MAX_POWER = 10_000
MAX_OUTPUT = 10 * MAX_PARTS  # characters of all outputs together; a script of an hour has 60,000
# Methods, filters and functions whose result grows with a number times a text, or with two texts.
_BY_NUMBER = frozenset(
    (
        *("center", "ljust", "rjust", "zfill", "expandtabs", "indent", "batch", "slice", "tojson"),
        *("safe_range", "generate_lorem_ipsum"),
    )
)
_BY_TEXT = frozenset({"replace", "join", "wordwrap", "translate"})
_FORMATS = frozenset({"format", "format_map", "%"})
# A width or a precision of six digits, in printf's form and in str.format's.
_WIDTH = re.compile(r"%(?:\(\w*\))?[-+ #0]*\d{6}|%[^A-Za-z%]*\.\d{6}|\{[^{}]*:[^{}]*\d{6}")
_NESTED_WIDTH = re.compile(r"%[^A-Za-z%]*\*|\{[^{}]*:[^{}]*\{")  # the width is an argument


class LimitedEnvironment(SandboxedEnvironment):
    """A sandbox for one rendering. Raises OverflowError for what has more than MAX_PARTS parts."""

    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self, **options: Any) -> None:
        super().__init__(finalize=self._count_output, **options)
        self._output = 0
        self.filters = {name: _limited(name, f) for name, f in self.filters.items()}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            _refuse(operator, when=abs(left) * abs(right) > MAX_POWER)
        elif operator == "*":
            is_repeated = not _is_number(left, right)
            _refuse("*", when=is_repeated and _size(left) * _size(right) > MAX_PARTS)
        elif operator == "%" and isinstance(left, str):
            _estimate(operator, left, right)
        return _measured(operator, super().call_binop(context, operator, left, right))

    def call(self, context: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        name = getattr(function, "__name__", "")
        owner = getattr(getattr(function, "__wrapped__", function), "__self__", None)
        _estimate(name, owner, *args, *kwargs.values())
        return _measured(name, super().call(context, function, *args, **kwargs))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """`a ~ b` is made by the limited filter `join`: the sandbox does not see the operator."""
        tree = super()._parse(source, name, filename)
        tree = _JoinedTexts().visit(tree)
        tree.set_environment(self)
        return tree

    def _count_output(self, value: Any) -> Any:
        self._output += _size(value) if isinstance(value, str) else 1
        if self._output > MAX_OUTPUT:
            raise OverflowError(f"the text has more than {MAX_OUTPUT:,} parts")
        return value


class _JoinedTexts(NodeTransformer):
    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - jinja2's name
        self.generic_visit(node)
        texts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(texts, "join", [], [], None, None, lineno=node.lineno)


def _limited(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        _estimate(name, *args, *kwargs.values())
        return _measured(name, function(*args, **kwargs))

    return limited


def _estimate(name: str, *values: Any) -> None:
    """Refuse a call whose result would be too large, by the sizes of what it is given."""
    if name in _FORMATS:
        texts = [v for v in _flat(values) if isinstance(v, str)]
        nested = any(map(_NESTED_WIDTH.search, texts))
        numbers = [v for v in _flat(values) if isinstance(v, int)] if nested else []
        wide = nested and any(re.search(r"\d{6}", v) for v in texts)
        is_wide = wide or any(map(_WIDTH.search, texts)) or max(numbers, default=0) >= 10**5
        _refuse(name, when=is_wide)
    elif name in _BY_NUMBER:
        sizes = [abs(v) if isinstance(v, int) else _size(v) for v in values]
        numbers = [abs(v) for v in values if isinstance(v, int)]
        largest = max(numbers, default=0) * max([_lines(v) for v in values], default=1)
        _refuse(name, when=max([largest, *sizes]) > MAX_PARTS)
    elif name in _BY_TEXT:
        sizes = sorted(_size(v) for v in values if isinstance(v, (str, list, tuple, dict)))
        _refuse(name, when=len(sizes) > 1 and sizes[-1] * sizes[-2] > MAX_PARTS)


def _measured(name: str, result: Any) -> Any:
    _refuse(name, when=isinstance(result, (str, list, tuple)) and _size(result) > MAX_PARTS)
    return result


def _refuse(name: str, *, when: bool) -> None:
    if when:
        raise OverflowError(f"{name} makes something of more than {MAX_PARTS:,} parts")


def _size(value: Any) -> int:
    """Parts of a text or a list, texts in it counted by their characters; a number is itself."""
    if isinstance(value, (list, tuple)):
        return len(value) + sum(len(v) for v in value if isinstance(v, str))
    if isinstance(value, dict):
        return len(value) + sum(len(v) for v in value.values() if isinstance(v, str))
    if isinstance(value, int):
        return abs(value)
    return len(value) if isinstance(value, str) else 1


def _lines(value: Any) -> int:
    """How often a width may be added to a value: once a line or tab of a text, once an item."""
    if isinstance(value, str):
        return 1 + value.count("\n") + value.count("\t")
    return max(len(value), 1) if isinstance(value, (list, tuple, dict)) else 1


def _is_number(*values: Any) -> bool:
    return all(isinstance(v, (int, float)) for v in values)


def _flat(values: Any) -> list[Any]:
    """Values, and what is in those that are lists or mappings."""
    flat: list[Any] = []
    for value in values:
        inner = value.values() if isinstance(value, dict) else value
        flat += inner if isinstance(inner, (list, tuple)) or value is not inner else [value]
    return flat
