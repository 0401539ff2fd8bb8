"""Answer: step 6 of the road. Plan and outcomes -> data, errors, and what was told, for the log and for the caller.

A place is interpreted the first time a kind of caller asks for a kind of subject, and compiled from the second; both read the
same decision and tell the same (tests/hub/test_differential.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import GraphQLSchema

from connectors.value import value
from hub.apart import apart, strongest
from hub.authorizations.standing import Party
from hub.bounded import Bounded
from hub.compiled import NotCompilable, Unexpected, compiled
from hub.decision import PlaceDecision
from hub.fetch import Fetched
from hub.framed import Frame
from hub.interpreted import Interpretation, Shortcut
from hub.layout import IDENTITY, Layout, PersonPlace
from hub.leaf_types import leaf_types
from hub.outcome import Outcome
from hub.plan import KEPT_FIELDS, Plan
from hub.reach import Reach
from hub.records import Surroundings
from hub.telling import Count, Telling

LINES = 200
"""Lines of `Answer.disclosure` at most: a question wide enough to pass it reads the groups' own `disclosure`."""


@value
class Told:
    """What was told, for the outcome entry: per source how often each status stands and how many rows were told, per form how
    many leaves; and the fields themselves as source.field=FORM. Counted after masking, from what arrived.
    """

    statuses: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, int]
    forms: Mapping[str, int]
    fields: tuple[str, ...]
    each: Mapping[str, object]  # per subject, source=strongest form, where subjects were not told the same (`hub/apart.py`)
    cases: Mapping[str, Sequence[str]]  # of a question over several cases: in which sources told anything, and which

    @property
    def partial(self) -> bool:
        """Whether anything reached was not told as asked: a status beside MATCHED and NO_RECORD."""
        return any(status not in {"MATCHED", "NO_RECORD"} for counts in self.statuses.values() for status in counts)


@value
class Answer:
    """The answer of one question. `data` is shared in parts with other answers: written out, never changed. `disclosure` is for
    `extensions`: {fields: [{path, field, form, reason}], statuses: {source: {status: people}}, truncated}.
    """

    data: Mapping[str, object] | None
    errors: tuple[Mapping[str, object], ...]
    told: Told
    disclosure: Mapping[str, object]


