"""What every widget shares: its script, its line to the browser, its static figure."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from IPython import get_ipython
from IPython.display import display, update_display
from matplotlib import colormaps
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from .. import plots

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)


def bundle(name: str) -> str:
    """Join a script of this folder with all that it imports into one that imports nothing.

    A widget's script travels to the browser as one text. So each imported file is put in front
    once, and the words `import` and `export` between the files are left out.
    """
    parts: dict[str, str] = {}

    def collect(file: str) -> None:
        if file in parts:
            return
        text = (FOLDER / file).read_text(encoding="utf-8")
        for imported in IMPORT.findall(text):
            collect(imported)
        text = IMPORT.sub("", text)
        parts[file] = re.sub(r"^export (?!default)", "", text, flags=re.MULTILINE)

    collect(name)
    return "\n".join(parts.values())


VIEW = "application/vnd.jupyter.widget-view+json"
LEFT_STYLE = """
.jp-OutputArea:has(.sepedu-left) .jp-OutputArea-output:not(:has(*)),
.jp-OutputArea:has(.sepedu-widget) .jp-OutputArea-child:has(.sepedu-left) { display: none; }
"""
"""A living widget stands alone; without its kernel the picture does, for JupyterLab's complaint is
a bare text, without an element."""


def colour_table(colours: Colormap) -> bytes:
    """The 256 colours of a map as red, green, blue, so that the browser has the figures' own."""
    return np.ascontiguousarray(colours(np.arange(256), bytes=True)[:, :3]).tobytes()


_SHOWN: dict[str, tuple[str, list[LessonWidget]]] = {}
"""By cell of the notebook: its last run that showed widgets, and these."""


class LessonWidget(anywidget.AnyWidget):
    """A widget that says in words what it shows, and is left in the notebook as a picture.

    Its output has two parts: the widget itself, and a picture with the reading, kept up to date,
    which takes its place when the notebook is opened again without the kernel.

    Attributes
    ----------
    title : str
        What the widget shows, and of which song.
    reading : str
        Its main reading in words; screen readers say it when it changes.
    """

    _css = "".join((FOLDER / f"{n}.css").read_text(encoding="utf-8") for n in ("widgets", "player"))
    drawn_at_rest = True
    title = traitlets.Unicode().tag(sync=True)
    reading = traitlets.Unicode().tag(sync=True)
    magma = traitlets.Bytes(colour_table(colormaps["magma"])).tag(sync=True)
    ink = traitlets.Bytes(colour_table(plots.INK_ON_WHITE)).tag(sync=True)
    hues = traitlets.Dict({"ours": plots.OURS, "baseline": plots.BASELINE}).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._displayed = False
        self.on_msg(self._hear)

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Answer the browser, which thereby knows that a kernel runs."""
        self.send({"kind": "here"})
        message = message if isinstance(message, dict) else {}
        if message.get("kind") == "rest" and self.drawn_at_rest:
            self.keep()
        self.receive(message)

    def receive(self, message: dict[str, Any]) -> None:
        """Act on a message of the browser; by default there is nothing to do."""

    def figure(self) -> Figure:
        """The static figure of what the widget shows now."""
        raise NotImplementedError

    def again(self) -> str:
        """How to come back to what is on show, as words with code; by default nothing."""
        return ""

    def kept(self) -> tuple[dict[str, str], dict[str, Any]]:
        """What stays in the notebook: picture, reading, and how to come back to them."""
        picture, words = plots.png(self.figure()), f"{self.title}. {self.reading}"
        again = html.escape(f"Run this cell to turn it again. {self.again()}".strip())
        page = (
            f'<div class="sepedu-left"><style>{LEFT_STYLE}</style>'
            f"<p><strong>{html.escape(self.title)}</strong></p>{plots.image(picture, words)}"
            f"<p>{html.escape(self.reading)}</p><p><em>{again}</em></p></div>"
        )
        data = {"text/html": page, "image/png": picture, "text/plain": words}
        return data, {"image/png": {"alt": words}}

    def keep(self) -> None:
        """Bring up to date what stays in the notebook."""
        if self._displayed:
            data, metadata = self.kept()
            update_display(data, metadata=metadata, raw=True, display_id=self.model_id)

    def close(self) -> None:
        """Take the widget off the page; shown again, it is opened again."""
        self._displayed = False
        super().close()

    def _ipython_display_(self) -> None:
        if self.comm is None:
            vars(self).pop("_repr_mimebundle_", None)  # which `close` hides
            self.open()
        self._replace_earlier()
        view, _ = self._repr_mimebundle_() or ({}, {})
        display({VIEW: view.get(VIEW)}, raw=True)
        data, metadata = self.kept()
        display(data, metadata=metadata, raw=True, display_id=self.model_id)
        self._displayed = True

    def _replace_earlier(self) -> None:
        """Close what an earlier run of this cell has shown: only memory and the file keep it.

        What another cell shows, too, stays.
        """
        parent = getattr(get_ipython(), "get_parent", dict)()
        cell = parent.get("metadata", {}).get("cellId")
        if cell is None:  # not in a notebook of JupyterLab
            return
        run = parent["header"]["msg_id"]
        last, shown = _SHOWN.get(cell, (run, []))
        _SHOWN[cell] = run, [self] if last != run else [*shown, self]
        still = [widget for _, widgets in _SHOWN.values() for widget in widgets]
        for widget in shown:
            if widget not in still:
                widget.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.title}. {self.reading}"
