"""Plan: step 3 of the road. Question x standing x policy -> what is asked of whom and told where, decided before anything is fetched.

    question, arguments ── layout (kept) ──> person places
    matters, handles    ── reach ──────────> who stands at each: parties, each a person in one matter
    coverage, policy    ── decision (kept) ─> verdicts, columns per place and class of subject
    places of a subject ── join (kept) ────> one ask per source; each place its own leaves
    equal column sets   ───────────────────> asks for several subjects together
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from hub.authorizations.approved import kin_of_staff
from hub.authorizations.standing import NOBODY, Coverage, Party, Standing
from hub.bounded import Bounded
from hub.caller import Caller
from hub.decision import PlaceDecision, SubjectKey, decide
from hub.layout import GroupPlace, Layout, PersonPlace, lay_out, shape, shape_variables
from hub.named import Handles
from hub.plan import KEPT_FIELDS, Plan, PlannedAsk
from hub.question import Question
from hub.reach import Reach, Reached
from hub.scope import Scope, Scopes, age_band, subject_class
from hub.sources import Source, Sources
from hub.telling import Columns, Join, join
from hub.verdicts import Verdicts
from policies.engine import Policy
from policies.freshness import AgeRule
from policies.verdict import Resource, Verdict
from schema.register import GroupSpec

LookUp = Callable[[Caller], Awaitable[None]]
"""Called once for each look-up by ID number before it is answered; raises `TooMany` past the quota."""


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
        return await self._made(layout, variables, self.reach.walk(layout, variables, standing), standing, now)

    async def of_anybody(self, question: Question, variables: Mapping[str, object], standing: Standing, now: datetime) -> Plan:
        """The plan as if the question named everybody of the matter wherever it may: what can be said of it before anybody asks it."""
        layout = self._layout(question, variables)
        return await self._made(layout, variables, self.reach.anybody(layout, standing), standing, now)

    async def _made(
        self, layout: Layout, variables: Mapping[str, object], reached: Reached, standing: Standing, now: datetime,
    ) -> Plan:
        scopes = {one.caller.case: self._scopes.of(layout, one, now) for one in standing.each}
        kin = {one.caller.case: kin_of_staff(one.matter) for one in standing.each}
        at: dict[Party, list[PersonPlace]] = {}
        decided: dict[Party, list[PlaceDecision]] = {}
        for place, party in reached.places:
            if party not in at:
                at[party], decided[party] = [], []
            at[party].append(place)
            case = party.standing.caller.case
            decided[party].append(await self._decided(place, party, scopes[case], kin_of_staff=party.member.person.id in kin[case]))
        joins = {party: self._join(tuple(made)) for party, made in decided.items()}
        tellings = {
            (place, party): telling for party, one in joins.items() for place, telling in zip(at[party], one.tellings, strict=True)
        }
        return Plan(
            standing=standing, layout=layout, variables=variables, reached=reached, scope=next(iter(scopes.values())), joins=joins, tellings=tellings,
            asks=_asks(joins, scopes), fields=self._log_fields(joins),
            log_subjects=tuple(dict.fromkeys([party.member.person.log_subject for party in joins])), letters=_letters(joins),
            approvals=_approvals(joins),
            digest=_digest(layout.question, joins, scopes),
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

    async def _decided(self, place: PersonPlace, party: Party, scope: Scope, *, kin_of_staff: bool) -> PlaceDecision:
        """A place decided for somebody of the party's class: of their own matter, whatever is covered in another."""
        member, standing = party.member, party.standing
        basis, coverage = standing.caller.basis.kind, standing.coverage.get(member.person.id, NOBODY)
        age = age_band(member.person.birth_date, scope.on)
        key = (
            place.index, coverage.covered, coverage.code, coverage.groups, coverage.assurance, age, kin_of_staff, member.role, basis,
            coverage.approved, coverage.graded, coverage.closed,
        )
        known = scope.decisions.get(key)
        if known is not None:
            return known
        subject = subject_class(coverage, basis=basis, age_band=age, kin_of_staff=kin_of_staff, role=member.role)
        table: dict[Resource, Verdict] = {}
        for assurance, resources in _by_assurance(coverage, _resources(place.groups)).items() if coverage.covered else ():
            alike = replace(subject, assurance=assurance)
            verdicts = await self._verdicts.table(scope.purpose, scope.caller, alike, resources)
            table |= {resource: verdicts[resource] for resource in resources}  # it knows more: of other strengths' groups too
        key_of_subject = SubjectKey(covered=coverage.covered, code=coverage.code, groups=coverage.groups, closed=coverage.closed)
        return scope.decisions.put(key, decide(place, scope.rules, key_of_subject, table), 1 + place.leaves)

    def _join(self, decisions: tuple[PlaceDecision, ...]) -> Join:
        return self._joins.get(decisions) or self._joins.put(decisions, join(decisions, self._columns), 1 + sum([one.place.leaves for one in decisions]))

    def _log_fields(self, joins: Mapping[Party, Join]) -> tuple[str, ...]:
        distinct = tuple(dict.fromkeys(joins.values()))
        if len(distinct) == 1:
            return distinct[0].log_fields
        fields = self._fields.get(distinct)
        if fields is None:
            fields = tuple(sorted({name for one in distinct for name in one.log_fields}))
            self._fields.put(distinct, fields, 1 + len(fields))
        return fields


