"""`Query.me` and the mutations of a person, a request for correction or explanation and what they arrange for after their death: answered for the
person a citizen's token names, on the road every question takes.

Rules of this file:
- The person comes from the token alone. No argument, cursor or id that is sent leads to anybody else's entries.
- Whoever has another kind of token is told that this is not theirs, whatever they ask.
- Each look is a question like any other: its intent names the person, and the guardian who asks for them, before this runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import asyncpg

from hub.access_log.receipt import Receipt
from hub.access_log.store import Stored
from hub.arguments import resolve
from hub.authorizations.standing import Standing
from hub.caller import Caller, asks_for_themself
from hub.citizens.accesses import Known, access, organisations, questions
from hub.citizens.admission import PURPOSE
from hub.citizens.arrangements import Arrangements
from hub.citizens.assertion import CitizenRefused
from hub.citizens.corrections import PersonalCorrections
from hub.citizens.deceased import Deceased
from hub.citizens.entries import Period, PersonalEntries, Withheld
from hub.citizens.explanations import PersonalExplanations
from hub.citizens.handling_rules import handling_rules
from hub.citizens.kinship import ARTICLE
from hub.citizens.letters import Counted, MatterOf, letters_named, letters_of
from hub.citizens.oneself import Oneself
from hub.citizens.remedies import remedies
from hub.errors import Forbidden, Malformed, TooMany
from hub.incidents.told import OwnIncidents
from hub.people.handles import Handles
from hub.people.vault import Vault
from hub.question import Place
from hub.records import Keyed
from policies.citizens import CitizenRules
from policies.disposal import Term
from policies.notices import Notices
from policies.purposes import PurposeKind

HOUR = timedelta(hours=1)
_LOG_KEYS = "SELECT id, log_key FROM person WHERE id = ANY($1::uuid[])"

ReceiptOf = Callable[[str], Awaitable[Receipt | None]]


class OwnRecords:
    """The roots of one hub."""

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], *, vault: Vault, handles: Handles, matter_of: MatterOf, receipt_of: ReceiptOf,
        corrections: PersonalCorrections, explanations: PersonalExplanations, arrangements: Arrangements, counted: Counted, terms: Mapping[PurposeKind, Term],
        register: Notices, rules: CitizenRules | None, clock: Callable[[], datetime],
    ) -> None:
        """`pool` of records; the `register` of notices, `rules` and `terms` of disposal are the region's."""
        self._pool = pool
        self._vault = vault
        self._handles = handles
        self._matter_of = matter_of
        self._receipt_of = receipt_of
        self._entries = PersonalEntries(pool)
        self._deceased = Deceased(pool, vault)
        self._incidents = OwnIncidents(pool)
        self._corrections = corrections
        self._explanations = explanations
        self._terms = terms
        self._arrangements = arrangements
        self._counted = counted
        self._register = register
        self._rules = rules
        self._remedies = remedies(rules)
        self._clock = clock

    async def sought(self, caller: Caller) -> tuple[str, ...]:
        """The pseudonyms of whom a citizen's question is about, and of the guardian who asks; none for another token."""
        if not asks_for_themself(caller.basis):
            return ()
        named = [self._decoded(handle, caller) for handle in (caller.basis.person, caller.basis.actor) if handle]
        subjects = await self._subjects([one for one in named if one is not None])
        return tuple(subjects[one] for one in named if one is not None and one in subjects)

    async def me(self, standing: Standing, place: Place, variables: Mapping[str, object], _intent: str) -> object:
        """The person as asked. Raises Forbidden for another token, TooMany past the hour's questions."""
        person, rules, now = *await self._admitted(standing.caller), self._clock()
        told = Keyed()
        for child in place.selections.get("DataSubject", ()):
            given = resolve(child.arguments, variables)
            told[child.key] = await self._accesses(person, rules, child, given, now) if child.name == "accesses" else await self._told(child.name, person, given, now)
        return told

    async def _told(self, name: str, person: Oneself, given: Mapping[str, object], now: datetime) -> object:
        """One field of a person, but for `accesses`."""
        if name in {"letters", "incidents"} and person.dead:
            raise Forbidden("of the dead a relative is shown who asked, corrections and explanations (PIPL §49)", code="PURPOSE_MISMATCH")
        match name:
            case "id":
                return person.handle
            case "letters":
                return await letters_of(person.id, person.cases, self._matter_of, now, self._counted, self._register)
            case "corrections":
                return await self._corrections.of(person.subject, now)
            case "explanations":
                return await self._explanations.of(person, now)
            case "rules":
                return handling_rules(str(given["purpose"]), self._terms)
            case "incidents":
                return await self._incidents.of(person.subject)
            case "closedAfterDeath":
                return await self._deceased.arranged(UUID(person.id))
            case "remedies":
                return self._remedies
        return None

    async def request_correction(self, standing: Standing, place: Place, variables: Mapping[str, object], intent: str) -> object:
        """A request filed. Raises as `me`, and CallerError where it cannot be."""
        await self._admitted(standing.caller)
        given = resolve(place.arguments, variables)
        return await self._corrections.file(standing.caller, str(given["group"]), str(given["text"]), intent=intent, now=self._clock())

    async def request_explanation(self, standing: Standing, place: Place, variables: Mapping[str, object], intent: str) -> object:
        """A request filed. Raises as `me`, and CallerError where it cannot be."""
        person, _ = await self._admitted(standing.caller)
        return await self._explanations.file(standing.caller, person, resolve(place.arguments, variables), intent=intent, now=self._clock())

    async def arrange_after_death(self, standing: Standing, place: Place, variables: Mapping[str, object], intent: str) -> object:
        """The person's own word on their records after their death; no guardian's, no relative's. Raises as `me`."""
        person, _ = await self._admitted(standing.caller)
        if standing.caller.basis.actor:
            raise Forbidden("one arranges for one's own death alone", code="PURPOSE_MISMATCH")
        closed = resolve(place.arguments, variables)["closed"] is True
        await self._arrangements.say(UUID(person.id), closed=closed, question=intent, by=standing.caller.basis.platform, at=self._clock())
        return {"closed": closed}

    async def _admitted(self, caller: Caller) -> tuple[Oneself, CitizenRules]:
        if caller.purpose != PURPOSE or not asks_for_themself(caller.basis) or self._rules is None:
            raise Forbidden("this is told to a person about themself, on their platform's word", code="PURPOSE_MISMATCH")
        internal, actor = (self._decoded(handle, caller) if handle else None for handle in (caller.basis.person, caller.basis.actor))
        dead = caller.basis.article == ARTICLE
        subjects = await self._subjects([one for one in (internal, actor) if one is not None])
        subject, relative = (subjects.get(one, "") if one is not None else "" for one in (internal, actor if dead else None))
        if internal is None or not subject or (dead and not relative):
            raise Forbidden("the token's person is not known here any more", code="SUBJECT_NOT_COVERED")
        await self._within_rate(subject, self._rules)
        cases = await self._entries.cases(str(internal))
        if dead:
            await self._still(internal, subject)
        return Oneself(str(internal), caller.basis.person, subject, cases, relative), self._rules

    async def _still(self, person: UUID, subject: str) -> None:
        """A relative's token may outlive what it was given on: a death that was declared in error, records closed meanwhile."""
        try:
            await self._deceased.admit(person, subject, self._clock())
        except CitizenRefused:
            raise Forbidden("the token's person is not known here any more", code="SUBJECT_NOT_COVERED") from None

    async def _within_rate(self, subject: str, rules: CitizenRules) -> None:
        now = self._clock()
        looks = await self._entries.looks(subject, now=now, within=HOUR, most=rules.questions_an_hour + 1)
        if len(looks) > rules.questions_an_hour:
            wait = ceil((looks[-1] + HOUR - now).total_seconds())
            raise TooMany("this person's questions of the hour are used up", retry_after=max(1, wait), code="PERSON_RATE")

    async def _accesses(
        self, person: Oneself, rules: CitizenRules, place: Place, given: Mapping[str, object], now: datetime,
    ) -> dict[str, object]:
        period = Period(_instant(given.get("since")), _instant(given.get("until")), person.dead)
        first = given.get("first")
        page = await self._entries.page(
            person.subject, person.cases, period, now=now, after=_cursor(given.get("after")), limit=first if isinstance(first, int) else 20,
        )
        outcomes = await self._entries.outcomes(questions(page.entries))
        known = await self._known(person, rules, page.entries)
        shows_receipts = _asks(place, "edges", "node", "receipts")
        edges = []
        for entry in page.entries:
            node = access(entry, outcomes.get(entry.id, ()), known)
            if shows_receipts:
                node["receipts"] = [await self._receipt(one) for one in (entry, *outcomes.get(entry.id, ()))]
            edges.append({"cursor": str(entry.index), "node": node})
        withheld = await self._entries.withheld(person.subject, person.cases, period, now=now)
        return {
            "edges": edges, "withheld": [self._withheld(one) for one in withheld], "erased": await self._entries.erased(person.id),
            "pageInfo": {"hasNextPage": page.after is not None, "endCursor": edges[-1]["cursor"] if edges else None},
        }

    def _withheld(self, one: Withheld) -> dict[str, object]:
        """What is hidden is a refusal, and one may turn somewhere against it (PIPL §45(1), §50)."""
        return {"article": one.article, "count": one.count, "until": one.until, "remedies": self._remedies}

    async def _known(self, person: Oneself, rules: CitizenRules, entries: Sequence[Stored]) -> Known:
        cases = sorted({str(entry.parts()[0].get("case") or "") for entry in entries} - {""})
        return Known(
            subject=person.subject, references=await self._entries.references(cases),
            names=await self._entries.names(organisations(entries)), letters=await letters_named(person.id, person.cases, self._matter_of),
            officer=rules.officer,
        )

    async def _receipt(self, entry: Stored) -> Mapping[str, object] | None:
        found = await self._receipt_of(entry.id)
        return None if found is None else {**found.as_json(), "index": str(found.index)}

    async def _subjects(self, people: Sequence[UUID]) -> Mapping[UUID, str]:
        rows = await self._pool.fetch(_LOG_KEYS, list(people))
        return {row["id"]: self._vault.log_subject(row["id"], bytes(row["log_key"])) for row in rows}

    def _decoded(self, handle: str, caller: Caller) -> UUID | None:
        return self._handles.decode(handle, kind="per", organisation=caller.organisation, case="")


def _asks(place: Place, *names: str) -> bool:
    """Whether a field is asked below a place, by names level for level."""
    if not names:
        return True
    inner = [child for places in place.selections.values() for child in places if child.name == names[0]]
    return any(_asks(child, *names[1:]) for child in inner)


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _cursor(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()) or len(value) > 18:
        raise Malformed("'after' is not a cursor of this list", code="CURSOR_INVALID")
    return int(value)
