"""The scope of a decision: what one caller's question has in common for every subject, and the decisions made in it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from connectors.interface import Raw, Told
from hub.authorizations.ability import under_fourteen
from hub.authorizations.standing import Coverage, Standing
from hub.bounded import Bounded
from hub.caller import Caller
from hub.decision import PlaceDecision, Rules
from hub.layout import Layout
from hub.sources import Source, Sources
from policies.calendar import CHINA
from policies.engine import Policy
from policies.freshness import AgeRule
from policies.reduce import reducer
from policies.verdict import AgeBand, BasisKind, CallerClass, SubjectClass
from schema.register import FieldSpec

SCOPED = 30_000
"""Fields of the layouts of all kept scopes together, each counted twice: a scope holds the decisions made in it."""

CLASSES_A_SCOPE = 512
"""Decisions kept in one scope: places times classes of subjects; the operation's limits keep a question far below."""

_Asker = tuple[str, str] | None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One kind of caller asking one layout under one purpose on one day."""

    purpose: str
    caller: CallerClass
    on: date
    region: str
    digest: str
    rules: Rules
    sources: Mapping[str, Source]  # those that are connected
    ages: Mapping[str, AgeRule]  # how old what each of them tells may be
    decisions: Bounded[tuple[object, ...], PlaceDecision]


class Scopes:
    """Scopes by what makes them differ. The catalogue and the token's groups are part of the key: a change is another scope."""

    def __init__(
        self, policy: Policy, sources: Sources, *, region: str,
        pseudonym: Callable[[Caller], Callable[[str], str]] | None, kept: int,
    ) -> None:
        """`kept` scopes; as many reducers are shared between them."""
        self._policy = policy
        self._sources = sources
        self._region = region
        self._pseudonym = pseudonym
        self._kept: Bounded[tuple[object, ...], Scope] = Bounded(kept, most=SCOPED)
        self._reducers: Bounded[tuple[object, ...], Callable[[Raw], Told]] = Bounded(kept * 2)

    def forget(self) -> None:
        """Make every scope anew: somebody can be asked who could not, or the other way round."""
        self._kept.clear()

    def of(self, layout: Layout, standing: Standing, now: datetime) -> Scope:
        """The scope of this caller and layout at `now`."""
        caller = standing.caller
        on = now.astimezone(CHINA).date()
        area = standing.matter.area if standing.matter is not None and layout.thresholds else ""
        # A pseudonym is of one purpose, organisation and case: its reducers must not be shared further.
        asker = (caller.organisation, caller.case) if layout.pseudonyms else None
        home = standing.matter.region if self._sources.divided and standing.matter is not None else ""
        key = (
            layout, caller.department, caller.relation, caller.role, caller.purpose, caller.groups, asker, area, home, on,
            tuple(map(standing.catalogue.get, layout.groups)),
        )
        return self._kept.get(key) or self._kept.put(key, self._make(layout, standing, on, area, home, asker), 2 * layout.leaves)

    def _make(self, layout: Layout, standing: Standing, on: date, area: str, home: str, asker: _Asker) -> Scope:
        caller = standing.caller
        thresholds = self._policy.thresholds(area, on) if area else {}
        yuan = {name: _plain(thresholds.get(name)) for name in layout.thresholds}
        asked = {group.source: (group.spec.code, group.region) for person in layout.people for group in person.groups}
        found = {source: self._sources.source(code, region, home) for source, (code, region) in asked.items()}
        sources = {name: source for name, source in found.items() if source is not None}
        return Scope(
            purpose=caller.purpose, caller=CallerClass(caller.department, caller.relation, caller.role), on=on,
            region=self._region, digest=self._policy.digest,
            rules=Rules(
                groups=caller.groups, catalogue={group: standing.catalogue.get(group, "CATALOG_DENIED") for group in layout.groups},
                thresholds=yuan, reducers=partial(self._reducer, caller, asker),
                sources=sources,
            ),
            sources=sources,
            ages={name: self._policy.age_rule(caller.purpose, one.group, one.fresh_days) for name, one in sources.items()},
            decisions=Bounded(CLASSES_A_SCOPE, most=4 * layout.leaves + 1),
        )

    def _reducer(
        self, caller: Caller, asker: _Asker, spec: FieldSpec, leaf: str, yuan: str | None,
    ) -> Callable[[Raw], Told]:
        """One reducer object for equal arguments, so that equal column sets are found to be equal."""
        profile = self._policy.mask_profile(caller.relation)
        pseudonymous = leaf == "pid"
        key = (spec, leaf, yuan, profile, (asker, caller.purpose) if pseudonymous else None)
        known = self._reducers.get(key)
        if known is None:
            known = self._reducers.put(key, reducer(
                spec.kind, leaf, field=spec.name, group=spec.group, mask_profile=profile, codes=spec.codes, parameter=yuan,
                unit=spec.unit or "yuan",
                pseudonym=self._pseudonym(caller) if pseudonymous and self._pseudonym is not None else None,
            ))
        return known


def subject_class(coverage: Coverage, *, basis: BasisKind, age_band: AgeBand, kin_of_staff: bool, role: str) -> SubjectClass:
    """What policy is told of a subject."""
    approved = coverage.approved
    return SubjectClass(
        basis=basis, covered=coverage.covered, assurance=coverage.assurance, age_band=age_band, kin_of_staff=kin_of_staff, role=role,
        kin_approved=approved.kin if approved is not None else frozenset(),
        approved=approved.purpose if approved is not None else frozenset(),
        kin_of_asker=approved is not None and approved.own_kin,
    )


def age_band(birth_date: date | None, on: date) -> AgeBand:
    """Age band on a day. An unknown age counts as under 14 (PIPL §28, §31); a year of age is reached the day after the
    birthday, so that on the birthday itself the child is still protected.
    """
    if birth_date is None or under_fourteen(birth_date, on):
        return AgeBand.UNDER_14
    years = on.year - birth_date.year - ((on.month, on.day) <= (birth_date.month, birth_date.day))
    return AgeBand.MINOR if years < 18 else AgeBand.ADULT


def _plain(yuan: Decimal | None) -> str | None:
    return None if yuan is None else format(yuan, "f")
