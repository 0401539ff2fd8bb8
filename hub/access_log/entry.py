"""What one entry of the access log says (domain C6): the value, and a constructor for each kind nobody asked for (`questions.py`: the others).

An entry has two parts once sealed (`leaf.py`): the head, which the asking organisation may hold in its receipt, and the rest,
which only the privacy officer reads: pseudonyms of people, columns, row counts and full reasons would let two organisations
find out that they asked about the same person. `HEAD` is the one list of what stands in the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from connectors.value import value


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
