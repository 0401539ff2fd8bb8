"""What stands between a decision and its record at the social-credit platform. Pure; days are calendar days of China."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.authorizations.standing import Standing
from hub.errors import CallerError, Forbidden, Malformed
from hub.tables import CreditRecord
from policies.objection import ObjectionPeriod

PURPOSE = "CREDIT_RECORD"
_NUMBER = re.compile(r"[A-Za-z0-9〔〕\u4e00-\u9fff_.-]{4,60}")
_REASON = re.compile(r"[A-Z0-9_]{2,40}", re.ASCII)
_KEYS = frozenset({"person", "decision", "decidedOn", "reason", "noticedOn"})


@dataclass(frozen=True, slots=True)
class Notified:
    """A decision the person was told of, as its organ says. `person` is a handle."""

    person: str
    decision: str
    decided_on: date
    reason: str
    noticed_on: date


class NotYet(CallerError):
    """Due process is not done: the code says what is missing."""

    status = 409


def may_record(standing: Standing) -> None:
    """Raises `Forbidden` for any purpose but this one."""
    if standing.caller.purpose != PURPOSE or standing.matter is None:
        raise Forbidden("a record of dishonesty is civil affairs' own, under its purpose", code="CREDIT_PURPOSE_ONLY")


def read(body: Any, today: date) -> Notified:
    """The body of a notified decision. Raises `Malformed`."""
    if not isinstance(body, Mapping) or set(body) != _KEYS or not all(isinstance(value, str) for value in body.values()):
        raise Malformed("the body names person, decision, decidedOn, reason, noticedOn")
    try:
        decided, noticed = date.fromisoformat(body["decidedOn"]), date.fromisoformat(body["noticedOn"])
    except ValueError:
        raise Malformed("decidedOn and noticedOn are dates") from None
    if not _NUMBER.fullmatch(body["decision"]) or not _REASON.fullmatch(body["reason"]):
        raise Malformed("decision is a document's number, reason a code")
    if not decided <= noticed <= today:
        raise Malformed("a decision is notified after it was made, and not in the future")
    return Notified(body["person"], body["decision"], decided, body["reason"], noticed)


def last_day(noticed_on: date, period: ObjectionPeriod | None) -> date:
    """The last day to object. Raises `NotYet` where the region states no period: nothing may be filed then."""
    if period is None:
        raise NotYet("the region states no time to object", code="OBJECTION_PERIOD_MISSING")
    return noticed_on + timedelta(days=period.days)


def may_file(record: CreditRecord, today: date) -> None:
    """Raises `NotYet` while there is time to object, or an objection stands."""
    if record.state == "OBJECTED":
        raise NotYet("an objection stands: a new decision is needed", code="OBJECTION_STANDS")
    if today <= record.objection_until:
        raise NotYet("there is still time to object", code="OBJECTION_PERIOD_RUNS")
