"""What a message's body must keep beyond its shape: codes the hub knows, officers where a person decides, leads looked into. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.authorizations.reasons import Flaw, Refused
from hub.messages.kinds import SMALLEST_GROUP, SORTS, Kind
from hub.messages.stages import DECIDED_BY_A_PERSON, STAGES, WITH_A_REASON
from hub.shapes import Misshapen, fit
from policies.channels import CHANNELS
from policies.code_lists import CODE_LISTS

Body = Mapping[str, Any]


def examine(kind: Kind, body: Body) -> None:
    """Nothing if the body may be taken. Raises `Refused`; its text holds no value of the body."""
    try:
        fit("bodies", body, part=kind)
    except Misshapen as error:
        raise Refused(Flaw.MESSAGE_MALFORMED, f"the body of a {kind}: {error}") from None
    if "channel" in body and body["channel"] not in CHANNELS:
        raise Refused(Flaw.CHANNEL_UNKNOWN, "the channel is not in the register of channels")
    named = [*body.get("types", ()), *body.get("suspectedTypes", ()), *([body["assistanceType"]] if "assistanceType" in body else [])]
    if any(code not in CODE_LISTS["AssistanceType"].codes for code in named):
        raise Refused(Flaw.MESSAGE_MALFORMED, "a kind of assistance is not in the code list AssistanceType")
    _MORE.get(kind, _nothing)(body)


def recorded(kind: Kind, body: Body) -> dict[str, Any]:
    """The part of a body that is a record of the case; small counts are kept as "fewer"."""
    kept = {name: value for name, value in body.items() if name in SORTS[kind].record}
    if kind is Kind.STAFF_STATISTICS:
        kept["counts"] = [
            {**row, "count": row["count"] if row["count"] == 0 or row["count"] >= SMALLEST_GROUP else None} for row in body["counts"]
        ]
    return kept


def contents(kind: Kind, body: Body) -> dict[str, Any]:
    """The part of a body that says something about somebody's life, the person's own identity apart."""
    sort = SORTS[kind]
    told = {name: value for name, value in body.items() if name not in sort.record and name != sort.person}
    person = body.get(sort.person) if sort.person else None
    if person is not None and "idNumber" not in person:  # a lead may know a name alone: no identity of the vault, so it is sealed
        told[sort.person] = person
    return told


def _nothing(_body: Body) -> None:
    """No rule beyond the shape."""


def _progress(body: Body) -> None:
    if body["stage"] not in STAGES:
        raise Refused(Flaw.STAGE_NOT_REACHABLE, "no such stage")
    if body["stage"] in DECIDED_BY_A_PERSON and "officer" not in body:
        raise Refused(Flaw.OFFICER_MISSING, "a decision names the officer who made it")
    if body["stage"] in WITH_A_REASON and "reason" not in body:
        raise Refused(Flaw.MESSAGE_MALFORMED, "a refusal names its reason")


def _approval(body: Body) -> None:
    if body["result"] == "REFUSED" and "reason" not in body:
        raise Refused(Flaw.MESSAGE_MALFORMED, "a refusal names its reason")


def _lead(body: Body) -> None:
    """三个不放过: no outcome where the person was not seen, the situation not clear, or nothing proposed (黔江 2022)."""
    outcome = body.get("outcome")
    if outcome is None:
        return
    if not (body.get("personSeen") and body.get("situationClear") and body.get("proposal")):
        raise Refused(Flaw.LEAD_NOT_INVESTIGATED, "an outcome needs the person seen, the situation clear and a proposal")
    if outcome == "INCLUDED" and "includedOn" not in body:
        raise Refused(Flaw.LEAD_NOT_INVESTIGATED, "an included lead says since when")
    if outcome == "NOT_QUALIFIED" and "reason" not in body:
        raise Refused(Flaw.LEAD_NOT_INVESTIGATED, "a lead that does not qualify says why")


_MORE: Mapping[Kind, Callable[[Body], None]] = {Kind.PROGRESS: _progress, Kind.APPROVAL_RESULT: _approval, Kind.LEAD: _lead}
