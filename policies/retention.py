"""保存期限: for how long a region lets the hub keep what is sealed, as data. What no row says is not kept at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from policies.parameters import REGIONS, ParametersRefused, Table

LOG = "ACCESS_LOG"
SUBJECTS = frozenset({"MESSAGE", "CHECK_REPORT", LOG})
"""What may be kept sealed: contents of a message on their way to their receiver, and the sealed check report of a case; and for how long
somebody can be found in the access log, where a region asks for longer than the law."""
LOG_YEARS = 3
"""Records of use are kept at least so long (GDS §29; 网络数据安全管理条例 §12)."""


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


def log_kept_until(last: date, rules: Mapping[str, Retention]) -> date:
    """Until when who stands in the access log must be found in it, of whom `last` is the day of the last entry: three years, or the region's longer days."""
    years = last.replace(year=last.year + LOG_YEARS, day=28 if (last.month, last.day) == (2, 29) else last.day)
    own = rules.get(LOG)
    return max(years, last + timedelta(days=own.days)) if own is not None else years
