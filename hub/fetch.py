"""Fetch: step 5 of the road. Plan -> what each source told of each subject, all sources at once, each within its own deadline.

Rules of this file:
- Asked is what the plan says and nothing else; a source no ask of the plan names is not contacted.
- One source's failure is one group's status. It never loses another's answer, and its words reach no caller.
- Whether each authorisation still stands is asked before an ask leaves, again when its answer comes, and once more for everybody
  when the slowest source is in: a letter revoked in between stops the telling, also of what a quick department said before.
- What comes back is believed only where it fits the ask: no other person, no row of another width, no unknown status.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from connectors.interface import Ask, DepartmentClosed, DepartmentTimeout, Mandate, Records, Subject
from connectors.value import value
from hub.arguments import resolve
from hub.authorizations.standing import Party, Standing
from hub.fallen import Gone, Recheck, by_party, still_told, why
from hub.gathering import Gathering
from hub.outcome import Outcome, believed, registered
from hub.plan import Plan, PlannedAsk
from hub.question import Place
from hub.sources import Source
from hub.wave import Waves
from policies.freshness import Freshness

GRACE = 0.25
"""Seconds past its deadline a connector has to hand over what it did get: half a batch is worth more than a time-out."""

Settled = Callable[[], Awaitable[None]]
"""Waits until what `Recheck` looks at is fresh, where it is not; returns without an error where it cannot be had, and Recheck says of
everybody that they fell.
"""

Trouble = Callable[[Source, str, Exception], None]
"""Told of each failed ask: source, status, what happened. For the operator; never for a caller."""

Heard = Callable[[Source], None]
"""Told of each ask that was answered, for the operator's counts."""

Root = Callable[[Standing, Mapping[str, object]], Awaitable[object]]
"""Answers a root field of the hub's own records (`accessLog`) from standing and arguments."""

DeepRoot = Callable[[Standing, Place, Mapping[str, object], str], Awaitable[object]]
"""A root whose own fields take arguments, or that sets something going: standing, place, variables, the question's intent."""


@value
class Fetched:
    """Outcomes by party and source; `fallen` where any authorisation fell meanwhile; `roots` by response key; `altered` where
    less is told than the plan let expect, so that a disclosure is not the plan's.
    """

    outcomes: Mapping[Party, Mapping[str, Outcome]]
    fallen: bool
    roots: Mapping[str, object]
    altered: bool = False


