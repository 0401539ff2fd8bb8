"""Plan: step 3 of the road. Question x standing x policy -> what is asked of whom and told where, decided before anything is fetched.

    question, arguments ── layout (kept) ──> person places
    matter, handles     ── reach ──────────> who stands at each
    coverage, policy    ── decision (kept) ─> verdicts, columns per place and class of subject
    places of a subject ── join (kept) ────> one ask per source; each place its own leaves
    equal column sets   ───────────────────> asks for several subjects together

A plan is a value: `hub explain` prints it, the log names it by digest. Nothing in it came from a department.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from connectors.value import value
from hub.authorizations.approved import kin_of_staff
from hub.authorizations.matter import Member
from hub.authorizations.standing import Coverage, Standing
from hub.bounded import Bounded
from hub.caller import Caller
from hub.decision import PlaceDecision, SubjectKey, decide
from hub.layout import GroupPlace, Layout, PersonPlace, lay_out, shape, shape_variables
from hub.question import Question
from hub.reach import Handles, Reach, Reached
from hub.scope import Scope, Scopes, age_band, subject_class
from hub.sources import Source, Sources
from hub.telling import Columns, Join, Telling, join
from hub.verdicts import Verdicts
from policies.engine import Policy
from policies.verdict import Resource, SubjectClass, Verdict
from schema.register import GroupSpec

NOBODY = Coverage(covered=False, code="SUBJECT_NOT_COVERED", assurance="NONE", letters=(), groups=frozenset())
"""Check 6 for a person nobody spoke about: not covered."""

KEPT_FIELDS = 30_000
"""What each memory of a planner holds at most, in fields of questions: askers decide how large a question is, not how large a worker."""

LookUp = Callable[[Caller], Awaitable[None]]
"""Called once for each look-up by ID number before it is answered; raises `TooMany` past the quota."""


@value
class PlannedAsk:
    """One source's columns for the people who are asked exactly these."""

    source: Source
    columns: Columns
    people: tuple[Member, ...]


@value
class Plan:
    """Everything decided about one question. `tellings` by place and person id; `people` and `joins` by person id, in reached order."""

    standing: Standing
    layout: Layout
    variables: Mapping[str, object]
    reached: Reached
    scope: Scope
    people: Mapping[str, Member]
    joins: Mapping[str, Join]
    tellings: Mapping[tuple[PersonPlace, str], Telling]
    asks: tuple[PlannedAsk, ...]
    fields: tuple[str, ...]  # what will be asked, as source.field.leaf=FORM, for the intent entry
    log_subjects: tuple[str, ...]  # the people reached, by their pseudonyms in the log
    letters: tuple[str, ...] | None  # those that cover them, sorted; None lets an entry name those of the token
    approvals: tuple[str, ...]  # those of a second person the question makes use of, sorted
    digest: str

    @property
    def departments(self) -> tuple[str, ...]:
        """Codes of the departments and "department@region" of the neighbours that will be asked, sorted."""
        return tuple(sorted({
            f"{ask.source.department}@{ask.columns.region}" if ask.columns.region else ask.source.department for ask in self.asks
        }))


