"""docs/systems.md read as values: each system of the five documents and each department, and what its row says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.messages.kinds import Kind

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "systems.md").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class System:
    """One row. `exchanges` are the backticked words of that cell; `sends` and `receives` the kinds of message among them, as seen
    from the platform: what it sends comes "in" to the hub.
    """

    numbers: tuple[str, ...]
    title: str
    ids: tuple[str, ...]
    protocol: str
    direction: str
    exchanges: tuple[str, ...]
    sends: tuple[Kind, ...]
    receives: tuple[Kind, ...]
    connected_by: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def id(self) -> str:
        """The first of its ids."""
        return self.ids[0]


def quoted(cell: str) -> tuple[str, ...]:
    """The backticked words of a cell."""
    return tuple(re.findall(r"`([^`]+)`", cell))


def rows(heading: str) -> Sequence[Mapping[str, str]]:
    """The rows of the table under a heading, by column."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in section.splitlines() if line.startswith("|")]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def system(row: Mapping[str, str]) -> System:
    """A row as a value."""
    sends, receives = _kinds(row["exchanges"], "in"), _kinds(row["exchanges"], "out")
    return System(
        numbers=tuple(re.findall(r"\d+", row.get("no.", ""))), title=row["name"], ids=quoted(row["id"]), protocol=row["protocol"],
        direction=row["direction"], exchanges=quoted(row["exchanges"]), sends=sends, receives=receives,
        connected_by=quoted(row["connected by"]), tests=quoted(row["test"]),
    )


def _kinds(cell: str, way: str) -> tuple[Kind, ...]:
    parts = [part for part in cell.split("; ") if part.startswith(f"{way} ")]
    return tuple(Kind(word) for part in parts for word in quoted(part) if word in set(Kind))


SYSTEMS = tuple(system(row) for row in rows("Systems"))
DEPARTMENTS = tuple(system(row) for row in rows("Departments"))
