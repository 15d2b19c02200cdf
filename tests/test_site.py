"""The static site: every lesson and page, no link that leads nowhere, nothing from other hosts."""

from __future__ import annotations

import re
import subprocess
import sys


def test_the_site_is_whole_and_needs_no_network(clone, tmp_path):
    out = tmp_path / "site"
    command = [sys.executable, str(clone / "tools" / "site.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "0 broken links" in done.stdout
    lessons = sorted(path.stem for path in (clone / "lessons").glob("*.ipynb"))
    assert len(lessons) == 10
    for name in lessons:
        page = (out / "lessons" / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|link|img|audio)[^>]+(?:src|href)="https?:', page)
        pictures = re.findall(r"<img[^>]*>", page)
        assert pictures and all(re.search(r'alt="[^"]{20,}', picture) for picture in pictures)
    assert "predict_mask" in (out / "api.html").read_text(encoding="utf-8")
