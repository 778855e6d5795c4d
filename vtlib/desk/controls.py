"""Controls with a label, in the desk's manner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import Any

import ipywidgets as widgets

# JupyterLab's one-letter shortcuts (b adds a cell, d d deletes one) also fire from buttons of an
# output unless the focused element has this attribute. No widget can set it, so the onerror
# handler of an image that does not load sets it on focus.
_OWN_KEYS = """<img alt="" hidden src="data:," onerror="const find = () => {
  const desk = this.closest('.vt-desk');
  if (!desk) return setTimeout(find, 100);
  desk.addEventListener('focusin', e => e.target.setAttribute('data-lm-suppress-shortcuts', 'true'));
}; find()">"""  # noqa: E501


def button(
    text: str, action: Callable[..., None], *, tip: str = "", kind: str = "", key: str = ""
) -> Any:
    """A button; `kind` is primary, danger or nothing. `key`: desk.js presses it for that key."""
    tip = f"{tip or text} (key {key})" if key else tip
    widget = widgets.Button(description=text, tooltip=tip or text, layout=_AUTO)
    widget.add_class("vt-button")
    if kind:
        widget.add_class(f"vt-{kind}")
    if key:
        widget.add_class(f"vt-key-{key}")
    widget.on_click(action)
    return widget


def choice(label: str, options: Iterable[Any], value: Any = None) -> Any:
    """A list to choose from, its label above."""
    choices = list(options)
    values = [o[1] if isinstance(o, tuple) else o for o in choices]
    widget = widgets.Dropdown(
        options=choices, value=value if value in values else None, layout=_AUTO
    )
    return labelled(label, widget)


def text(label: str, value: str = "", *, hint: str = "") -> Any:
    """A text field; its value changes on Enter or when it loses the focus."""
    widget = widgets.Text(value=value, placeholder=hint, continuous_update=False, layout=_AUTO)
    return labelled(label, widget)


def lines(label: str, value: str = "", *, rows: int = 2, hint: str = "") -> Any:
    """Several lines."""
    widget = widgets.Textarea(
        value=value, placeholder=hint, continuous_update=False, rows=rows, layout=_AUTO
    )
    return labelled(label, widget)


def labelled(label: str, widget: Any) -> Any:
    """The control with its own label (which screen readers read), set above it by the style
    sheet.
    """
    widget.description = label
    widget.add_class("vt-field")
    return widget


def box(*children: Any, kind: str = "") -> Any:
    """Children one below the other."""
    widget = widgets.VBox(list(children))
    for name in kind.split():
        widget.add_class(name)
    return widget


def framed(*children: Any) -> Any:
    """Children in the style of the desk, deaf to JupyterLab's one-letter shortcuts."""
    style = (files("vtlib.desk") / "desk.css").read_text(encoding="utf-8")
    return box(widgets.HTML(f"<style>{style}</style>{_OWN_KEYS}"), *children, kind="vt-desk")


def line(*children: Any, kind: str = "") -> Any:
    """Children side by side, wrapping."""
    widget = widgets.HBox(list(children))
    widget.add_class("vt-line")
    for name in kind.split():
        widget.add_class(name)
    return widget


def views(names: Sequence[tuple[str, str]], panels: Iterable[Any]) -> tuple[Any, Any]:
    """Buttons to switch between panels, and the panels, of which one is shown.

    The observer of the buttons reads the panel's data first and then calls `turn`.
    """
    tabs = widgets.ToggleButtons(options=list(names), tooltips=[n for n, _ in names], layout=_AUTO)
    tabs.add_class("vt-tabs")
    stack = list(panels)
    for panel in stack:
        panel.add_class("vt-view")
    return tabs, widgets.Stack(stack, selected_index=0)


def turn(tabs: Any, stack: Any) -> None:
    """Show the panel of the button that is pressed."""
    stack.selected_index = tabs.index


_AUTO = {"width": "auto"}
