"""What every widget shares: its script, its line to the browser, its static figure."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import anywidget
import matplotlib
import numpy as np
import traitlets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ..plots import describe

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


def colour_table(name: str) -> bytes:
    """The 256 colours of one of matplotlib's maps, red, green, blue: the figures' own colours."""
    colours = matplotlib.colormaps[name](np.arange(256), bytes=True)
    return np.ascontiguousarray(colours[:, :3]).tobytes()


class LessonWidget(anywidget.AnyWidget):
    """A widget that says in words what it shows, and leaves a figure where no kernel runs.

    Attributes
    ----------
    title : str
        What the widget shows, and of which song.
    reading : str
        Its main reading in words; screen readers say it when it changes.
    """

    _css = "".join((FOLDER / f"{n}.css").read_text(encoding="utf-8") for n in ("widgets", "player"))
    title = traitlets.Unicode().tag(sync=True)
    reading = traitlets.Unicode().tag(sync=True)
    magma = traitlets.Bytes(colour_table("magma")).tag(sync=True)
    cividis = traitlets.Bytes(colour_table("cividis")).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(self._hear)

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Answer the browser, which thereby knows that a kernel runs."""
        self.send({"kind": "here"})
        self.receive(message if isinstance(message, dict) else {})

    def receive(self, message: dict[str, Any]) -> None:
        """Act on a message of the browser; by default there is nothing to do."""

    def figure(self) -> Figure:
        """The static figure of what the widget shows now."""
        raise NotImplementedError

    def described(self, figure: Figure) -> Figure:
        """Write the reading under a figure of what is on show, and describe it in words."""
        return describe(caption(figure, self.reading), f"{self.title}. {self.reading}")

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        shown = super()._repr_mimebundle_(**kwargs)
        if shown is None:
            return None
        data, metadata = shown
        data |= {"text/plain": self.reading or self.title, "image/png": picture(self.figure())}
        return data, metadata | {"image/png": {"alt": f"{self.title}. {self.reading}"}}

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.title}. {self.reading}"


def picture(figure: Figure) -> str:
    """A figure as PNG in base64, small enough for a notebook that is kept in git."""
    figure.set_dpi(90)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    memory = io.BytesIO()
    # 128 colours are plenty for it, and make it a third of the size; this method keeps thin lines.
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = drawn.quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(memory, format="png", optimize=True)
    return base64.b64encode(memory.getvalue()).decode()


def caption(figure: Figure, reading: str) -> Figure:
    """Write the reading under a figure, for pages where nothing else would say it."""
    figure.supxlabel(reading, fontsize="small", wrap=True)
    return figure
