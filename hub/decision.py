"""May it be told: one person place decided for one class of caller and subject, down to the columns asked.

Rules of this file:
- The order of the tests: coverage (6), letter (7), catalogue (9), token (7), then policy.
- What no verdict names is withheld. A group whose records may not even be confirmed to exist is not asked at all.
- A decision depends on rules alone, never on a value; so its disclosure is written before anything is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.interface import Column, Raw, Told
from hub.layout import IDENTITY, PRESENCE, AskedLeaf, GroupPlace, PersonPlace
from hub.question import Place
from hub.sources import Source
from policies.forms import Form
from policies.profile import THRESHOLD_UNITS
from policies.verdict import Resource, Verdict
from schema.register import FieldSpec

STANDARD_MISSING = "STANDARD_MISSING"
"""The region has no such standard (domain B15): nothing is computed from it, so nothing is asked."""

UNIT_MISMATCH = "THRESHOLD_UNIT_MISMATCH"
"""A yearly amount against a monthly standard would be nonsense, and one more edge to cut the line of yuan with."""

NO_VERDICT = Verdict(Form.WITHHELD, "NO_RULE", ())

Reducers = Callable[[FieldSpec, str, str | None], Callable[[Raw], Told]]
"""The reducer of one leaf of a field, with a threshold in yuan where the leaf has one."""


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """What coverage (check 6) says of a subject: covered or why not, the fact groups its letters open (None: all), and of those they list and
    do not carry why not.
    """

    covered: bool
    code: str
    groups: frozenset[str] | None
    closed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a disclosure: a field told weaker than asked, in which form at most, and why."""

    field: str
    form: Form
    reason: str
    rule: str


@dataclass(frozen=True, slots=True, eq=False)
class GroupDecision:
    """One group at one place. `status` is "" where the source is to be asked. `rows` holds the record lists that are told;
    `cells` the leaves that are told, as positions in `columns`: a leaf it does not hold is null. `verdicts` are the fields'
    own, for `hub explain`.
    """

    at: GroupPlace
    status: str
    reason: str
    asks: bool
    rows: frozenset[Place]
    columns: tuple[Column, ...]
    cells: Mapping[Place, int]
    disclosure: tuple[Line, ...]
    verdicts: Mapping[str, Verdict]
    source: Source | None  # who answers for it; None where nobody is connected

    def told(self, leaf: AskedLeaf) -> Column | None:
        """The column a leaf is told from; None where it is not told."""
        return self.columns[self.cells[leaf.place]] if leaf.place in self.cells else None

    def why_not(self, leaf: AskedLeaf) -> Line:
        """Why a leaf that was asked is not told: its field is told in no such form, or there is no such standard to compare with."""
        lines = [line for line in self.disclosure if line.field == leaf.spec.name]
        allowed = leaf.form is not None and self.verdicts.get(leaf.spec.name, NO_VERDICT).form.allows(leaf.form)
        of_threshold = [line for line in lines if line.reason in (STANDARD_MISSING, UNIT_MISMATCH)]
        return next(iter((of_threshold if allowed else []) + lines), Line(leaf.spec.name, Form.WITHHELD, self.reason, ""))


