"""Write docs/errors.md: try every bad input of the tests, and show what each gets.

python tools/errors.py
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CLONE / "tests" / "hardness"), str(CLONE / "tests")]


def main() -> int:
    """Run the table and write the page."""
    from errors_page import page
    from test_bad_inputs import CASES
    from workbench import Workbench, run

    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Path(folder))
        for case in CASES:
            bench.new_case()
            os.chdir(bench.folder)
            made = case.make(bench)
            seen[case] = []
            for words in [made] if isinstance(made, list) else made:
                with case.around():
                    seen[case].append(run(words))
        os.chdir(CLONE)
        (CLONE / "docs" / "errors.md").write_text(page(seen, bench.root), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
