"""访问日志 in the graph: the officer's filter to a page of entries, read from the bytes the tree commits to.

Only a PRIVACY_AUDIT caller on an audit basis comes past the first line; everybody else is told that the log is not theirs,
whatever they filter by. The look-up itself is a question like any other: it left an intent before this runs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

from hub.access_log.entry import Decision, Kind
from hub.access_log.listed import listed
from hub.access_log.store import Filter, LogStore, Page, Stored
from hub.arguments import resolve
from hub.authorizations.standing import Standing
from hub.errors import Forbidden, Malformed
from hub.layout import IDENTITY
from hub.question import Question
from policies.verdict import BasisKind
from schema.register import GROUPS

SubjectOf = Callable[[str], Awaitable[str]]
"""ID number to the pseudonym the log names the person by; "" where nobody of that number is known."""

_PSEUDONYM = re.compile(r"[0-9a-f]{64}", re.ASCII)

NOBODY = "-"
"""A pseudonym no entry holds: a filter for a person the hub does not know yields nothing, never everything."""


NOT_ASKED = frozenset({"NOT_AUTHORIZED", "NOT_COVERED", "CATALOG_DENIED"})
"""Statuses decided before any department was asked."""


class Audit:
    """Answers `Query.accessLog`."""

    def __init__(self, store: LogStore, subject_of: SubjectOf) -> None:
        """`subject_of` looks a person up by blind index."""
        self._store = store
        self._subject_of = subject_of

    async def access_log(self, standing: Standing, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """A page, newest first. Raises Forbidden for anybody but an officer, Malformed for a cursor that is none."""
        caller = standing.caller
        if caller.basis.kind is not BasisKind.AUDIT or caller.purpose != "PRIVACY_AUDIT" or caller.role != "PRIVACY_OFFICER":
            raise Forbidden("the access log is shown to the privacy officer under PRIVACY_AUDIT alone", code="PURPOSE_MISMATCH")
        given = arguments.get("filter")
        wanted = dict(given) if isinstance(given, Mapping) else {}
        page = await self._page(wanted, arguments)
        edges = [{"cursor": str(entry.index), "node": node(entry)} for entry in page.entries]
        end = edges[-1]["cursor"] if edges else None
        return {"edges": edges, "pageInfo": {"hasNextPage": page.after is not None, "endCursor": end}}

    async def sought(self, question: Question, variables: Mapping[str, object]) -> tuple[str, ...]:
        """The pseudonyms a question filters the log by, whatever it finds: so that who reads the log of a person shows in the log of
        that person. Nobody known by the number, or a name no entry holds: no pseudonym.
        """
        found: dict[str, None] = {}
        for place in question.places:
            given = resolve(place.arguments, variables).get("filter") if place.name == "accessLog" else None
            if isinstance(given, Mapping):
                named = str(given.get("subject") or "")
                if _PSEUDONYM.fullmatch(named) and (await self._store.query(Filter(subject=named), limit=1)).entries:
                    found[named] = None
                if given.get("subjectIdNumber"):
                    found[await self._subject_of(str(given["subjectIdNumber"]))] = None
        return tuple([one for one in found if one])

    async def _page(self, wanted: Mapping[str, object], arguments: Mapping[str, object]) -> Page:
        if "" in wanted.values():
            # An empty condition must not be read as no condition: it would show everything.
            raise Malformed("a filter's condition is empty", code="FILTER_EMPTY")
        if wanted.get("entry"):
            if any(value is not None for name, value in wanted.items() if name != "entry"):
                raise Malformed("the filter's 'entry' stands alone")
            found = await self._store.entry(str(wanted["entry"]))
            return Page((found,) if found else (), None)
        subject = str(wanted.get("subject") or "")
        if wanted.get("subjectIdNumber"):
            named = await self._subject_of(str(wanted["subjectIdNumber"])) or NOBODY
            subject = named if subject in {"", named} else NOBODY
        first = arguments.get("first")
        return await self._store.query(
            Filter(
                organisation=_text(wanted, "organisation"), subject=subject, purpose=_text(wanted, "purpose"),
                letter=_text(wanted, "letter"), case=_text(wanted, "case"),
                decision=Decision(str(wanted["decision"])) if wanted.get("decision") else None,
                kind=Kind(str(wanted["kind"])) if wanted.get("kind") else None, review=_text(wanted, "review"),
                approval=_text(wanted, "approval"),
                since=_instant(wanted.get("from")), until=_instant(wanted.get("to")),
            ),
            after=_cursor(arguments.get("after")),
            limit=first if isinstance(first, int) else 50,
        )


def node(stored: Stored) -> Mapping[str, object]:
    """One entry as the graph's AccessLogEntry."""
    head, rest = stored.parts()
    return {
        "id": stored.id, "index": str(stored.index), "kind": stored.kind.value, "at": head["at"],
        "question": head.get("question"), "exchange": head.get("exchange"), "organisation": head.get("organisation"), "client": rest.get("client"),
        "officer": rest.get("officer"), "officerProof": rest.get("officer_proof"), "role": rest.get("role"), "purpose": head.get("purpose"),
        "basis": _basis(str(rest.get("basis") or ""), listed(rest.get("letters"))), "case": head.get("case"),
        "review": rest.get("review"), "approvals": listed(rest.get("approvals")),
        "cases": [head["case"]] if head.get("case") else listed(head.get("cases")),
        "subjects": listed(rest.get("subjects")), "decision": head.get("decision"), "reason": head.get("code"),
        "departments": _departments(rest), "fields": _fields(rest), "policy": head.get("policy"),
        "leafHash": stored.leaf_hash.hex(),
    }


