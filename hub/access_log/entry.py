"""What one entry of the access log says (domain C6): the value, and one constructor for each kind.

An entry has two parts once sealed (`leaf.py`): the head, which the asking organisation may hold in its receipt, and the rest,
which only the privacy officer reads: pseudonyms of people, columns, row counts and full reasons would let two organisations
find out that they asked about the same person. `HEAD` is the one list of what stands in the head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from connectors.value import value
from hub.caller import Basis, Caller
from policies.verdict import BasisKind


class Kind(StrEnum):
    """What happened."""

    INTENT = "INTENT"
    OUTCOME = "OUTCOME"
    REFUSAL = "REFUSAL"
    CHANGE = "CHANGE"
    SECURITY_SUMMARY = "SECURITY_SUMMARY"


class Decision(StrEnum):
    """How a question was decided; PARTIAL: something asked was not told."""

    ALLOW = "ALLOW"
    PARTIAL = "PARTIAL"
    DENY = "DENY"


NOT_DELIVERED = "NOT_DELIVERED"

HEAD = ("organisation", "purpose", "case", "cases", "exchange", "question", "operation", "policy", "answer", "decision", "code")
REST = (
    "client", "officer", "officer_proof", "role", "address", "basis", "review", "token", "letters", "approvals", "subjects", "plan",
    "fields", "told", "statuses", "rows", "latency_ms", "about",
)  # fmt: skip


@value
class Entry:
    """One thing that happened, at `at`. Empty parts are not written.

    `question` is the id of the intent an outcome closes; `operation`, `plan`, `policy` are hex digests; `answer` is the hex
    salted digest of the answer's bytes (`receipt.salted_digest`); `cases` are those of a question over several, which has no `case`; `subjects` are pseudonyms of the vault; `address` is a class
    of network address ("LOOPBACK", "10.0.0.0/8"), never one machine's. `review` marks what rests on no letter, for the privacy
    officer's second look (domain C4): "STATUTE" or "EMERGENCY"; `approvals` are a second person's that were made use of.
    """

    kind: Kind
    at: datetime
    organisation: str = ""
    client: str = ""
    officer: str = ""
    officer_proof: str = ""
    role: str = ""
    address: str = ""
    purpose: str = ""
    basis: str = ""
    review: str = ""
    token: str = ""
    letters: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    case: str = ""
    cases: tuple[str, ...] = ()
    exchange: str = ""
    subjects: tuple[str, ...] = ()
    question: str = ""
    operation: str = ""
    plan: str = ""
    policy: str = ""
    fields: tuple[str, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    statuses: Mapping[str, object] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    decision: Decision | None = None
    code: str = ""
    latency_ms: int | None = None
    answer: str = ""
    about: Mapping[str, object] = field(default_factory=dict)


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


def change(*, at: datetime, code: str, about: Mapping[str, object], organisation: str = "", case: str = "") -> Entry:
    """A state change (`code`: LETTER_REVOKED, KEY_ROTATED …) that came through the outbox."""
    return Entry(kind=Kind.CHANGE, at=at, code=code, about=about, organisation=organisation, case=case)


def not_delivered(
    *, at: datetime, question: str, organisation: str = "", purpose: str = "", case: str = "", cases: tuple[str, ...] = (),
) -> Entry:
    """Closes an intent whose outcome never came: nothing of its answer left the hub."""
    return Entry(
        kind=Kind.OUTCOME,
        at=at,
        question=question,
        organisation=organisation,
        purpose=purpose,
        case=case,
        cases=cases,
        decision=Decision.DENY,
        code=NOT_DELIVERED,
    )


def security_summary(*, at: datetime, counts: Mapping[str, int], since: datetime) -> Entry:
    """How much anonymous garbage of each kind arrived since `since`."""
    about = {"counts": dict(counts), "since": since.isoformat()}
    return Entry(kind=Kind.SECURITY_SUMMARY, at=at, about=about)


_REVIEWED = {BasisKind.STATUTE: "STATUTE", BasisKind.EMERGENCY: "EMERGENCY"}


def basis_text(basis: Basis) -> str:
    """The basis in one line: "letter", "statute: SAL §42", "emergency: …", "self: " with the platform that vouches for who asks,
    and for a near relative of the dead the article they ask by.
    """
    detail = " ".join(filter(None, (basis.platform, basis.article))) or basis.reason
    return f"{basis.kind}: {detail}" if detail else str(basis.kind)


def vouched_by(rest: Mapping[str, object]) -> str:
    """The platform behind a look at one's own records, out of what `basis_text` wrote; "" for every other entry."""
    kind, _, detail = str(rest.get("basis") or "").partition(": ")
    return detail.partition(" ")[0] if kind == "self" else ""  # no platform's id has a blank; an article may stand after it


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
        basis=basis_text(caller.basis),
        review=_REVIEWED.get(caller.basis.kind, ""),
        token=caller.token,
        letters=named,
        case=caller.case,
        cases=caller.cases,
        exchange=caller.exchange,
        **more,
    )


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
