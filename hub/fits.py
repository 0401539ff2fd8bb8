"""`hub fits`: whether a letter of a template lets a question be answered whole, said before anybody signs or asks.

Rules of this file:
- No rule of policy stands here. A household is made in which each class of subject a letter of the template can bring is one person, the
  checks are run on it, and the planner decides as it does for any other.
- What does not depend on the letter is not asked: every department counts as connected, and the catalogue as open unless it is given.
- The question's arguments below its roots decide what is asked: a variable not given is tried in each of its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.authorizations.check_table import stand
from hub.authorizations.conditions import Conditions
from hub.authorizations.presentation import relation_to
from hub.authorizations.presented import NotStanding, Presented, Requester
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Standing
from hub.caller import Basis, Caller
from hub.decision import GroupDecision
from hub.layout import PRESENCE, AskedLeaf
from hub.nobody import CASE, ORGANISATION, AllConnected, Class, NoHandles, household
from hub.open_variables import openings
from hub.operation import Operation
from hub.plan import Plan
from hub.planner import Planner
from policies.aggregation import Line
from policies.engine import Policy
from policies.forms import Form
from policies.groups import GROUPS as FACT_GROUPS
from policies.letter_templates import LetterTemplate
from policies.verdict import BasisKind
from schema.register import GROUPS

_STATUS = "status"


class Fit(StrEnum):
    """Whether everything asked is told for every class of subject, something, or nothing."""

    FITS = "FITS"
    FITS_PARTLY = "FITS_PARTLY"
    DOES_NOT_FIT = "DOES_NOT_FIT"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who would ask: a department of a region (12 digits), in a role of domain C5."""

    department: str
    region: str
    role: str


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """One thing a question asks of a person: a leaf, the record list itself, or the status of a group."""

    path: str
    group: str  # with "@region" where it is a neighbour's
    within: str  # "records" of a record's field, "" otherwise: a group has a status, and so have records of some
    field: str
    leaf: str
    threshold: str


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of it: the form it is told in, or WITHHELD with the reason's code and the strongest form that could be told."""

    form: str
    reason: str = ""
    at_most: str = ""

    @property
    def withheld(self) -> bool:
        """Whether it is not told."""
        return self.form == Form.WITHHELD.value


TOO_MUCH = Told(Form.WITHHELD.value, Reason.AGGREGATION_NEEDS_APPROVAL.value, Form.WITHHELD.value)
"""Of somebody a question alone would be told more ordinary facts of than the region lets pass without a second officer."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The whole answer. `refused` is the check by which no token would be issued at all, "" otherwise; `catalogued`: whether check 9
    was among what decided.
    """

    fit: Fit
    purpose: str
    template: str
    policy_digest: str
    template_digest: str
    refused: str
    catalogued: bool
    told: Mapping[tuple[Asked, Class], Told]

    @classmethod
    def of_all(cls, fittings: Sequence[Fitting]) -> Fitting:
        """One answer for several questions of one asker under one template; at least one."""
        told: dict[tuple[Asked, Class], Told] = {}
        for one in fittings:
            for key, outcome in one.told.items():
                _worse(told, key, outcome)
        return replace(fittings[0], fit=_fit(told.values(), refused=bool(fittings[0].refused)), told=told)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason something is withheld for, sorted."""
        return tuple(sorted({one.reason for one in self.told.values() if one.withheld} | ({self.refused} if self.refused else set())))


class Fitter:
    """Holds questions against templates under one policy. One event loop's thread only."""

    def __init__(self, policy: Policy, region: str) -> None:
        """`region` is the hub's own."""
        self._policy = policy
        self._region = region
        self._conditions = Conditions.of(region)
        self._planner = Planner(
            groups=GROUPS, policy=policy, sources=AllConnected(), handles=NoHandles(), region=region, pseudonym=lambda _: str, kept=64,
        )

    @property
    def policy_digest(self) -> str:
        """Of the policy it decides under."""
        return self._policy.digest

    async def fit(
        self, operation: Operation, template: LetterTemplate, *, purpose: str, asker: Asker, now: datetime,
        catalogue: Mapping[str, str] | None = None, variables: Mapping[str, object] | None = None, most: int | None = None,
    ) -> Fitting:
        """Raises Malformed for variables that cannot be read, TooLarge past a limit. `catalogue` is check 9 by fact group; None: everything is
        shared. `most` ways to mean the question are tried; where there are more, Malformed.
        """
        told: dict[tuple[Asked, Class], Told] = {}
        refused = ""
        try:
            households = [self._standing(template, area, purpose, asker, catalogue, now) for area in ("URBAN", "RURAL")]
        except NotStanding as refusal:
            refused = refusal.reason.value
        else:
            asks = not (operation.introspects or operation.changes)  # what does neither tells no fact
            for values in openings(operation.declared, variables or {}, self._region, most=most) if asks else ():
                question, coerced = operation.question(values)
                for standing, classes in households:
                    plan = await self._planner.of_anybody(question, coerced, standing, now)
                    _add(told, plan, classes, self._policy.profile.aggregation.of(purpose))
                    if not plan.layout.thresholds:
                        break  # town and country differ in their standards alone
        return Fitting(
            _fit(told.values(), refused=bool(refused)), purpose, template.code, self._policy.digest, template.digest, refused, catalogue is not None, told,
        )

    def _standing(
        self, template: LetterTemplate, area: str, purpose: str, asker: Asker, catalogue: Mapping[str, str] | None, now: datetime,
    ) -> tuple[Standing, Mapping[str, Class]]:
        matter, classes = household(template, self._region, area, now, self._conditions)
        requester = Requester(
            client=ORGANISATION, organisation=ORGANISATION, department=asker.department, region=asker.region, role=asker.role,
            purposes=frozenset({purpose}), active=True,
        )
        caller = Caller(
            organisation=ORGANISATION, department=asker.department, region=asker.region, relation=relation_to(self._region, asker.region),
            role=asker.role, client=ORGANISATION, officer="", purpose=purpose, case=CASE, token="",
            basis=Basis(BasisKind.LETTER, letters=tuple((one.id, one.hash) for one in matter.letters)), expires_at=now + timedelta(minutes=1),
        )
        shared = dict.fromkeys(FACT_GROUPS, "") if catalogue is None else catalogue
        # Whether the purpose has its impact assessment is no matter of the letter.
        return stand(Presented(caller, requester, matter, now, assessed=frozenset({purpose})), shared), classes


