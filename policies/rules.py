"""Cedar files as rules: read, validated against the schema, and held to this project's own discipline.

Every policy has an @id nobody else has, an @law, and a @reason the graph may tell. Every policy names the forms it is about.
A permit names a form together with every weaker one, a forbid together with every stronger one: so what may be told is
always "this form and all below", and no forbid can leave a hole above itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy

from policies.forms import Form
from policies.reasons import Reason

ACTIONS: Mapping[Form, str] = {
    Form.FULL: "tellFull", Form.MASKED: "tellMasked", Form.BAND: "tellBand", Form.BOOLEAN: "tellBoolean",
}
"""The action that stands for each form, strongest first."""

_FORMS = {action: form for form, action in ACTIONS.items()}


class PolicyRefused(Exception):
    """A policy file is not one the hub starts with; the text names the file and, where it is known, the @id."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy as the log and an auditor know it."""

    id: str
    effect: str  # permit or forbid
    law: str
    reason: Reason
    forms: frozenset[Form]
    file: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule in force, with the parsed handles Cedar decides by."""

    rules: Mapping[str, Rule]
    policies: cedarpy.PolicySet
    schema: cedarpy.Schema


def bind(files: Mapping[str, str], schema_text: str) -> RuleBook:
    """The rules of Cedar texts by file name. Raises PolicyRefused."""
    try:
        schema = cedarpy.Schema.from_str(schema_text)
    except ValueError as wrong:
        raise PolicyRefused(f"hub.cedarschema: {wrong}") from wrong
    rules: dict[str, Rule] = {}
    for file, text in sorted(files.items()):
        for rule in _read(file, text):
            if rule.id in rules:
                raise PolicyRefused(f"{file}: @id {rule.id} is already taken in {rules[rule.id].file}")
            rules[rule.id] = rule
        _validate(file, text, schema)
    policies = cedarpy.PolicySet.from_str("\n".join(text for _, text in sorted(files.items())))
    return RuleBook(rules=rules, policies=policies, schema=schema)


def _read(file: str, text: str) -> list[Rule]:
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as wrong:
        raise PolicyRefused(f"{file}: {wrong}") from wrong
    if parsed["templates"]:
        raise PolicyRefused(f"{file}: templates are not used here")
    return [_rule(file, policy) for policy in parsed["staticPolicies"].values()]


def _rule(file: str, policy: Mapping[str, Any]) -> Rule:
    notes = policy.get("annotations", {})
    name = notes.get("id")
    if not name:
        raise PolicyRefused(f"{file}: a policy has no @id")
    if not notes.get("law"):
        raise PolicyRefused(f"{file}: @id {name} cites no @law")
    if notes.get("reason") not in set(Reason):
        raise PolicyRefused(f"{file}: @id {name} has no @reason the graph knows")
    if '{"Var": "action"}' in json.dumps(policy["conditions"]):
        raise PolicyRefused(f"{file}: @id {name}: the forms are named in the head, never in a condition")
    effect, forms = policy["effect"], _forms(policy["action"])
    if not _closed(forms, upward=effect == "forbid"):
        wanted = "every stronger one" if effect == "forbid" else "every weaker one"
        raise PolicyRefused(f"{file}: @id {name}: a {effect} names forms, each together with {wanted}")
    return Rule(id=name, effect=effect, law=notes["law"], reason=Reason(notes["reason"]), forms=forms, file=file)


def _forms(action: Mapping[str, Any]) -> frozenset[Form]:
    """Forms named in a policy's scope; none where it says `action` alone, or an action of no form."""
    named = action.get("entities") or [entity for entity in (action.get("entity"),) if entity]
    return frozenset(_FORMS[entity["id"]] for entity in named if entity["id"] in _FORMS)


def _closed(forms: frozenset[Form], *, upward: bool) -> bool:
    if not forms:
        return False
    edge = min(forms, key=lambda form: form.rank) if upward else max(forms, key=lambda form: form.rank)
    return forms == {form for form in ACTIONS if (form.rank >= edge.rank if upward else form.rank <= edge.rank)}


def _validate(file: str, text: str, schema: cedarpy.Schema) -> None:
    result = cedarpy.validate_policies(text, schema)
    if not result.validation_passed:
        names = result.id_annotations_by_policy_id
        told = "; ".join(f"@id {names.get(error.policy_id, '?')}: {error.error}" for error in result.errors)
        raise PolicyRefused(f"{file}: {told}")
