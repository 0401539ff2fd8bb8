"""`hub explain`: a plan in words an officer can check: per field the verdict, the rule, the department and its columns, and why not.

It prints what was decided, never what a department said; a person is named by place and pseudonym of the log, not by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from hub.decision import NO_VERDICT, GroupDecision
from hub.layout import IDENTITY, PRESENCE, AskedLeaf
from hub.plan import Plan
from hub.telling import Telling
from policies.freshness import AgeRule

FORMS_ZH: Mapping[str, str] = {"FULL": "全部", "MASKED": "脱敏", "BAND": "区间", "BOOLEAN": "有无", "WITHHELD": "不披露"}


class Descriptions(Protocol):
    """What `connectors.registry.Departments` says of a manifest."""

    def describe(self, group: str, field: str) -> str:
        """What is asked of the department for a field; KeyError for one it does not have."""
        ...


def explain(plan: Plan, departments: Descriptions) -> str:
    """The whole plan as text, one block a place and class of subjects."""
    caller = plan.standing.caller
    lines = [
        f"purpose {caller.purpose}, basis {caller.basis.kind}, {caller.role} of {caller.department}, case {' '.join(caller.cases) or caller.case}",
        *[f"not in the token: case {one.case}, {code}" for one, code in plan.standing.refused],
        f"plan {plan.digest}  policy {plan.scope.digest}  on {plan.scope.on.isoformat()}",
        "",
    ]
    alike: dict[Telling, list[str]] = {}
    for (_, party), telling in plan.tellings.items():
        alike.setdefault(telling, []).append(party.member.person.log_subject[:12])
    if not alike:
        lines.append("nobody is reached: nothing is decided, nothing is asked")
    for telling, subjects in alike.items():
        lines += [*_place(telling, subjects, departments), ""]
    return "\n".join([*lines, *_asks(plan)])


def _place(telling: Telling, subjects: list[str], departments: Descriptions) -> Iterator[str]:
    place = telling.decision.place.place
    yield f"{'.'.join(place.path)}: {len(subjects)} alike ({', '.join(subjects)})"
    for group in telling.decision.groups:
        yield from _group(group, departments)


def _group(group: GroupDecision, departments: Descriptions) -> Iterator[str]:
    spec = group.at.spec
    head = f"  {group.at.place.key} {group.at.source} {spec.title_zh}, department {spec.department}"
    if group.status:
        yield f"{head}: {group.status} {group.reason}, not asked"
    elif not group.asks:
        yield f"{head}: nothing of it may be told, not asked"
    else:
        yield f"{head}: asked" + ("" if group.rows or spec.code == IDENTITY else " whether there is a record, no more")
    presence = group.verdicts.get(PRESENCE)
    if presence is not None and group.at.lists:
        yield f"    {PRESENCE} {spec.fields[PRESENCE].title_zh}: {_verdict(group, PRESENCE)}"
    for leaf in group.at.leaves:
        yield f"    {_leaf(leaf, group, departments)}"


def _leaf(leaf: AskedLeaf, group: GroupDecision, departments: Descriptions) -> str:
    name = ".".join(filter(None, (leaf.spec.name, leaf.leaf)))
    asked = f"({leaf.threshold})" if leaf.threshold else ""
    head = f"{name}{asked} {leaf.spec.title_zh}"
    if leaf.form is None:
        return f"{head}: metadata, told"
    column = group.told(leaf)
    if column is not None:
        limit = f" at least {column.parameter} yuan" if column.parameter else ""
        return f"{head}: told {column.form} {FORMS_ZH[column.form]}{limit}; {_verdict(group, leaf.spec.name)}; {_where(leaf, departments)}"
    return f"{head}: not told, {group.why_not(leaf).reason}; {_verdict(group, leaf.spec.name)}; not asked"


def _verdict(group: GroupDecision, field: str) -> str:
    verdict = group.verdicts.get(field, NO_VERDICT)
    if not group.verdicts:
        return "policy not consulted"
    rules = ", ".join(verdict.rules) or "no rule permits"
    return f"verdict {verdict.form.value} {FORMS_ZH[verdict.form]} {verdict.reason} by {rules}"


def _where(leaf: AskedLeaf, departments: Descriptions) -> str:
    if leaf.spec.group == IDENTITY:
        return "from the hub's own vault"
    try:
        return f"asked of {departments.describe(leaf.spec.group, leaf.spec.name)}"
    except KeyError:
        return "asked of its source, which names no column for it"


def _asks(plan: Plan) -> Iterator[str]:
    if not plan.asks:
        yield "no department is asked"
    for ask in plan.asks:
        columns = ", ".join(
            ".".join(filter(None, (column.field, column.leaf))) + f"={column.form}" for column in ask.columns.columns
        ) or "whether there is a record"
        yield f"ask {ask.source.department} {ask.columns.source}: {len(ask.people)} people; {columns}{_age(ask.ages)}"


def _age(rule: AgeRule) -> str:
    """What becomes of old data; nothing where the region states no limit for the group."""
    if rule.allowed is None:
        return ""
    return f"; older than {rule.allowed} days " + ("not told, SOURCE_STALE" if rule.refuses else "told as TOO_OLD")