@dataclass(frozen=True, slots=True, eq=False)
class PlaceDecision:
    """A person place for one class of subjects: its groups in the place's order."""

    place: PersonPlace
    groups: tuple[GroupDecision, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What does not differ between the subjects of one question: the token's groups, the catalogue, the standards."""

    groups: frozenset[str] | None
    catalogue: Mapping[str, str]
    thresholds: Mapping[str, str | None]
    reducers: Reducers
    sources: Mapping[str, Source]  # those that are connected


def decide(place: PersonPlace, rules: Rules, key: SubjectKey, table: Mapping[Resource, Verdict]) -> PlaceDecision:
    """Every group of a place for one class of subjects."""
    return PlaceDecision(place, tuple(_group(group, rules, key, table) for group in place.groups))


def _group(at: GroupPlace, rules: Rules, key: SubjectKey, table: Mapping[Resource, Verdict]) -> GroupDecision:
    status, reason = _refused(at.spec.code, rules, key)
    if status:
        return refused(at, status, reason, source=rules.sources.get(at.source))
    verdicts = {name: table.get(Resource(spec.group, spec.level, spec.cross_region), NO_VERDICT) for name, spec in at.spec.fields.items()}
    if at.spec.code == IDENTITY:
        return _told(at, rules, verdicts, told=(at.place,))
    presence = verdicts[PRESENCE]
    if presence.form is Form.WITHHELD:
        return refused(at, "NOT_COVERED", str(presence.reason), verdicts, rules.sources.get(at.source))
    if at.source not in rules.sources:
        return refused(at, "SOURCE_ERROR", "NOT_CONNECTED", verdicts)
    return _told(at, rules, verdicts, told=at.lists if presence.form is Form.FULL else ())


def _refused(group: str, rules: Rules, key: SubjectKey) -> tuple[str, str]:
    """The status decided without policy, and its reason code; ("", "") where policy is to be asked."""
    if not key.covered:
        return "NOT_AUTHORIZED", key.code or "SUBJECT_NOT_COVERED"
    if group == IDENTITY:  # the platform brought it, no department shares it: neither letter nor catalogue lists it
        return "", ""
    if key.groups is not None and group not in key.groups:
        return "NOT_COVERED", dict(key.closed).get(group, "FACT_NOT_AUTHORIZED")
    denied = rules.catalogue.get(group, "CATALOG_DENIED")
    if denied:  # before the token's groups: it may lack one because the catalogue did not share it, and that is what helps to know
        return "CATALOG_DENIED", denied
    return ("NOT_COVERED", "FACT_NOT_AUTHORIZED") if rules.groups is not None and group not in rules.groups else ("", "")


def refused(
    at: GroupPlace, status: str, reason: str, verdicts: Mapping[str, Verdict] | None = None, source: Source | None = None,
) -> GroupDecision:
    """A group of which nothing is told, whatever the source would say."""
    names = dict.fromkeys(leaf.spec.name for leaf in at.leaves) or {PRESENCE: None}
    rule = _rule((verdicts or {}).get(PRESENCE, NO_VERDICT))
    return GroupDecision(
        at=at, status=status, reason=reason, asks=False, rows=frozenset(), columns=(), cells={},
        disclosure=tuple(Line(name, Form.WITHHELD, reason, rule) for name in names), verdicts=verdicts or {}, source=source,
    )


def _told(at: GroupPlace, rules: Rules, verdicts: Mapping[str, Verdict], *, told: tuple[Place, ...]) -> GroupDecision:
    """A group some of which may be told; `told` are the lists whose rows may be told at all."""
    columns: dict[Column, int] = {}
    cells: dict[Place, int] = {}
    lines: dict[tuple[str, str], Line] = {}
    if at.lists and not told:
        lines[PRESENCE, ""] = _line(PRESENCE, verdicts[PRESENCE])
    for leaf in at.leaves:
        if leaf.form is None:
            continue
        verdict = verdicts[leaf.spec.name] if told else _weaker(verdicts[leaf.spec.name], verdicts[PRESENCE])
        if not verdict.form.allows(leaf.form):
            lines[leaf.spec.name, str(verdict.reason)] = _line(leaf.spec.name, verdict)
        elif why := _no_threshold(leaf, rules):
            lines[leaf.spec.name, why] = Line(leaf.spec.name, verdict.form, why, "")
        else:
            column = _column(leaf, leaf.form, rules)
            cells[leaf.place] = columns.setdefault(column, len(columns))
    # A list of whose asked leaves none is told would say nothing but how many: it is not told either.
    asked = {leaf.within for leaf in at.leaves if leaf.form is not None}
    spoken = {leaf.within for leaf in at.leaves if leaf.place in cells}
    rows = frozenset(place for place in told if place in spoken or place not in asked)
    return GroupDecision(
        at=at, status="", reason="", asks=bool(columns) if at.spec.code == IDENTITY else bool(rows) or at.status, rows=rows,
        columns=tuple(columns), cells=cells, disclosure=tuple(lines.values()), verdicts=verdicts, source=rules.sources.get(at.source),
    )


def _no_threshold(leaf: AskedLeaf, rules: Rules) -> str:
    """Why a threshold cannot be compared with; "" where it can, or none is asked."""
    if not leaf.threshold:
        return ""
    if leaf.spec.unit not in THRESHOLD_UNITS.get(leaf.threshold, frozenset()):
        return UNIT_MISMATCH
    return STANDARD_MISSING if rules.thresholds.get(leaf.threshold) is None else ""


def _column(leaf: AskedLeaf, form: Form, rules: Rules) -> Column:
    yuan = rules.thresholds[leaf.threshold] if leaf.threshold else None
    return Column(leaf.spec.name, leaf.leaf, form.value, yuan, rules.reducers(leaf.spec, leaf.leaf, yuan), leaf.threshold)


def _weaker(verdict: Verdict, presence: Verdict) -> Verdict:
    """Without rows no value of a row is told: the field is withheld for the reason the rows are."""
    return verdict if verdict.form is Form.WITHHELD else Verdict(Form.WITHHELD, presence.reason, presence.rules)


def _line(field: str, verdict: Verdict) -> Line:
    return Line(field, verdict.form, str(verdict.reason), _rule(verdict))


def _rule(verdict: Verdict) -> str:
    return ", ".join(verdict.rules)
