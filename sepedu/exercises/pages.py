"""A page of HTML that is one file: for a student's progress and for the mistakes of a class."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def html_page(title: str, content: str) -> str:
    """A page with a title, which is escaped, and content, which is HTML."""
    return PAGE.format(title=html.escape(title), content=content)


def html_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of texts, which are escaped."""
    heads = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
    lines = ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table>"


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem;
         padding: 0 1rem }}
  table {{ border-collapse: collapse }}
  th, td {{ border-bottom: 1px solid #bbb; padding: 0.3rem 0.6rem; text-align: left }}
</style></head><body><main><h1>{title}</h1>
{content}
</main></body></html>
"""
