"""新鲜度: how old a fact may be, and which purposes refuse one that is older. Pure: the day is an argument.

Two limits, in whole days of China's calendar between the day the data are of and the day of the question:
- what the source promises by its manifest (its rhythm); past it the data are BEHIND, a matter for the operator;
- what the region's profile allows for the group (`[freshness_days]`); past it they are TOO_OLD. Under a purpose the profile names
  (`[freshness] refused_for`, 定期核查 first: a benefit is not renewed on last year's data) they are then not told at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from policies.calendar import CHINA

DATA_TOO_OLD = "DATA_TOO_OLD"
DATA_AGE_UNKNOWN = "DATA_AGE_UNKNOWN"
"""Why facts are not told: older than the region allows for this purpose, or of no known day."""


class Freshness(StrEnum):
    """How the age of facts stands to both limits."""

    CURRENT = "CURRENT"
    BEHIND = "BEHIND"
    TOO_OLD = "TOO_OLD"


@dataclass(frozen=True, slots=True)
class AgeRule:
    """Both limits of one group at one source, in days; None where nobody states one. `refuses`: too old is not told."""

    promised: int | None
    allowed: int | None
    refuses: bool


@lru_cache(maxsize=4096)
def judge(rule: AgeRule, as_of: str | None, on: date) -> tuple[Freshness | None, str]:
    """The freshness of facts of `as_of` (ISO 8601) on a day, None where their day is not known; and the reason they are refused
    for, "" where they may be told. Where the age decides, an unknown one refuses.
    """
    day = _day(as_of)
    if day is None or (day - on).days > 1:  # a day that has not come is no day the data can be of
        return None, DATA_AGE_UNKNOWN if rule.refuses and rule.allowed is not None else ""
    age = (on - day).days
    if rule.allowed is not None and age > rule.allowed:
        return Freshness.TOO_OLD, DATA_TOO_OLD if rule.refuses else ""
    if rule.promised is not None and age > rule.promised:
        return Freshness.BEHIND, ""
    return Freshness.CURRENT, ""


def _day(as_of: str | None) -> date | None:
    try:
        moment = datetime.fromisoformat(as_of or "")
    except ValueError:
        return None
    return moment.astimezone(CHINA).date() if moment.tzinfo is not None else None
