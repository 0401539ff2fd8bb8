"""The answer as graphql-core's own `execute` gives it: resolvers that read law and departments in the plainest way, one leaf at a time.

Nothing of the road is used here but its inputs: standing, policy, and what the departments say of one column of one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSkipDirective,
    build_schema,
    execute,
    get_argument_values,
    get_directive_values,
    parse,
)

from connectors.interface import Ask, Column
from hub.authorizations.matter import Member
from hub.authorizations.standing import Standing
from policies.code_lists import CODE_LISTS
from policies.forms import LEAVES, Form, Kind
from policies.profile import THRESHOLD_UNITS
from policies.reduce import reducer
from policies.verdict import AgeBand, CallerClass, Resource, SubjectClass, Verdict
from schema import sdl
from schema.register import GROUPS
from tests.hub.road import NOW, REGION, UNCOVERED, Department, Road, policy


@lru_cache
def printed() -> GraphQLSchema:
    """The schema as it is printed, built without anything of the hub's own."""
    return build_schema(sdl(), assume_valid=True)


@contextmanager
def strict(schema: GraphQLSchema) -> Iterator[None]:
    """Scalars take nothing but their own JSON type while this holds, since a department's text is no number."""
    held = {"Int": _int, "Boolean": _only(bool)}
    scalars = [type_ for type_ in schema.type_map.values() if isinstance(type_, GraphQLScalarType) and type_.name != "Float"]
    before = {type_: type_.coerce_output_value for type_ in scalars}  # graphql-core's own are shared by every schema
    for type_ in scalars:
        type_.coerce_output_value = held.get(type_.name, _only(str))
    try:
        yield
    finally:
        for type_, was in before.items():
            type_.coerce_output_value = was


def _only(kind: type) -> Any:
    def serialize(value: object) -> object:
        if type(value) is not kind:
            raise GraphQLError("wrong type")
        return value

    return serialize


def _int(value: object) -> object:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise GraphQLError("wrong type")
    return value


