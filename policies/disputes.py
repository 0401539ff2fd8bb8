"""校核纠错与共享争议: corrections within 10 working days (GDS §26), and to whom a dispute goes (GDS §28). Pure.

A region is its code of GB/T 2260, 6 or 12 digits: two for the province, two for the city, two for the county.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policies.calendar import Calendar
from policies.sharing import NotNow

CORRECTION_DAYS = 10
"""Working days in which the provider verifies, corrects and reports back (GDS §26)."""

NATION = "000000"

_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""直辖市: their counties stand directly under the province level; 5001 and 5002 are no cities."""


class CorrectionState(StrEnum):
    """Where a correction request stands."""

    OPEN = "OPEN"
    CORRECTED = "CORRECTED"  # the provider's data were wrong and are put right
    UPHELD = "UPHELD"        # they were verified and stand


class DisputeState(StrEnum):
    """Where a dispute stands: the parties consult first (GDS §28)."""

    CONSULTING = "CONSULTING"
    ESCALATED = "ESCALATED"
    SETTLED = "SETTLED"


class Level(StrEnum):
    """Whose sharing authority coordinates."""

    COUNTY = "COUNTY"
    CITY = "CITY"
    PROVINCE = "PROVINCE"
    NATIONAL = "NATIONAL"


@dataclass(frozen=True, slots=True)
class Authority:
    """政务数据共享主管部门 of a level and region (six digits)."""

    level: Level
    region: str


def correction_due(filed: date, calendar: Calendar) -> date:
    """The last day of a correction filed on a day. Raises CalendarMissing."""
    return calendar.after(filed, CORRECTION_DAYS)


def correction_answered(state: CorrectionState, outcome: CorrectionState) -> CorrectionState:
    """The provider's report. Raises NotNow."""
    if state is not CorrectionState.OPEN or outcome is CorrectionState.OPEN:
        raise NotNow(f"the correction is {state}: it is answered once, by CORRECTED or UPHELD (GDS §26)")
    return outcome


def escalated(state: DisputeState) -> DisputeState:
    """Consulting came to nothing. Raises NotNow."""
    if state is not DisputeState.CONSULTING:
        raise NotNow(f"the dispute is {state}: only what is consulted over goes to the authority (GDS §28)")
    return DisputeState.ESCALATED


def settled(state: DisputeState) -> DisputeState:
    """By the parties or the authority. Raises NotNow."""
    if state is DisputeState.SETTLED:
        raise NotNow("the dispute is settled")
    return DisputeState.SETTLED


def coordinator(one: str, other: str) -> Authority:
    """Who coordinates a dispute between two regions' departments (GDS §28): their own authority within one region, across levels or
    regions the nearest superior of both. Chongqing against Sichuan: the nation's; two districts of Chongqing: the municipality's;
    two counties of one Sichuan city: the city's, of two cities: the province's. Raises ValueError for what is no region's code.
    """
    parties = _six(one), _six(other)
    if parties[0] == parties[1]:
        return _authority(parties[0])
    nearer, further = _superiors(parties[0]), _superiors(parties[1])
    return _authority(next(region for region in nearer if region in further))


def _six(code: str) -> str:
    if not (code.isascii() and code.isdigit() and len(code) in {6, 12}):
        raise ValueError("a region's code has 6 or 12 digits")
    return code[:6]


def _superiors(region: str) -> tuple[str, ...]:
    """The regions strictly above, nearest first; the nation above itself."""
    province, city = region[:2] + "0000", region[:4] + "00"
    above = [province, NATION] if region[:2] in _MUNICIPALITIES else [city, province, NATION]
    return tuple(one for one in above if one != region) or (NATION,)


def _authority(region: str) -> Authority:
    if region == NATION:
        return Authority(Level.NATIONAL, region)
    if region[2:] == "0000":
        return Authority(Level.PROVINCE, region)
    if region[4:] == "00" and region[:2] not in _MUNICIPALITIES:
        return Authority(Level.CITY, region)
    return Authority(Level.COUNTY, region)
