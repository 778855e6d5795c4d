"""Controls with a label, in the desk's manner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets as widgets


def button(text: str, done: Callable[..., None], *, tip: str = "", kind: str = "") -> Any:
    """A button; `kind` is primary, danger or nothing."""
    made = widgets.Button(description=text, tooltip=tip or text, layout=_AUTO)
    made.add_class("vt-button")
    if kind:
        made.add_class(f"vt-{kind}")
    made.on_click(done)
    return made


def choice(label: str, options: Iterable[Any], value: Any = None) -> Any:
    """A list to choose from, its label above."""
    given = list(options)
    known = [o[1] if isinstance(o, tuple) else o for o in given]
    made = widgets.Dropdown(options=given, value=value if value in known else None, layout=_AUTO)
    return labelled(label, made)


def text(label: str, value: str = "", *, hint: str = "") -> Any:
    """One line; its value counts when Enter is pressed or the line is left."""
    made = widgets.Text(value=value, placeholder=hint, continuous_update=False, layout=_AUTO)
    return labelled(label, made)


def lines(label: str, value: str = "", *, rows: int = 2, hint: str = "") -> Any:
    """Several lines."""
    made = widgets.Textarea(
        value=value, placeholder=hint, continuous_update=False, rows=rows, layout=_AUTO
    )
    return labelled(label, made)


def labelled(label: str, made: Any) -> Any:
    """The control with its own label (which screen readers read), set above it by the style
    sheet.
    """
    made.description = label
    made.add_class("vt-field")
    return made


def box(*children: Any, kind: str = "") -> Any:
    """Children one below the other."""
    made = widgets.VBox(list(children))
    for name in kind.split():
        made.add_class(name)
    return made


def line(*children: Any, kind: str = "") -> Any:
    """Children side by side, wrapping."""
    made = widgets.HBox(list(children))
    made.add_class("vt-line")
    for name in kind.split():
        made.add_class(name)
    return made


def views(names: Sequence[tuple[str, str]], panels: Iterable[Any]) -> tuple[Any, Any]:
    """Buttons to switch between panels, and the panels, of which one is shown.

    Whoever hears of the press reads what the panel shows, and turns the stack then (`turn`).
    """
    tabs = widgets.ToggleButtons(options=list(names), tooltips=[n for n, _ in names], layout=_AUTO)
    tabs.add_class("vt-tabs")
    shown = list(panels)
    for panel in shown:
        panel.add_class("vt-view")
    return tabs, widgets.Stack(shown, selected_index=0)


def turn(tabs: Any, stack: Any) -> None:
    """Show the panel of the button that is pressed."""
    stack.selected_index = tabs.index


_AUTO = {"width": "auto"}
