"""A widget of the course inside of a built deck: it draws without a kernel."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

from sepedu.widgets.base import LessonWidget

SCRIPT = """
(() => {
  const place = document.currentScript.parentElement;
  const widget = (() => { %s; return shown; })();
  const state = %s;
  for (const [name, value] of Object.entries(state)) {
    if (value && value.base64 !== undefined) {
      const bytes = Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0));
      state[name] = new DataView(bytes.buffer);
    }
  }
  const heard = {};
  const model = {
    alone: true, // there is no kernel, and nobody need be told
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
      (heard[`change:${name}`] || []).forEach((action) => action());
    },
    on: (event, action) => (heard[event] ||= []).push(action),
    off: (event, action) => (heard[event] = (heard[event] || []).filter((a) => a !== action)),
    save_changes: () => {},
    send: () => {},
  };
  widget.render({ model, el: place });
  // reveal.js takes every <section> for a slide.
  for (const section of place.querySelectorAll("section")) {
    const group = document.createElement("div");
    for (const { name, value } of section.attributes) group.setAttribute(name, value);
    group.setAttribute("role", "group");
    group.append(...section.childNodes);
    section.replaceWith(group);
  }
  // After a drag the arrow keys are the presenter's again; with Tab they are the widget's.
  place.addEventListener("pointerup", () => document.activeElement.blur());
})();
"""


class Live:
    """A widget as part of a slide, its state and its script inside the page.

    Pictures, sound and SDR are computed in the page. What a widget sends to Python goes nowhere.

    Parameters
    ----------
    widget : LessonWidget
    """

    def __init__(self, widget: LessonWidget) -> None:
        self.widget = widget

    def state(self) -> dict[str, Any]:
        """What the widget's script reads, with bytes as base64."""
        names = [name for name in self.widget.traits(sync=True) if not name.startswith("_")]
        values = {name: getattr(self.widget, name) for name in names}
        kept = {name: _plain(value) for name, value in values.items()}
        return {name: value for name, value in kept.items() if value is not None}

    def _repr_html_(self) -> str:
        script = str(self.widget._esm).replace("export default", "const shown =", 1)
        text = SCRIPT % (script, json.dumps(self.state()))
        text = re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE)
        label = html.escape(self.widget.title)
        style = self.widget._css
        return (
            f'<div class="live" data-widget="{label}" data-prevent-swipe>'
            f"<style>{style}</style><script>{text}</script></div>"
        )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, (str, int, float, list, dict)):
        return value
    return None
