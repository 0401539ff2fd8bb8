"""What becomes of each thing a question asks, for each class of subject a letter of a template can bring: told, in which form, or withheld and why.

`hub/fitter.py` finds it; `hub fits` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from hub.authorizations.reasons import Reason
from hub.decision import GroupDecision
from hub.layout import PRESENCE, AskedLeaf
from hub.nobody import Class
from hub.plan import Plan
from policies.aggregation import Line
from policies.forms import Form

_STATUS = "status"


class Fit(StrEnum):
    """Whether everything asked is told for every class of subject, something, or nothing."""

    FITS = "FITS"
    FITS_PARTLY = "FITS_PARTLY"
    DOES_NOT_FIT = "DOES_NOT_FIT"


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
        return replace(fittings[0], fit=fit_of(told.values(), refused=bool(fittings[0].refused)), told=told)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason something is withheld for, sorted."""
        return tuple(sorted({one.reason for one in self.told.values() if one.withheld} | ({self.refused} if self.refused else set())))


def take_in(told: dict[tuple[Asked, Class], Told], plan: Plan, classes: Mapping[str, Class], line: Line | None) -> None:
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


def fit_of(told: Iterable[Told], *, refused: bool) -> Fit:
    """Of all that becomes of a question; `refused`: no token would be issued at all."""
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
