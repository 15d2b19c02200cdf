"""`sepedu export`: a web page that separates songs with your network, in the visitor's browser."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import printable
from .common import new_command


def add(commands: argparse._SubParsersAction) -> None:
    parser = new_command(
        commands,
        "export",
        run,
        "Write a web page that takes songs apart with your network, in the visitor's browser.",
    )
    parser.add_argument(
        "network",
        metavar="NETWORK",
        help="your checkpoint, a folder of SOURCE.safetensors, or the course's own: unet, cnn",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")


def run(options: argparse.Namespace) -> None:
    from ..checkpoints import load_models, load_unet, read_networks
    from ..engine.export import write_song_page

    own = {"unet": load_unet, "cnn": load_models}.get(options.network)
    model = own() if own else read_networks(Path(options.network))
    page = write_song_page(options.out, [model])
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    print(printable(str(page)))
    print(
        "Browsers run it only from a web server, any that serves files. To open it here:\n"
        f'  {python} -m http.server --bind 127.0.0.1 --directory "{printable(str(options.out))}"\n'
        "and go to http://localhost:8000 (Ctrl-C ends the server). If 8000 is taken, add 8001 to "
        "the line, and to the address."
    )
