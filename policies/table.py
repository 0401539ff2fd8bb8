"""The decision itself: Cedar asked form by form, strongest first, and its answers made into verdicts.

Fails closed: an evaluation error of any rule or a missing decision withholds. A forbid that could not be evaluated must not
be skipped, so an error withholds even where some permit allowed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy

from policies.forms import Form, Level
from policies.groups import INCOME_AND_PROPERTY
from policies.purposes import Purpose, PurposeKind
from policies.reasons import Reason
from policies.rules import ACTIONS, RuleBook
from policies.verdict import AgeBand, CallerClass, Relation, Resource, SubjectClass, Verdict

UNDER_14 = "under-14-one-level-up"
"""The one rule that is not Cedar's: it changes a field's level before Cedar sees it (PIPL §28, `Level.uplifted`)."""

_NUMBER = {Level.L1: 1, Level.L2: 2, Level.L3: 3, Level.L4: 4}


def purpose_entities(purposes: Iterable[Purpose], schema: cedarpy.Schema) -> cedarpy.Entities:
    """The purposes as Cedar entities, parsed once."""
    rows = [_entity("Purpose", purpose.code, {
        "kind": purpose.kind, "departments": sorted(purpose.departments), "groups": sorted(purpose.told_groups()),
        "statuteGroups": sorted(purpose.statute_groups), "bases": sorted(purpose.bases),
    }) for purpose in purposes]
    return cedarpy.Entities.from_json_str(json.dumps(rows), schema)


@dataclass(frozen=True, slots=True)
class Situation:
    """What every resource of one table shares."""

    purpose: Purpose
    caller: CallerClass
    subject: SubjectClass

    def level(self, resource: Resource) -> Level:
        """The level a field has for this subject: one up under 14."""
        return resource.level.uplifted() if self.subject.age_band is AgeBand.UNDER_14 else resource.level

    def silent_reason(self, resource: Resource) -> Reason:
        """Why less is told where no forbid says so: no permit went further."""
        if self.level(resource) is not resource.level:
            return Reason.UNDER_14
        abroad = self.caller.relation is Relation.NEIGHBOUR or self.purpose.kind is PurposeKind.ASSISTANCE
        return Reason.CROSS_REGION if abroad else Reason.LEVEL


def decide(
    book: RuleBook, base: cedarpy.Entities, situation: Situation, resources: Iterable[Resource],
) -> dict[Resource, Verdict]:
    """A verdict for every resource: the strongest form some permit allows and no forbid denies."""
    verdicts: dict[Resource, Verdict] = {}
    fired: dict[Resource, list[str]] = {resource: [] for resource in resources}
    names = {resource: str(place) for place, resource in enumerate(fired)}
    entities = _with(base, situation, names)
    context = _context(situation)
    for form, action in ACTIONS.items():
        asked = [resource for resource in fired if resource not in verdicts]
        requests = [{
            "principal": 'Caller::"asker"', "action": f'Action::"{action}"', "resource": f'Fact::"{names[resource]}"',
            "context": context,
        } for resource in asked]
        answers = cedarpy.is_authorized_batch(requests, book.policies, entities, book.schema) if requests else []
        for resource, answer in zip(asked, answers, strict=True):
            heard = fired[resource]
            heard.extend(sorted(set(answer.diagnostics.id_annotations_by_reason.values()) - set(heard)))
            verdict = _verdict(book, situation, resource, form, answer, heard)
            if verdict is not None:
                verdicts[resource] = verdict
    return verdicts


def _verdict(
    book: RuleBook, situation: Situation, resource: Resource, form: Form, answer: cedarpy.AuthzResult, heard: list[str],
) -> Verdict | None:
    """The verdict one answer settles, None while a weaker form is still to be asked."""
    uplifted = (UNDER_14,) if situation.level(resource) is not resource.level else ()
    rules = (*heard, *uplifted)
    if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
        return Verdict(form=Form.WITHHELD, reason=Reason.POLICY_ERROR, rules=rules)
    if answer.allowed:
        reason = Reason.ALLOWED if form is Form.FULL else _reason(book, situation, resource, heard)
        return Verdict(form=form, reason=reason, rules=rules)
    # A forbid names every stronger form too: one that names the weakest has settled the matter.
    if form is Form.BOOLEAN or any(Form.BOOLEAN in book.rules[name].forms for name in heard):
        return Verdict(form=Form.WITHHELD, reason=_reason(book, situation, resource, heard), rules=rules)
    return None


def _reason(book: RuleBook, situation: Situation, resource: Resource, heard: Iterable[str]) -> Reason:
    """The reason a caller is told for anything short of FULL: the weightiest forbid, else why no permit went further."""
    forbids = [book.rules[name].reason for name in heard if book.rules[name].effect == "forbid"]
    return min(forbids, key=lambda reason: reason.precedence, default=situation.silent_reason(resource))


def _with(base: cedarpy.Entities, situation: Situation, names: Mapping[Resource, str]) -> cedarpy.Entities:
    caller = situation.caller
    rows = [_entity("Caller", "asker", {"department": caller.department, "relation": caller.relation, "role": caller.role})]
    rows += [_entity("Fact", name, {
        "group": resource.group, "label": _NUMBER[resource.level], "level": _NUMBER[situation.level(resource)],
        "crossRegion": resource.cross_region.rank, "ofObligor": resource.group in INCOME_AND_PROPERTY,
    }) for resource, name in names.items()]
    return base.with_added_json_str(json.dumps(rows))


def _context(situation: Situation) -> str:
    subject = situation.subject
    return json.dumps({
        "purpose": {"__entity": {"type": "Purpose", "id": situation.purpose.code}},
        "basis": subject.basis,
        "subject": {
            "covered": subject.covered, "assurance": subject.assurance, "ageBand": subject.age_band,
            "kinOfStaff": subject.kin_of_staff, "role": subject.role, "kinOfAsker": subject.kin_of_asker,
            "kinApproved": sorted(subject.kin_approved), "approved": sorted(subject.approved),
        },
    })


def _entity(type_: str, name: str, attributes: Mapping[str, Any]) -> dict[str, object]:
    return {"uid": {"type": type_, "id": name}, "attrs": dict(attributes), "parents": []}
