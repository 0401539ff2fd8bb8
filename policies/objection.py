"""异议期: how long somebody may object before a record of dishonesty is filed, by region, as data."""

from __future__ import annotations

from dataclasses import dataclass

from policies.parameters import REGIONS, Table


@dataclass(frozen=True, slots=True)
class ObjectionPeriod:
    """So many calendar days from the notice, on this ground; `example` is for development, never a region's rule."""

    days: int
    source: str
    example: bool


def read_objection(file: str, text: str) -> ObjectionPeriod:
    """The period of a `credit.toml`. Raises ParametersRefused."""
    top = Table.parse(file, text)
    row = top.table("objection")
    period = ObjectionPeriod(days=row.count("days"), source=row.text("source"), example=row.flag("example"))
    row.done()
    top.done()
    return period


def objection_period(region: str) -> ObjectionPeriod | None:
    """A region's (6 digits); None where its folder states none: nothing is filed then (OBJECTION_PERIOD_MISSING)."""
    path = REGIONS / region / "credit.toml"
    return read_objection(f"{region}/{path.name}", path.read_text("utf-8")) if path.is_file() else None
