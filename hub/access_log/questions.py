"""The entries of one question: what is about to be asked, what is about to be told, or that it was refused; each with who asks and on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from hub.access_log.basis_line import basis_line
from hub.access_log.entry import Decision, Entry, Kind
from hub.caller import Caller
from policies.verdict import BasisKind

_REVIEWED = {BasisKind.STATUTE: "STATUTE", BasisKind.EMERGENCY: "EMERGENCY"}


class _More(TypedDict, total=False):
    approvals: tuple[str, ...]
    operation: str
    plan: str
    policy: str
    code: str
    latency_ms: int | None


class _Parts(_More, total=False):
    subjects: tuple[str, ...]
    question: str
    fields: tuple[str, ...]
    told: Mapping[str, object]
    statuses: Mapping[str, object]
    rows: Mapping[str, int]
    decision: Decision
    answer: str
    about: Mapping[str, object]


def intent(
    caller: Caller,
    *,
    at: datetime,
    operation: str,
    plan: str,
    policy: str,
    fields: Iterable[str],
    subjects: Iterable[str],
    letters: Iterable[str] | None = None,
    approvals: tuple[str, ...] = (),
    address: str = "",
    about: Mapping[str, object] | None = None,
) -> Entry:
    """What is about to be asked, of whom and on what basis. `fields` are lines of "subject class: department column …";
    `letters` are the covering letters, by default those the token names; `about` says what is asked of whom where subjects differ.
    """
    return _asked_by(
        caller,
        kind=Kind.INTENT,
        at=at,
        letters=letters,
        address=address,
        approvals=approvals,
        subjects=tuple(subjects),
        operation=operation,
        plan=plan,
        policy=policy,
        fields=tuple(fields),
        about=about or {},
    )


def outcome(
    caller: Caller,
    *,
    at: datetime,
    question: str,
    decision: Decision,
    answer: str,
    subjects: Iterable[str],
    letters: Iterable[str] | None = None,
    address: str = "",
    told: Mapping[str, object] | None = None,
    statuses: Mapping[str, object] | None = None,
    rows: Mapping[str, int] | None = None,
    **more: Unpack[_More],
) -> Entry:
    """What is about to be told in answer to the intent `question`. `told` maps a field to its form or the count of values
    told in it, `statuses` a group to its status or to the counts of statuses, `rows` a department to the rows it returned;
    `more` are `approvals`, `operation`, `plan`, `policy`, `code` and `latency_ms`.
    """
    return _asked_by(
        caller,
        kind=Kind.OUTCOME,
        at=at,
        letters=letters,
        address=address,
        subjects=tuple(subjects),
        question=question,
        told=told or {},
        statuses=statuses or {},
        rows=rows or {},
        decision=decision,
        answer=answer,
        **more,
    )


def refusal(
    *, at: datetime, code: str, caller: Caller | None = None, organisation: str = "", client: str = "", officer: str = "",
    purpose: str = "", case: str = "", operation: str = "", address: str = "", about: Mapping[str, object] | None = None,
) -> Entry:
    """An authenticated party was refused with `code`; before a token stands, `organisation` and `client` are all there is."""
    if caller is None:
        return Entry(
            kind=Kind.REFUSAL,
            at=at,
            organisation=organisation,
            client=client,
            officer=officer,
            address=address,
            purpose=purpose,
            case=case,
            operation=operation,
            decision=Decision.DENY,
            code=code,
            about=about or {},
        )
    return _asked_by(
        caller,
        kind=Kind.REFUSAL,
        at=at,
        letters=None,
        address=address,
        operation=operation,
        decision=Decision.DENY,
        code=code,
        about=about or {},
    )


def _asked_by(
    caller: Caller, *, kind: Kind, at: datetime, letters: Iterable[str] | None, address: str, **more: Unpack[_Parts],
) -> Entry:
    named = tuple(sorted(set(letters))) if letters is not None else tuple(name for name, _ in caller.basis.letters)
    return Entry(
        kind=kind,
        at=at,
        organisation=caller.organisation,
        client=caller.client,
        officer=caller.officer,
        officer_proof=caller.officer_proof,
        role=caller.role,
        address=address,
        purpose=caller.purpose,
        basis=basis_line(caller.basis),
        review=_REVIEWED.get(caller.basis.kind, ""),
        token=caller.token,
        letters=named,
        case=caller.case,
        cases=caller.cases,
        exchange=caller.exchange,
        **more,
    )
