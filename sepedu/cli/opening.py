"""An extension of Jupyter Server: a student's own copy is opened, and keeps the widgets on show.

On a hub, the address sepedu/open/CLONE/02-binary-masks.ipynb opens it: a link fetches the course,
and this brings the working copy up to date before it opens the lesson. Where there is something to
tell, it tells it first.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from ..errors import SepeduError
from ..exercises.working_copy import update
from .lab import COPY, FIRST_LESSON

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


class Opening(JupyterHandler):
    """Bring the working copy of a clone up to date, and go to a lesson in it."""

    @web.authenticated
    def get(self, clone: str, lesson: str) -> None:
        course = Path(self.serverapp.root_dir) / clone
        try:
            answers = self.get_query_argument("answers", "") == "1"
            changes = update(course / FIRST_LESSON.parent, course / COPY, answers)
        except SepeduError as error:
            raise web.HTTPError(404, str(error)) from error
        place = url_path_join(self.base_url, "lab/tree", clone, COPY, lesson)
        told = [change for change in changes if change.beside]
        if not told:
            self.redirect(place)
            return
        lines = "".join(f"<li>{html.escape(str(change))}</li>" for change in told)
        if any(change.what == "kept" for change in told):
            lines += '<li><a href="?answers=1">Put my answers into the new lessons</a>: old copies '
            lines += "stay beside them.</li>"
        self.finish(PAGE.format(lines=lines, place=html.escape(place)))


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The course has changed</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem">
<main><h1>The course has changed</h1><ul>{lines}</ul>
<p><a href="{place}">Open the lesson</a></p></main></body></html>
"""


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def keep_shown_widgets(model: dict[str, Any], **_: Any) -> None:
    """Drop from a notebook, before it is saved, the state of widgets that no output shows.

    JupyterLab saves the state of each widget, some 2 MB, so that it lives again without its kernel;
    a cell that is run again leaves its earlier widget's behind.

    Parameters
    ----------
    model : dict
        What Jupyter Server is about to save.
    """
    notebook = model["content"] if model.get("type") == "notebook" else None
    states = ((notebook or {}).get("metadata", {}).get("widgets") or {}).get(STATE, {}).get("state")
    if not states:
        return
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    wanted = [o["data"][VIEW].get("model_id") for o in outputs if VIEW in o.get("data", {})]
    shown: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in states and name not in shown:
            shown.add(name)
            wanted += re.findall(r'"IPY_MODEL_(\w+)"', json.dumps(states[name]["state"]))
    for name in states.keys() - shown:
        del states[name]


def _load_jupyter_server_extension(server: Any) -> None:
    if server.contents_manager.pre_save_hook is None:
        server.contents_manager.pre_save_hook = keep_shown_widgets
    address = url_path_join(server.base_url, r"/sepedu/open/([\w.-]+)/(\d\d-[\w-]+\.ipynb)")
    server.web_app.add_handlers(".*$", [(address, Opening)])
