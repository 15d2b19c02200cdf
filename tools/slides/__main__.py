"""Build the decks, or show them: python -m tools.slides [DECK ...] [--out DIR] [--serve]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sepedu.errors import SepeduError

from .build import build, serve


def main() -> int:
    """Build the named decks, all by default; with `--serve`, list them in a browser."""
    parser = argparse.ArgumentParser("make slides ARGS=...", description=__doc__)
    parser.add_argument("decks", nargs="*", metavar="DECK", help="such as 02; by default all")
    parser.add_argument("--out", type=Path, metavar="DIR", help="by default slides/build")
    parser.add_argument("--serve", action="store_true", help="show the decks in a browser")
    parser.add_argument("--port", type=int, default=8890, help="for --serve")
    options = parser.parse_args()
    try:
        if options.serve:
            return serve(port=options.port)
        build(options.decks, options.out)
    except SepeduError as error:
        print(f"slides: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
