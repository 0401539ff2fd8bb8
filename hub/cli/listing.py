"""Lists as the command line prints them: aligned columns, Chinese characters counted as two."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category, east_asian_width

import click

_RULING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def show(heads: Sequence[str], rows: Sequence[Sequence[object]], *, none: str) -> None:
    """Print a table, or `none` where there is nothing."""
    if not rows:
        click.echo(none)
        return
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(_width(row[at]) for row in [list(heads), *texts]) for at in range(len(heads))]
    for row in [list(heads), *texts]:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (list, tuple)):
        return _line(" ".join(map(str, cell)))
    return _line(str(cell))


def _line(text: str) -> str:
    """Somebody's words in one line: a break in them would make a row of its own, and a control character rule the terminal."""
    return "".join(" " if category(one) in _RULING else one for one in text)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