class Planner:
    """Makes plans under one policy. Everything it keeps is bounded and follows from rules and shapes, never from a value."""

    def __init__(
        self, *, groups: Mapping[str, GroupSpec], policy: Policy, sources: Sources, handles: Handles, region: str,
        look_up: LookUp | None = None, pseudonym: Callable[[Caller], Callable[[str], str]] | None = None, kept: int = 2048,
    ) -> None:
        """`region` is the hub's own; `pseudonym` gives the function that names a source's person to a caller, see `hub/people`."""
        self._groups = groups
        self._region = region
        self._look_up = look_up
        self.reach = Reach(handles)
        self._verdicts = Verdicts(policy)
        self._scopes = Scopes(policy, sources, region=region, pseudonym=pseudonym, kept=kept)
        self._shapes: Bounded[str, tuple[str, ...]] = Bounded(kept)
        self._layouts: Bounded[tuple[str, tuple[object, ...]], Layout] = Bounded(kept, most=KEPT_FIELDS)
        self._joins: Bounded[tuple[PlaceDecision, ...], Join] = Bounded(kept, most=KEPT_FIELDS)
        self._columns: Bounded[object, Columns] = Bounded(kept * 2, most=KEPT_FIELDS)
        self._fields: Bounded[tuple[Join, ...], tuple[str, ...]] = Bounded(kept, most=KEPT_FIELDS)

    async def plan(self, question: Question, variables: Mapping[str, object], standing: Standing, now: datetime) -> Plan:
        """The whole plan of one question. Warm it costs tens of microseconds; a new kind of question or person some ms more."""
        layout = self._layout(question, variables)
        if self._look_up is not None:
            for root in question.places:
                if root.name == "lookUp":
                    await self._look_up(standing.caller)
        reached = self.reach.walk(layout, variables, standing.caller, standing.matter)
        return await self._made(layout, variables, reached, standing, now)

    async def of_anybody(self, question: Question, variables: Mapping[str, object], standing: Standing, now: datetime) -> Plan:
        """The plan as if the question named everybody of the matter wherever it may: what can be said of it before anybody asks it."""
        layout = self._layout(question, variables)
        return await self._made(layout, variables, self.reach.anybody(layout, standing.matter), standing, now)

    async def _made(
        self, layout: Layout, variables: Mapping[str, object], reached: Reached, standing: Standing, now: datetime,
    ) -> Plan:
        caller, matter = standing.caller, standing.matter
        scope = self._scopes.of(layout, standing, now)
        at: dict[str, list[PersonPlace]] = {}
        decided: dict[str, list[PlaceDecision]] = {}
        people: dict[str, Member] = {}
        registered, basis = kin_of_staff(matter), caller.basis.kind
        for place, member in reached.places:
            person = member.person.id
            if person not in people:
                people[person], at[person], decided[person] = member, [], []
            at[person].append(place)
            coverage, age = standing.coverage.get(person, NOBODY), age_band(member.person.birth_date, scope.on)
            kin, approved = person in registered, coverage.approved
            key = (place.index, coverage.covered, coverage.code, coverage.groups, coverage.assurance, age, kin, member.role, basis, approved)
            known = scope.decisions.get(key)
            if known is None:
                subject = subject_class(coverage, basis=basis, age_band=age, kin_of_staff=kin, role=member.role)
                known = scope.decisions.put(key, await self._decide(place, scope, coverage, subject), 1 + place.leaves)
            decided[person].append(known)
        joins = {person: self._join(tuple(decided[person])) for person in people}
        tellings = {
            (place, person): telling for person, one in joins.items() for place, telling in zip(at[person], one.tellings, strict=True)
        }
        return Plan(
            standing=standing, layout=layout, variables=variables, reached=reached, scope=scope, people=people, joins=joins, tellings=tellings,
            asks=_asks(joins, people, scope), fields=self._log_fields(joins),
            log_subjects=tuple([member.person.log_subject for member in people.values()]), letters=_letters(people, standing),
            approvals=_approvals(people, standing),
            digest=_digest(layout.question, joins, people, scope),
        )

    def forget_sources(self) -> None:
        """Whom a group is asked of has changed: what was decided with the old sources is decided anew."""
        self._scopes.forget()

    def _layout(self, question: Question, variables: Mapping[str, object]) -> Layout:
        names = self._shapes.get(question.digest)
        if names is None:
            names = self._shapes.put(question.digest, shape_variables(question))
        key = (question.digest, shape(names, variables) if names else ())
        layout = self._layouts.get(key)
        # The digest names the shape; the same object is the same shape without a doubt, another is laid out anew.
        if layout is None or layout.question is not question:
            layout = lay_out(question, variables, self._groups, self._region)
            self._layouts.put(key, layout, layout.leaves)
        return layout

    async def _decide(self, place: PersonPlace, scope: Scope, coverage: Coverage, subject: SubjectClass) -> PlaceDecision:
        table: Mapping[Resource, Verdict] = {}
        if coverage.covered:
            table = await self._verdicts.table(scope.purpose, scope.caller, subject, _resources(place.groups))
        return decide(place, scope.rules, SubjectKey(covered=coverage.covered, code=coverage.code, groups=coverage.groups), table)

    def _join(self, decisions: tuple[PlaceDecision, ...]) -> Join:
        return self._joins.get(decisions) or self._joins.put(decisions, join(decisions, self._columns), 1 + sum([one.place.leaves for one in decisions]))

    def _log_fields(self, joins: Mapping[str, Join]) -> tuple[str, ...]:
        distinct = tuple(dict.fromkeys(joins.values()))
        if len(distinct) == 1:
            return distinct[0].log_fields
        fields = self._fields.get(distinct)
        if fields is None:
            fields = tuple(sorted({name for one in distinct for name in one.log_fields}))
            self._fields.put(distinct, fields, 1 + len(fields))
        return fields


def _asks(joins: Mapping[str, Join], people: Mapping[str, Member], scope: Scope) -> tuple[PlannedAsk, ...]:
    """Subjects with identical column sets together, and no others: a set is one object (`telling.Columns`)."""
    together: dict[Columns, list[Member]] = {}
    for person, one in joins.items():
        for columns in one.asks:
            if columns in together:
                together[columns].append(people[person])
            else:
                together[columns] = [people[person]]
    return tuple([PlannedAsk(scope.sources[columns.source], columns, tuple(asked)) for columns, asked in together.items()])


def _letters(people: Mapping[str, Member], standing: Standing) -> tuple[str, ...] | None:
    named: set[str] = set()
    for person in people:
        coverage = standing.coverage.get(person)
        if coverage is not None and coverage.covered:
            named.update(coverage.letters)
    return tuple(sorted(named)) or None


def _approvals(people: Mapping[str, Member], standing: Standing) -> tuple[str, ...]:
    if standing.matter is None or not standing.matter.approvals:
        return ()
    held = [standing.coverage[person].approved for person in people if person in standing.coverage]
    return tuple(sorted({one for approved in held if approved is not None for one in approved.approvals}))


def _resources(groups: tuple[GroupPlace, ...]) -> frozenset[Resource]:
    fields = [spec for group in groups for spec in group.spec.fields.values()]
    return frozenset(Resource(spec.group, spec.level, spec.cross_region) for spec in fields)


def _digest(question: Question, joins: Mapping[str, Join], people: Mapping[str, Member], scope: Scope) -> str:
    """Names the question, the policy, and what is asked of each subject; subjects by their pseudonym in the log."""
    parts = [question.digest, scope.digest]
    for person, one in joins.items():
        parts += (people[person].person.log_subject, one.digest)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
