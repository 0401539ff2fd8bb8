"""共享申请: the life of a request for shared data, and its clocks (政务数据共享条例, GDS §20–22, §27). Pure: days are arguments.

    FILED ── complete ──────────────> AGREED ── 20 working days ──> SUPPLIED <──> SUSPENDED
      │ ^                      └────> REFUSED                           └──> ENDED <──┘
      v │ once
    INCOMPLETE

- Answer: 1 working day for what is shared unconditionally, 10 for what is shared on conditions; up to 10 more for the latter with
  the sharing authority's approval and notice to the requester (GDS §21). That the extension is for conditional data alone is how
  this hub reads §21.
- Incomplete material is answered by one notice that names everything missing, never by a refusal (GDS §21). The clock begins anew
  when the rest has come: until then the provider cannot decide.
- Supply: within 20 working days of the agreeing answer (GDS §22).
- Misuse: suspended, put right, or ended (GDS §27).

Working days are the region's calendar's; counting begins the day after. A missed deadline agrees to nothing: it is overdue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from policies.calendar import Calendar

ANSWER_DAYS: Mapping[str, int] = MappingProxyType({"UNCONDITIONAL": 1, "CONDITIONAL": 10})
"""Working days for the answer, by the entry's attribute (GDS §21)."""

EXTENSION_DAYS = 10
"""Working days an answer may be put off by, at most (GDS §21)."""

SUPPLY_DAYS = 20
"""Working days from the agreeing answer to the supply (GDS §22)."""

MODES = ("API", "BATCH", "FILE")
"""服务接口, 批量交换, 文件下载 (GDS §22)."""


class NotNow(Exception):
    """The step is not one the request can take; the text says why, by the article, and names nobody."""


class RequestState(StrEnum):
    """Where a share request stands."""

    FILED = "FILED"
    INCOMPLETE = "INCOMPLETE"
    AGREED = "AGREED"
    REFUSED = "REFUSED"
    SUPPLIED = "SUPPLIED"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Request:
    """A share request as far as its steps and clocks go. `noticed`: the one notice of incompleteness was given."""

    attribute: str
    state: RequestState
    answer_due: date | None
    supply_due: date | None = None
    noticed: bool = False
    extended_days: int = 0

    def overdue(self, today: date) -> str:
        """ANSWER or SUPPLY where that deadline has passed, else "". The due day itself is still in time."""
        if self.state is RequestState.FILED and self.answer_due is not None and today > self.answer_due:
            return "ANSWER"
        if self.state is RequestState.AGREED and self.supply_due is not None and today > self.supply_due:
            return "SUPPLY"
        return ""


def filed(attribute: str, on: date, calendar: Calendar) -> Request:
    """A request received on a day. Raises NotNow for what is not shared (GDS §14), CalendarMissing."""
    if attribute not in ANSWER_DAYS:
        raise NotNow("the entry is not shared (GDS §14): nothing can be asked for; the way is a dispute over the catalogue")
    return Request(attribute, RequestState.FILED, calendar.after(on, ANSWER_DAYS[attribute]))


def incomplete(request: Request) -> Request:
    """The provider says, once, what is missing (GDS §21)."""
    _only(request, RequestState.FILED)
    if request.noticed:
        raise NotNow("what is missing is said once and whole (GDS §21): the request has had its notice and is to be answered")
    return replace(request, state=RequestState.INCOMPLETE, answer_due=None, noticed=True)


def completed(request: Request, on: date, calendar: Calendar) -> Request:
    """What was missing has come on a day. Raises CalendarMissing."""
    _only(request, RequestState.INCOMPLETE)
    return replace(request, state=RequestState.FILED, answer_due=calendar.after(on, ANSWER_DAYS[request.attribute]))


def extended(request: Request, working_days: int, on: date, calendar: Calendar) -> Request:
    """The answer put off, with the authority's approval (GDS §21). Raises CalendarMissing."""
    _only(request, RequestState.FILED)
    if request.attribute != "CONDITIONAL":
        raise NotNow("what is shared unconditionally is answered within its working day (GDS §21)")
    if request.extended_days:
        raise NotNow("an answer is put off once (GDS §21)")
    if not 1 <= working_days <= EXTENSION_DAYS:
        raise NotNow(f"an answer is put off by 1 to {EXTENSION_DAYS} working days (GDS §21)")
    if request.answer_due is None or on > request.answer_due:
        raise NotNow("the answer is overdue; what has passed cannot be put off")
    return replace(request, answer_due=calendar.after(request.answer_due, working_days), extended_days=working_days)


def agreed(request: Request, on: date, calendar: Calendar) -> Request:
    """The agreeing answer, late ones too. Raises CalendarMissing."""
    _only(request, RequestState.FILED)
    return replace(request, state=RequestState.AGREED, supply_due=calendar.after(on, SUPPLY_DAYS))


def refused(request: Request) -> Request:
    """The refusing answer; its reason is the record's (GDS §21)."""
    _only(request, RequestState.FILED)
    return replace(request, state=RequestState.REFUSED)


def supplied(request: Request) -> Request:
    """The data are there to be asked for."""
    _only(request, RequestState.AGREED)
    return replace(request, state=RequestState.SUPPLIED)


def suspended(request: Request) -> Request:
    """Misuse was found: nothing is supplied until it is put right (GDS §27)."""
    _only(request, RequestState.SUPPLIED)
    return replace(request, state=RequestState.SUSPENDED)


def resumed(request: Request) -> Request:
    """It was put right."""
    _only(request, RequestState.SUSPENDED)
    return replace(request, state=RequestState.SUPPLIED)


def ended(request: Request) -> Request:
    """The purpose is met, or sharing is terminated (GDS §27)."""
    _only(request, RequestState.SUPPLIED, RequestState.SUSPENDED)
    return replace(request, state=RequestState.ENDED)


def _only(request: Request, *states: RequestState) -> None:
    if request.state not in states:
        raise NotNow(f"the request is {request.state}; this step is for {' or '.join(states)}")