class Answerer:
    """Answers plans over one schema. What it keeps is bounded: programs live with their tellings, which the planner bounds."""

    def __init__(self, schema: GraphQLSchema, reach: Reach, *, compiling: bool = True, kept: int = 1024) -> None:
        """`reach` is the planner's own, for handles; without `compiling` every answer is interpreted."""
        self._types = leaf_types(schema)
        self._reach = reach
        self._compiling = compiling
        self._disclosed: Bounded[tuple[PlaceDecision, ...], tuple[tuple[Mapping[str, object], ...], bool]] = Bounded(kept, most=KEPT_FIELDS)
        self._told: Bounded[tuple[Count, ...], tuple[str, ...]] = Bounded(kept, most=KEPT_FIELDS)
        self._apart: Bounded[tuple[tuple[Count, ...], ...], Mapping[str, object]] = Bounded(kept, most=KEPT_FIELDS)
        self._frames: Bounded[Layout, Frame] = Bounded(kept, most=KEPT_FIELDS)

    def answer(self, plan: Plan, fetched: Fetched, *, persisted: bool = False) -> Answer:
        """The answer; a persisted operation, and one over several cases, whose people are many of a kind, is compiled at once."""
        around = Surroundings(plan, self._reach)
        # Where coverage fell meanwhile, facts are too old, or a hub below told less, the disclosure is not the plan's: that is interpreted.
        compiling = self._compiling and not (fetched.fallen or fetched.altered)
        if compiling:
            self._compile(around, fetched, at_once=persisted or bool(plan.standing.several))
        shortcut = self._shortcut(around) if compiling else None
        reading = Interpretation(around, fetched, self._types, shortcut)
        data = (self._framed(around, fetched, shortcut) if shortcut is not None else None) or reading.data()
        told = self._summary(plan, fetched)
        lines, truncated = self._lines(plan)
        disclosure = {"fields": lines, "statuses": told.statuses, "truncated": truncated}
        return Answer(data, tuple(reading.errors), told, disclosure)

    def _compile(self, around: Surroundings, fetched: Fetched, *, at_once: bool) -> None:
        for telling in dict.fromkeys(around.plan.tellings.values()):
            telling.uses += 1
            if telling.program is None and (telling.uses == 2 or (at_once and telling.uses == 1)):
                try:
                    telling.program = compiled(telling, Interpretation(around, fetched, self._types))
                except NotCompilable:
                    telling.uses = 3  # past the uses at which it would be tried again

    def _framed(self, around: Surroundings, fetched: Fetched, shortcut: Shortcut) -> Mapping[str, object] | None:
        """The whole answer at once; None where somebody or something in it is to be interpreted."""
        plan = around.plan
        if any(telling.program is None for telling in plan.tellings.values()):
            return None
        outcomes = fetched.outcomes

        def whole(at: PersonPlace, party: Party) -> object:
            told = shortcut(plan.tellings[at, party], party, outcomes[party])
            if told is None:
                raise Unexpected
            return told

        try:
            frame = self._frames.get(plan.layout) or self._frames.put(plan.layout, Frame(plan.layout, self._types), 1 + plan.layout.leaves)
            return frame.read(around, whole)
        except (Unexpected, NotCompilable):
            return None

    def _shortcut(self, around: Surroundings) -> Shortcut:
        def whole(telling: Telling, party: Party, outcomes: Mapping[str, Outcome]) -> Mapping[str, object] | None:
            if telling.program is None:
                return None
            try:
                return telling.program(around.handle("per", party.member.person.id, party.standing), outcomes)
            except (Unexpected, TypeError, ValueError, KeyError, IndexError):
                return None  # a value its leaf cannot hold: the interpretation says where

        return whole

    def _summary(self, plan: Plan, fetched: Fetched) -> Told:
        stood: dict[tuple[str, str], int] = {}
        told: dict[Count, int] = {}
        heard: dict[str, list[Count]] = {subject: [] for subject in plan.log_subjects}
        cases: dict[str, dict[str, None]] = {}
        for (_, party), telling in plan.tellings.items():
            outcomes = fetched.outcomes[party]
            of_them = heard[party.member.person.log_subject]
            for count in telling.counted:
                source = count.source
                outcome = outcomes.get(source)
                if source != IDENTITY:
                    stands = source, count.status or (outcome.status if outcome is not None else "SOURCE_ERROR")
                    stood[stands] = stood.get(stands, 0) + 1
                if outcome is not None and outcome.rows and count.rows:
                    told[count] = told.get(count, 0) + len(outcome.rows)
                    of_them.append(count)
                    if plan.standing.several:
                        cases.setdefault(party.standing.caller.case, {})[source] = None
        statuses: dict[str, dict[str, int]] = {}
        for (source, status), number in stood.items():
            statuses.setdefault(source, {})[status] = number
        rows: dict[str, int] = {}
        forms: dict[str, int] = {}
        for count, number in told.items():
            rows[count.source] = rows.get(count.source, 0) + number
            for form, leaves in count.forms:
                forms[form] = forms.get(form, 0) + leaves * number
        fields = self._fields(tuple(told))
        each = self._each(tuple([tuple(one) for one in heard.values()]))
        return Told(statuses, rows, forms, fields, each, {case: sorted(sources) for case, sources in cases.items()})

    def _each(self, several: tuple[tuple[Count, ...], ...]) -> Mapping[str, object]:
        known = self._apart.get(several)
        if known is None:
            lines = [strongest(name for count in one for name in count.fields) for one in several]
            each = [tuple(f"{source}={form.value}" for source, form in sorted(one.items())) for one in lines]
            known = self._apart.put(several, apart(each), 1 + sum(map(len, several)))
        return known

    def _fields(self, several: tuple[Count, ...]) -> tuple[str, ...]:
        known = self._told.get(several)
        if known is None:
            known = tuple(sorted({name for count in several for name in count.fields}))
            self._told.put(several, known, 1 + len(known))
        return known

    def _lines(self, plan: Plan) -> tuple[tuple[Mapping[str, object], ...], bool]:
        """Everything told weaker than asked, by place; from the plan alone, so that it depends on no value."""
        decisions = tuple(dict.fromkeys([telling.decision for telling in plan.tellings.values()]))
        known = self._disclosed.get(decisions)
        if known is None:
            lines = [
                {"path": group.at.place.path, "field": line.field, "form": line.form.value, "reason": line.reason}
                for decision in decisions for group in decision.groups for line in group.disclosure
            ]
            distinct = list({tuple(line.items()): line for line in lines}.values())
            known = (tuple(distinct[:LINES]), len(distinct) > LINES)
            self._disclosed.put(decisions, known, 1 + sum([decision.place.leaves for decision in decisions]))
        return known
