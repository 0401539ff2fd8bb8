"""保存期限: for how long a region lets the hub keep what is sealed, as data. What no row says is not kept at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.parameters import REGIONS, ParametersRefused, Table

SUBJECTS = frozenset({"MESSAGE", "CHECK_REPORT"})
"""What may be kept sealed: contents of a message on their way to their receiver, and the sealed check report of a case."""


@dataclass(frozen=True, slots=True)
class Retention:
    """So many days, on this ground; `example` rows are for development, never a region's rule."""

    days: int
    source: str
    example: bool


def read_retention(file: str, text: str) -> Mapping[str, Retention]:
    """Retentions by subject from TOML. Raises ParametersRefused."""
    top = Table.parse(file, text)
    found: dict[str, Retention] = {}
    for row in top.rows("retention"):
        subject = row.text("subject")
        if subject not in SUBJECTS or subject in found:
            raise ParametersRefused(f"{row.where}: {subject} is unknown or given twice")
        found[subject] = Retention(days=row.count("days"), source=row.text("source"), example=row.flag("example"))
        row.done()
    top.done()
    return MappingProxyType(found)


def retentions(region: str) -> Mapping[str, Retention]:
    """Those of a region (6 digits); empty where its folder states none: nothing may be kept then (RETENTION_MISSING)."""
    path = REGIONS / region / "retention.toml"
    return read_retention(f"{region}/{path.name}", path.read_text("utf-8")) if path.is_file() else MappingProxyType({})