def _basis(text: str, letters: Iterable[str]) -> Mapping[str, object] | None:
    """The basis's union from the line the entry keeps ("statute: SAL §42"); letters are named by id."""
    kind, _, detail = text.partition(": ")
    match kind:
        case "letter":
            return {"__typename": "LetterBasis", "kind": kind, "letters": [{"id": letter} for letter in letters]}
        case "statute":
            return {"__typename": "StatuteBasis", "kind": kind, "article": detail}
        case "emergency":
            return {"__typename": "EmergencyBasis", "kind": kind, "reason": detail}
        case "self":
            return {"__typename": "SelfBasis", "kind": kind}
        case "audit":
            return {"__typename": "AuditBasis", "kind": kind}
        case "file":
            return {"__typename": "FileBasis", "kind": kind}
    return None


def _departments(rest: Mapping[str, object]) -> list[str]:
    """Who is to be asked, from the intent's field lines, or was asked, from the outcome's statuses. The vault is nobody's department."""
    statuses = rest.get("statuses")
    if isinstance(statuses, Mapping):
        sources = [str(source) for source, of in statuses.items() if not isinstance(of, Mapping) or set(of) - NOT_ASKED]
    else:
        sources = [line.partition(".")[0] for line in listed(rest.get("fields"))]
    return sorted({department(source) for source in sources if source and source != IDENTITY})


def department(source: str) -> str:
    """A source's department as the office writes it: "vehicle" is GA's, "confirmation@511725000000" is MZ's of that region."""
    group, at, region = source.partition("@")
    return f"{GROUPS[group].department if group in GROUPS else group}{at}{region}"


def _fields(rest: Mapping[str, object]) -> list[Mapping[str, object]]:
    """What was told, from the outcome's lines source.field=FORM; an intent's lines say what was asked and are left out."""
    told = rest.get("told")
    found: list[Mapping[str, object]] = []
    for line in listed(told.get("fields")) if isinstance(told, Mapping) else []:
        name, _, form = line.rpartition("=")
        group, _, field = name.rpartition(".")
        found.append({"group": group, "field": field, "form": form})
    return found


def _text(wanted: Mapping[str, object], name: str) -> str:
    return str(wanted.get(name) or "")


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value if isinstance(value, datetime) else None


def _cursor(value: object) -> int | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()) or len(value) > 18:
        raise Malformed("'after' is not a cursor of this log", code="CURSOR_INVALID")
    return int(value)