def _add(told: dict[tuple[Asked, Class], Told], plan: Plan, classes: Mapping[str, Class], line: Line | None) -> None:
    """Take in what a plan says; of two ways to mean the question, the one that is not told counts. Who is told more than the line by this
    question alone is told nothing of it (hub/operations/told_before.py).
    """
    beyond = {party for party, one in plan.joins.items() if line is not None and line.passed((), one.ordinary)}
    for (place, party), telling in plan.tellings.items():
        for group in telling.decision.groups:
            for asked, one in said(".".join(place.place.path), group):
                _worse(told, (asked, classes[party.member.person.id]), TOO_MUCH if party in beyond and not one.withheld else one)


def _worse(told: dict[tuple[Asked, Class], Told], key: tuple[Asked, Class], one: Told) -> None:
    """Keep the one that is not told."""
    if key not in told or one.withheld:
        told[key] = one


def said(path: str, group: GroupDecision) -> Iterable[tuple[Asked, Told]]:
    """What a decision says of everything asked of one group at one place."""
    source = group.at.source
    if group.at.status:
        answered = not group.status and group.asks
        refused = Told(Form.WITHHELD.value, group.reason or _presence(group), Form.WITHHELD.value)
        yield Asked(path, source, "", _STATUS, "", ""), Told(Form.FULL.value) if answered else refused
    for place in group.at.lists:
        if not any(leaf.within is place and leaf.form is not None for leaf in group.at.leaves):
            whether = Form.WITHHELD if group.status else Form.BOOLEAN
            refused = Told(Form.WITHHELD.value, group.reason or _presence(group), whether.value)
            yield Asked(path, source, "", PRESENCE, "", ""), Told(Form.FULL.value) if place in group.rows else refused
    for leaf in group.at.leaves:
        if leaf.form is not None:
            yield Asked(path, source, PRESENCE if leaf.within in group.at.lists else "", leaf.spec.name, leaf.leaf, leaf.threshold), _leaf(leaf, group)


def _leaf(leaf: AskedLeaf, group: GroupDecision) -> Told:
    column = group.told(leaf)
    if column is not None:
        return Told(column.form)
    line = group.why_not(leaf)
    # Where the form would do and the standard is missing, no weaker form of the same question would be told either.
    weaker = Form.WITHHELD if leaf.form is None or line.form.allows(leaf.form) else line.form
    return Told(Form.WITHHELD.value, line.reason, weaker.value)


def _presence(group: GroupDecision) -> str:
    verdict = group.verdicts.get(PRESENCE)
    return "" if verdict is None else str(verdict.reason)


def _fit(told: Iterable[Told], *, refused: bool) -> Fit:
    withheld = {one.withheld for one in told}
    if refused or withheld == {True}:
        return Fit.DOES_NOT_FIT
    return Fit.FITS_PARTLY if True in withheld else Fit.FITS


def alike(fitting: Fitting) -> Mapping[Asked, Sequence[tuple[Told, tuple[Class, ...]]]]:
    """What becomes of each thing asked, and for whom, classes that fare alike together."""
    found: dict[Asked, dict[Told, list[Class]]] = {}
    for (asked, subject), told in fitting.told.items():
        found.setdefault(asked, {}).setdefault(told, []).append(subject)
    return {asked: [(told, tuple(subjects)) for told, subjects in by.items()] for asked, by in found.items()}