class Fetcher:
    """Asks the sources of a plan."""

    def __init__(
        self, *, gathering: Gathering | None = None, recheck: Recheck | None = None, settled: Settled | None = None,
        trouble: Trouble | None = None, heard: Heard | None = None, roots: Mapping[str, Root] | None = None, deep: Mapping[str, DeepRoot] | None = None,
    ) -> None:
        """Without `gathering` every ask is a call of its own."""
        self._gathering = gathering
        self._recheck = recheck or (lambda _standing, _people: {})
        self._settled = settled
        self._trouble = trouble or (lambda _source, _status, _error: None)
        self._heard = heard or (lambda _source: None)
        self._roots = roots or {}
        self._deep = deep or {}
        self._waves = Waves[PlannedAsk, dict[Party, Outcome]]()

    async def fetch(self, plan: Plan, intent: str) -> Fetched:
        """Everything the plan asks, under the durable intent entry `intent`."""
        outcomes: dict[Party, dict[str, Outcome]] = {}
        subjects: dict[Party, Subject] = {}
        for party, join in plan.joins.items():
            person = party.member.person
            outcomes[party] = {} if join.identity is None else {join.identity.source: registered(join.identity, person)}
            subjects[party] = Subject(f"{intent}.{len(subjects)}", person.id_number, person.name, intent, party.standing.caller.case)
        # First: whoever may not see the log is refused before a department is asked for what stands beside it in the question.
        roots = await self._own(plan, intent) if self._roots or self._deep else {}
        fallen = altered = False
        for ask, told in zip(plan.asks, await self._all(plan, subjects) if plan.asks else (), strict=True):
            source = ask.columns.source
            for party, outcome in told.items():
                outcomes[party][source] = outcome
                if outcome.reason:
                    altered = True
                    fallen = fallen or outcome.status == "NOT_AUTHORIZED"
        # A slow source's whole deadline may lie between a quick one's answer and this moment.
        gone = await self._gone(plan, [party for party, told in outcomes.items() if told])
        for party, source, code in still_told(plan.asks, outcomes, gone):
            outcomes[party][source] = Outcome("NOT_AUTHORIZED", None, None, code)
            fallen = altered = True
        return Fetched(outcomes, fallen, roots, altered or any(ask.source.mandated for ask in plan.asks))

    async def fallen(self, plan: Plan, fetched: Fetched) -> bool:
        """Whether any authorisation the answer stands on has fallen by now: asked once more when the outcome is recorded. Who fell before and
        of whom nothing is told is passed over, and nobody else with them; so is a fact group nothing of which is told.
        """
        parties = list(plan.joins) if not fetched.fallen else [
            party for party in plan.joins if not (told := fetched.outcomes.get(party)) or any(one.status != "NOT_AUTHORIZED" for one in told.values())
        ]
        gone = await self._gone(plan, parties)
        return any(isinstance(one, Party) for one in gone) or bool(still_told(plan.asks, fetched.outcomes, gone))

    async def _gone_of(self, plan: Plan, parties: Sequence[Party], group: str) -> Mapping[Party, str]:
        """Of whom this fact group may be told no more, with the reason code."""
        gone = await self._gone(plan, parties)
        return {party: code for party in parties if (code := why(gone, party, group))} if gone else {}

    async def _gone(self, plan: Plan, parties: Sequence[Party]) -> Gone:
        """Whose authorisation has fallen by now, with the reason code. A process that was kept from its turn for a second finds nobody
        standing, at whichever look it wakes up: it asks the database then and looks again, rather than refuse everybody.
        """
        gone = self._unasked(plan, parties)
        if gone and self._settled is not None:
            await self._settled()
            gone = self._unasked(plan, parties)
        return gone

    def _unasked(self, plan: Plan, parties: Sequence[Party]) -> Gone:
        """Whose authorisation has fallen as far as memory knows: looked at in each one's own matter, so that a letter of one
        matter stops the people of that matter and nobody else's.
        """
        if not plan.standing.several:  # of one case, and asked a dozen times a question
            fallen = self._recheck(plan.standing, [party.member.person.id for party in parties]) if parties else {}
            return by_party(fallen, parties) if fallen else {}
        by_matter: dict[str, list[Party]] = {}
        for party in parties:
            by_matter.setdefault(party.standing.caller.case, []).append(party)
        gone: dict[Party | tuple[Party, str], str] = {}
        for several in by_matter.values():
            fallen = self._recheck(several[0].standing, [party.member.person.id for party in several])
            if fallen:
                gone.update(by_party(fallen, several))
        return gone

    async def _all(self, plan: Plan, subjects: Mapping[Party, Subject]) -> list[dict[Party, Outcome]]:
        """All asks at once. Whoever has not handed over at its deadline is let go of."""
        limits = [ask.source.patience(len(ask.people)) + GRACE for ask in plan.asks]
        told = await self._waves.run(plan.asks, lambda ask: self._ask(plan, ask, subjects), limits)
        return [self._late(ask) if one is None else one for one, ask in zip(told, plan.asks, strict=True)]

    def _late(self, ask: PlannedAsk) -> dict[Party, Outcome]:
        return self._failed(ask.source, ask.people, "SOURCE_TIMEOUT", TimeoutError("let go of"))

    async def _own(self, plan: Plan, intent: str) -> dict[str, object]:
        """The hub's own lists a root asks for; who may see them is the provider's to say."""
        told: dict[str, object] = {}
        for place in plan.layout.question.places:
            if place.name in self._roots:
                told[place.key] = await self._roots[place.name](plan.standing, resolve(place.arguments, plan.variables))
            elif place.name in self._deep:
                told[place.key] = await self._deep[place.name](plan.standing, place, plan.variables, intent)
        return told

    async def _ask(self, plan: Plan, planned: PlannedAsk, subjects: Mapping[Party, Subject]) -> dict[Party, Outcome]:
        source = planned.source
        gone = await self._gone_of(plan, planned.people, source.group)
        standing = [party for party in planned.people if party not in gone] if gone else planned.people
        told = {party: Outcome("NOT_AUTHORIZED", None, None, code) for party, code in gone.items()}
        if not standing:
            return told
        fell: dict[Party, str] = {}
        ask = _worded(plan, planned, tuple([subjects[party] for party in standing]))
        try:
            records = await self._sent(plan, source, ask, standing, fell)
        except (TimeoutError, DepartmentTimeout) as error:
            return told | self._failed(source, standing, "SOURCE_TIMEOUT", error)
        except DepartmentClosed as error:
            return told | self._failed(source, standing, error.code, error, error.back_at)
        except Exception as error:  # noqa: BLE001 (a connector's bug costs its own group, no more)
            return told | self._failed(source, standing, "SOURCE_ERROR", error)
        self._heard(source)
        width, ages, on = len(ask.columns), planned.ages, plan.scope.on
        judged: dict[str | None, tuple[Freshness | None, str]] = {}  # the subjects of an ask mostly share one day
        for party, subject in zip(standing, ask.subjects, strict=True):
            told[party] = Outcome("NOT_AUTHORIZED", None, None, fell[party]) if party in fell else believed(records.get(subject.key), width, ages, on, judged)
        # Not looked at again here: `fetch` does, for everybody, when the last source is in, and the road once more after recording.
        return told

    async def _sent(
        self, plan: Plan, source: Source, ask: Ask, parties: Sequence[Party], fell: dict[Party, str],
    ) -> Mapping[str, Records]:
        """The ask's records; `fell` is given who was left out as a gathered call left, with the reason code."""
        if self._gathering is None or not source.gathers:
            return await source.connector.fetch(ask)

        async def stands(asked: Sequence[Subject]) -> Sequence[Subject]:
            gone = await self._gone_of(plan, parties, source.group)
            fell.update(gone)
            return [one for one, party in zip(asked, parties, strict=True) if party not in gone] if gone else asked

        return await self._gathering.fetch(source.connector, ask, stands, splits=not source.counted)

    def _failed(
        self, source: Source, parties: Sequence[Party], status: str, error: Exception, back_at: str | None = None,
    ) -> dict[Party, Outcome]:
        self._trouble(source, status, error)
        return dict.fromkeys(parties, Outcome(status, None, None, back_at=back_at))


def _worded(plan: Plan, planned: PlannedAsk, subjects: tuple[Subject, ...]) -> Ask:
    caller, source = plan.standing.caller, planned.source
    return Ask(
        group=source.group, columns=planned.columns.columns, subjects=subjects, organisation=caller.organisation, purpose=caller.purpose,
        deadline=source.patience(len(subjects)), mandate=_mandate(planned.people[0].standing) if source.mandated else None,
    )


def _mandate(standing: Standing) -> Mandate:
    caller, matter = standing.caller, standing.matter
    return Mandate(
        officer=caller.officer, basis=caller.basis.kind.value, article=caller.basis.article, reason=caller.basis.reason,
        letters=tuple(digest for _, digest in caller.basis.letters), platform=matter.platform if matter else "",
        reference=matter.reference if matter else "",
    )
