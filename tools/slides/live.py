"""Widgets of the course inside of a built deck: they draw and sound without a kernel."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from typing import Any

from sepedu.widgets.base import LessonWidget

from .page import as_script

SCRIPT = """
(() => {
  const place = document.currentScript.parentElement;
  const widget = (() => { %s; return shown; })();
  const [shared, own] = %s;
  const stage = place.appendChild(document.createElement("div"));
  let end = null, position;
  const show = (name) => {
    if (end) end();
    stage.querySelectorAll("audio").forEach((sound) => sound.pause());
    stage.replaceChildren();
    const state = { ...shared, ...own[name] };
    for (const [key, value] of Object.entries(state)) {
      if (value && value.base64 !== undefined) {
        const bytes = Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0));
        state[key] = new DataView(bytes.buffer);
      }
    }
    if (position !== undefined) state.position = position; // one slider for all
    const heard = {};
    const model = {
      alone: true, // there is no kernel, and nobody need be told
      get: (key) => state[key],
      set: (key, value) => {
        state[key] = value;
        if (key === "position") position = value;
        (heard[`change:${key}`] || []).forEach((action) => action());
      },
      on: (event, action) => (heard[event] ||= []).push(action),
      off: (event, action) => (heard[event] = (heard[event] || []).filter((a) => a !== action)),
      save_changes: () => {},
      send: () => {},
    };
    end = widget.render({ model, el: stage });
    // reveal.js takes every <section> for a slide.
    for (const section of stage.querySelectorAll("section")) {
      const group = document.createElement("div");
      for (const { name, value } of section.attributes) group.setAttribute(name, value);
      group.setAttribute("role", "group");
      group.append(...section.childNodes);
      section.replaceWith(group);
    }
  };
  const choices = [...place.querySelectorAll(".choices button")];
  const choose = (button) => {
    for (const one of choices) one.setAttribute("aria-pressed", one === button);
    show(button.textContent);
  };
  for (const button of choices) button.addEventListener("click", () => choose(button));
  if (choices.length) choose(choices[0]);
  else show(Object.keys(own)[0]);
  // After a drag the arrow keys are the presenter's again; with Tab they are the widget's.
  place.addEventListener("pointerup", () => document.activeElement.blur());
})();
"""


class Live:
    """A widget as part of a slide, its state and its script inside the page.

    Pictures, sound and SDR are computed in the page. What a widget sends to Python goes nowhere.

    Parameters
    ----------
    widget : LessonWidget, or mapping of str to LessonWidget
        Several of one class are shown one at a time, chosen by a button with their name; what
        they have in common is in the page once.
    """

    def __init__(self, widget: LessonWidget | Mapping[str, LessonWidget]) -> None:
        self.widgets = dict(widget) if isinstance(widget, Mapping) else {"": widget}

    def state(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """What the widgets' script reads, with bytes as base64: in common, and by widget."""
        own = {name: state_of(widget) for name, widget in self.widgets.items()}
        first, *others = own.values()
        shared = {k: v for k, v in first.items() if all(other.get(k) == v for other in others)}
        kept = {n: {k: v for k, v in one.items() if k not in shared} for n, one in own.items()}
        return shared, kept

    def _repr_html_(self) -> str:
        first = next(iter(self.widgets.values()))
        text = as_script(script(first, *self.state()))
        names = [name for name in self.widgets if name]
        buttons = "".join(f'<button type="button">{html.escape(name)}</button>' for name in names)
        choices = f'<div class="choices" role="group" aria-label="Source">{buttons}</div>'
        return (
            f'<div class="live" data-widget="{html.escape(first.title)}" data-prevent-swipe>'
            f"<style>{first._css}</style>{choices if names else ''}{text}</div>"
        )


def script(
    widget: LessonWidget | type[LessonWidget],
    shared: Mapping[str, Any],
    own: Mapping[str, Mapping[str, Any]],
) -> str:
    """The script that draws a widget where it stands: its code, and the state that it starts with.

    `own` holds what differs, by the name of each choice; a single widget has one, without a name.
    """
    code = str(widget._esm).replace("export default", "const shown =", 1)
    return SCRIPT % (code, json.dumps([shared, own]))


def state_of(widget: LessonWidget) -> dict[str, Any]:
    """What a widget's script reads, with bytes as base64."""
    names = [name for name in widget.traits(sync=True) if not name.startswith("_")]
    kept = {name: _plain(getattr(widget, name)) for name in names}
    return {name: value for name, value in kept.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, (str, int, float, list, dict)):
        return value
    return None