def _asks(joins: Mapping[Party, Join], scopes: Mapping[str, Scope]) -> tuple[PlannedAsk, ...]:
    """Subjects with identical column sets together, and no others: a set is one object (`telling.Columns`). Of whichever matter they
    are, save where the source is another in another region or takes one matter a call.
    """
    together: dict[object, list[Party]] = {}
    asked: dict[object, tuple[Source, Columns, AgeRule]] = {}
    for party, one in joins.items():
        case = party.standing.caller.case
        scope = scopes[case]
        for columns in one.asks:
            source = scope.sources[columns.source]
            key = (columns, source, case if source.one_matter else "")
            if key in together:
                together[key].append(party)
            else:
                together[key], asked[key] = [party], (source, columns, scope.ages[columns.source])
    return tuple([PlannedAsk(source, columns, tuple(together[key]), ages) for key, (source, columns, ages) in asked.items()])


def _letters(joins: Mapping[Party, Join]) -> tuple[str, ...] | None:
    named: set[str] = set()
    for party in joins:
        coverage = party.standing.coverage.get(party.member.person.id)
        if coverage is not None and coverage.covered:
            named.update(coverage.letters)
    return tuple(sorted(named)) or None


def _approvals(joins: Mapping[Party, Join]) -> tuple[str, ...]:
    used: set[str] = set()
    for party in joins:
        if party.standing.matter is not None and party.standing.matter.approvals:
            coverage = party.standing.coverage.get(party.member.person.id)
            if coverage is not None and coverage.approved is not None:
                used.update(coverage.approved.approvals)
    return tuple(sorted(used))


def _resources(groups: tuple[GroupPlace, ...]) -> frozenset[Resource]:
    fields = [spec for group in groups for spec in group.spec.fields.values()]
    return frozenset(Resource(spec.group, spec.level, spec.cross_region) for spec in fields)


def _by_assurance(coverage: Coverage, resources: frozenset[Resource]) -> Mapping[str, frozenset[Resource]]:
    """The resources by how strongly their fact groups were consented to: one set, unless a person's letters were signed unlike."""
    if not coverage.graded:
        return {coverage.assurance: resources}
    strengths = {resource: coverage.assured(resource.group) for resource in resources}
    return {one: frozenset([resource for resource, strength in strengths.items() if strength == one]) for one in strengths.values()}


def _digest(question: Question, joins: Mapping[Party, Join], scopes: Mapping[str, Scope]) -> str:
    """Names the question, the policy, and what is asked of each subject; subjects by their pseudonym in the log."""
    parts = [question.digest, next(iter(scopes.values())).digest]
    for party, one in joins.items():
        parts += (party.standing.caller.case, party.member.person.log_subject, one.digest)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