class Plain:
    """Resolvers over one standing and one department."""

    def __init__(self, road: Road, who: Standing, department: Department, log: Mapping[str, object], spoilt: Mapping[str, str]) -> None:
        self.road, self.who, self.department, self.log, self.spoilt = road, who, department, log, spoilt
        self.schema = printed()

    def answer(self, text: str, variables: Mapping[str, object]) -> tuple[object, set[tuple[object, ...]]]:
        """Data and the paths of errors."""
        with strict(self.schema):
            result = execute(
                self.schema, parse(text), variable_values=dict(variables), field_resolver=self.resolve, type_resolver=self.type_of,
            )
        for error in result.errors or ():
            known = ("wrong type", "non-nullable", "Expected Iterable", "must resolve to an Object type", "cannot represent value")
            assert any(part in error.message for part in known), error
        return result.data, {tuple(error.path) for error in result.errors or ()}

    def type_of(self, value: object, _info: object, _type: object) -> str | None:
        if not isinstance(value, Mapping):
            return None
        return value["__typename"] if "__typename" in value else GROUPS[value["code"]].facts_type if "code" in value else None

    def resolve(self, source: Any, info: Any, **args: Any) -> object:
        name, parent = info.field_name, info.parent_type.name
        by_parent = getattr(self, f"_{parent}", None)
        if by_parent is not None:
            return by_parent(source, name, info, **args)
        if isinstance(source, Mapping) and "row" in source:
            return self._value(source, name, parent, **args)
        if isinstance(source, Mapping) and "code" in source:
            return self._facts(source, name, info)
        return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)

    # --- the hub's own records

    def _Query(self, _source: object, name: str, info: Any, **args: Any) -> object:
        who = self.who
        people = [one for one in who.matter.members if one.role != "EXCLUDED"]
        named = {self.road.handle(one, who.caller): one for one in people}
        if name == "case":
            return who.matter if args["id"] == who.matter.case else None
        if name == "cases":
            return [who.matter if one == who.matter.case else None for one in args["ids"]]
        if name == "household":
            return who.matter if args["id"] == self.road.household(who.caller) else None
        if name == "person":
            return named.get(args["id"])
        if name == "people":
            return [named.get(one) for one in args["ids"]]
        if name == "lookUp":
            return next((one for one in people if one.person.id_number == args["idNumber"]), None)
        return self.log

    def _Case(self, matter: Any, name: str, info: Any) -> object:
        return {"id": matter.case, "reference": matter.reference, "assistanceType": matter.assistance_type, "stage": matter.stage,
                "region": matter.region, "openedAt": "2026-11-20T09:00:00+08:00", "household": matter}[name]

    def _Household(self, matter: Any, name: str, info: Any) -> object:
        return {"id": self.road.household(self.who.caller), "area": matter.area, "hukouRegion": matter.hukou_region,
                "residenceRegion": matter.residence_region,
                "members": [one for one in matter.members if one.role == "MEMBER"],
                "obligors": [one for one in matter.members if one.role == "OBLIGOR"]}[name]

    def _Member(self, member: Member, name: str, info: Any) -> object:
        coverage = self.who.coverage.get(member.person.id, UNCOVERED)
        return {"relation": member.relation, "role": member.role, "capacity": member.capacity, "person": member,
                "coverage": {"covered": coverage.covered, "reason": coverage.code or None}}[name]

    def _Person(self, member: Member, name: str, info: Any, **args: Any) -> object:
        if name == "id":
            return self.road.handle(member, self.who.caller)
        if name == "facts":
            return [{"code": code, "region": "", "member": member, "lists": self._lists(info.field_nodes, code, info)} for code in args["groups"]]
        if name in GROUPS:
            region = (args.get("region") or "").ljust(12, "0") if args.get("region") else ""
            return {"code": name, "region": "" if region[:6] == REGION[:6] else region, "member": member,
                    "lists": self._lists(info.field_nodes, name, info)}
        return {"row": 0, "field": name, "code": "identity", "region": "", "member": member}

    # --- facts

    def _facts(self, facts: Mapping[str, Any], name: str, info: Any) -> object:
        code, _member = facts["code"], facts["member"]
        decided, reason, presence = self._decided(facts)
        if name == "group":
            return code
        if name == "source":
            return {"department": GROUPS[code].department, "region": facts["region"] or REGION,
                    "system": None if facts["region"] else "sys"}
        if name == "status":
            return decided or self._said(facts).status
        if name == "asOf":
            return None if decided else self._said(facts).as_of
        if name == "freshness":
            said = None if decided else self._said(facts)
            return None if said is None or said.rows is None else self._freshness(code, said.as_of)
        if name == "backAt":
            return None
        if name == "expectedAt":
            return None if decided else getattr(self._said(facts), "expected", None)
        if name == "disclosure":
            return {"fields": self._lines(facts, decided, reason, presence)}
        if name == "unlisted":
            return self._unlisted(facts)
        assert name == "records"
        leaves = list(self._leaves(info.field_nodes, info.schema.type_map[GROUPS[code].record_type], info))
        values = [leaf for leaf in leaves if leaf[1] != "unit"]
        if decided or presence.form is not Form.FULL or (values and not any(self._allowed(facts, *leaf)[0] for leaf in values)):
            return None
        rows = self._said(facts).rows
        return None if rows is None else [{"row": number, "field": "", **facts} for number in range(len(rows))]

    def _unlisted(self, facts: Mapping[str, Any]) -> list[str]:
        """Fields of which a code outside their list is told, row by row and leaf by leaf."""
        names: dict[str, None] = {}
        rows = () if self._decided(facts)[0] else self._said(facts).rows or ()
        for field, leaf, threshold in (one for several in facts["lists"] for one in several):
            codes = GROUPS[facts["code"]].fields[field].codes
            if codes and leaf in ("", "code") and self._allowed(facts, field, leaf, threshold)[0]:
                for number in range(len(rows)):
                    told = self._value({**facts, "row": number, "field": field if leaf else ""}, leaf or field, "")
                    if isinstance(told, str) and told not in CODE_LISTS[codes].codes:
                        names[field] = None
        return list(names)

    def _freshness(self, code: str, as_of: str) -> str:
        days = (NOW.date() - datetime.fromisoformat(as_of).date()).days
        return "TOO_OLD" if days > policy().profile.freshness_days.get(code, 10**6) else "CURRENT"

    def _value(self, source: Mapping[str, Any], name: str, parent: str, **args: Any) -> object:
        spec = GROUPS[source["code"]].fields.get(source["field"] or name)
        if not source["field"] and spec.kind not in (Kind.PLAIN, Kind.FLAG):
            return {**source, "field": name}
        if name == "unit" and spec.kind is Kind.QUANTITY:
            return spec.unit
        leaf = name if source["field"] else ""
        allowed, yuan, _ = self._allowed(source, spec.name, leaf, args.get("threshold", ""))
        if not allowed:
            return None
        who = self.who.caller
        reduce = reducer(spec.kind, leaf, field=spec.name, group=spec.group, mask_profile=policy().mask_profile(who.relation),
                         codes=spec.codes, parameter=yuan, unit=spec.unit or "yuan",
                         pseudonym=lambda number: f"pid_{who.case}_{number[-4:]}")
        person = source["member"].person
        if source["code"] == "identity":
            return reduce({"name": person.name, "idNumber": person.id_number, "sex": person.sex, "birthDate": person.birth_date}[spec.name])
        column = Column(spec.name, leaf, "FULL", yuan, reduce)
        return self.department.about(_one(source["code"], column), person.id_number).rows[source["row"]][0]

    def _said(self, facts: Mapping[str, Any]) -> Any:
        lost = self.spoilt.get(facts["code"])
        if lost:
            return type("Lost", (), {"status": lost, "as_of": None, "rows": None})
        return self.department.about(_one(facts["code"]), facts["member"].person.id_number)

    def _decided(self, facts: Mapping[str, Any]) -> tuple[str, str, Verdict]:
        code, coverage = facts["code"], self.who.coverage.get(facts["member"].person.id, UNCOVERED)
        nothing = Verdict(Form.WITHHELD, "", ())
        if not coverage.covered:
            return "NOT_AUTHORIZED", coverage.code, nothing
        if code != "identity":
            for groups in (self.who.caller.groups, coverage.groups):
                if groups is not None and code not in groups:
                    return "NOT_COVERED", "FACT_NOT_AUTHORIZED", nothing
            if self.who.catalogue.get(code, "CATALOG_DENIED"):
                return "CATALOG_DENIED", "CATALOG_DENIED", nothing
            presence = self._verdict(facts, "records")
            if presence.form is Form.WITHHELD:
                return "NOT_COVERED", presence.reason, presence
            if facts["region"]:
                return "SOURCE_ERROR", "NOT_CONNECTED", presence
            return "", "", presence
        return "", "", Verdict(Form.FULL, "", ())

    def _verdict(self, facts: Mapping[str, Any], field: str) -> Verdict:
        spec, who, person = GROUPS[facts["code"]].fields[field], self.who.caller, facts["member"].person
        years = 0 if person.birth_date is None else (NOW.date() - person.birth_date).days / 365.2425
        band = AgeBand.UNDER_14 if years < 14 else AgeBand.MINOR if years < 18 else AgeBand.ADULT
        subject = SubjectClass(who.basis.kind, True, self.who.coverage[person.id].assurance, band, self.who.matter.kin_of_staff, facts["member"].role)
        resource = Resource(spec.group, spec.level, spec.cross_region)
        return policy().table(who.purpose, CallerClass(who.department, who.relation, who.role), subject, frozenset({resource}))[resource]

    def _allowed(self, facts: Mapping[str, Any], field: str, leaf: str, threshold: str) -> tuple[bool, str | None, tuple[str, Form, str] | None]:
        """Whether one leaf is told, with which yuan, and otherwise the line of the disclosure."""
        decided, reason, presence = self._decided(facts)
        spec = GROUPS[facts["code"]].fields[field]
        if decided:
            return False, None, (field, Form.WITHHELD, reason)
        verdict = self._verdict(facts, field)
        if presence.form is not Form.FULL:
            return False, None, (field, Form.WITHHELD, verdict.reason if verdict.form is Form.WITHHELD else presence.reason)
        form = next(one.form for one in LEAVES[spec.kind] if one.name == leaf)
        if not verdict.form.allows(form):
            return False, None, (field, verdict.form, verdict.reason)
        if not threshold:
            return True, None, None
        if spec.unit not in THRESHOLD_UNITS[threshold]:
            return False, None, (field, verdict.form, "THRESHOLD_UNIT_MISMATCH")
        yuan = policy().thresholds(self.who.matter.area, NOW.date())[threshold]
        return (True, format(yuan, "f"), None) if yuan is not None else (False, None, (field, verdict.form, "STANDARD_MISSING"))

    def _lines(self, facts: Mapping[str, Any], decided: str, reason: str, presence: Verdict) -> list[Mapping[str, object]]:
        """What `disclosure` says: a line a field and reason, in the order asked."""
        lines: dict[tuple[str, str], Mapping[str, object]] = {}
        leaves = [leaf for one in facts["lists"] for leaf in one]
        if decided:
            for field in dict.fromkeys(leaf[0] for leaf in leaves) or ("records",):
                lines[field, reason] = _line(field, Form.WITHHELD, reason, presence.rules)
            return list(lines.values())
        if facts["lists"] and presence.form is not Form.FULL:
            lines["records", ""] = _line("records", presence.form, presence.reason, presence.rules)
        for field, leaf, threshold in leaves:
            allowed, _, why = (True, None, None) if leaf == "unit" else self._allowed(facts, field, leaf, threshold)
            if not allowed:
                assert why is not None
                verdict = self._verdict(facts, field)
                rules = presence.rules if presence.form is not Form.FULL and verdict.form is not Form.WITHHELD else verdict.rules
                lines[field, why[2]] = _line(*why, () if why[2] in ("STANDARD_MISSING", "THRESHOLD_UNIT_MISMATCH") else rules)
        return list(lines.values())

    # --- what stands below a field, read from the document

    def _lists(self, nodes: Any, code: str, info: Any) -> list[list[tuple[str, str, str]]]:
        """The value leaves of each record list below a group."""
        spec = GROUPS[code]
        lists = [nodes for nodes in self._collect(nodes, {spec.facts_type, "Facts"}, info).values() if nodes[0].name.value == "records"]
        return [list(self._leaves(nodes, info.schema.type_map[spec.record_type], info)) for nodes in lists]

    def _leaves(self, nodes: Any, type_: Any, info: Any) -> Iterator[tuple[str, str, str]]:
        for fields in self._collect(nodes, {type_.name}, info).values():
            name = fields[0].name.value
            if name == "__typename":
                continue
            named = type_.fields[name].type
            if not hasattr(named, "fields"):
                yield name, "", ""
                continue
            for leaf in self._collect(fields, {named.name}, info).values():
                if leaf[0].name.value != "__typename":
                    given = get_argument_values(named.fields[leaf[0].name.value], leaf[0], info.variable_values)
                    yield name, leaf[0].name.value, given.get("threshold", "")

    def _collect(self, nodes: Any, types: set[str], info: Any, into: dict[str, list[FieldNode]] | None = None) -> dict[str, list[FieldNode]]:
        into = {} if into is None else into
        for selection in (one for node in nodes for one in node.selection_set.selections):
            if not self._included(selection, info):
                continue
            if isinstance(selection, FieldNode):
                into.setdefault((selection.alias or selection.name).value, []).append(selection)
                continue
            fragment = info.fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
            fragment = getattr(fragment, "definition", fragment)
            condition = fragment.type_condition
            if condition is None or condition.name.value in types:
                self._collect([fragment], types, info, into)
        return into

    def _included(self, node: Any, info: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
        include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
        return not (skip and skip["if"]) and not (include and not include["if"])


def _one(code: str, *columns: Column) -> Ask:
    return Ask(code, columns, (), "org", "p", 1.0)


def _line(field: str, form: Form, reason: str, rules: tuple[str, ...]) -> Mapping[str, object]:
    return {"field": field, "form": form.value, "reason": str(reason), "rule": ", ".join(rules) or None}
