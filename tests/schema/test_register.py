"""The register: every label against what its type can express; tests/schema/test_catalogue.py holds it to the catalogue."""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType, get_named_type, is_enum_type, is_non_null_type

from policies.forms import LEAVES, Form, Kind, Level
from schema import SCHEMA, sdl
from schema.printed import build
from schema.register import FORM_TYPES, GROUPS, UnlabelledFact, expressible, read


def test_every_field_of_a_record_is_nullable_and_labelled() -> None:
    for group in GROUPS.values():
        record = SCHEMA.get_type(group.record_type)
        assert isinstance(record, GraphQLObjectType)
        names = set(group.fields) - {"records"}
        if group.code != "identity":
            assert names == set(record.fields)
        assert not [name for name in names if is_non_null_type(record.fields[name].type)]


def test_every_departments_group_is_a_field_of_person_and_has_a_record_list_with_a_verdict_of_its_own() -> None:
    person = SCHEMA.get_type("Person")
    assert isinstance(person, GraphQLObjectType)
    for code in set(GROUPS) - {"identity"}:
        group = GROUPS[code]
        assert get_named_type(person.fields[code].type).name == group.facts_type
        records = group.fields["records"]
        assert (records.kind, records.level, records.cross_region) == (Kind.PRESENCE, Level.L2, Form.FULL)
        facts = SCHEMA.get_type(group.facts_type)
        assert isinstance(facts, GraphQLObjectType)
        assert get_named_type(facts.fields["records"].type).name == group.record_type


def test_form_types_have_exactly_the_leaves_of_their_kind() -> None:
    for name, kind in FORM_TYPES.items():
        type_ = SCHEMA.get_type(name)
        assert isinstance(type_, GraphQLObjectType)
        assert list(type_.fields) == [leaf.name for leaf in LEAVES[kind]]


def test_no_type_carries_a_resolver() -> None:
    resolvers = [
        f"{type_.name}.{name}"
        for type_ in SCHEMA.type_map.values() if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name, field in type_.fields.items() if field.resolve is not None or field.subscribe is not None
    ]
    assert not resolvers


@pytest.mark.parametrize(("kind", "form", "can"), [
    (Kind.PLAIN, Form.BAND, False), (Kind.PLAIN, Form.FULL, True), (Kind.TEXT, Form.BAND, False), (Kind.TEXT, Form.MASKED, True),
    (Kind.AMOUNT, Form.MASKED, True), (Kind.FLAG, Form.BOOLEAN, True), (Kind.CODED, Form.BOOLEAN, True), (Kind.TEXT, Form.WITHHELD, True),
])
def test_a_kind_expresses_a_form_it_has_a_leaf_for(kind: Kind, form: Form, can: bool) -> None:
    assert expressible(kind, form) is can


def altered(old: str, new: str) -> str:
    text = sdl()
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(("old", "new", "why"), [
    ("plateNo: Text @label(level: L3, kind: TEXT, crossRegion: WITHHELD)", "plateNo: Text @label(level: L3, kind: TEXT, crossRegion: BAND)",
     "Vehicle.plateNo cannot be told as BAND"),
    ("plateNo: Text @label(level: L3, kind: TEXT,", "plateNo: String @label(level: L3, kind: TEXT,", "Vehicle.plateNo is of kind TEXT, its type is not"),
    ("plateNo: Text @label(level: L3, kind: TEXT,", "plateNo: Text @label(level: L3, kind: PLAIN,", "Vehicle.plateNo is of kind PLAIN, its type is not"),
    ("plateNo: Text @label(level: L3, kind: TEXT, crossRegion: WITHHELD)", "plateNo: Text", "Vehicle.plateNo has no label"),
    ("records: [Vehicle!] @label(level: L2, kind: PRESENCE, crossRegion: FULL)", "records: [Vehicle!]", "VehicleFacts.records has no label"),
    ('type VehicleFacts implements Facts @factGroup(code: "vehicle", title: "车辆登记", department: "GA", source: "綦江 A3#3; SAL§41")',
     "type VehicleFacts implements Facts", "VehicleFacts names no fact group"),
])
def test_a_label_that_is_missing_or_that_its_type_cannot_express_is_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(UnlabelledFact) as refused:
        read(build(altered(old, new)))
    assert str(refused.value) == why


def test_a_leaf_of_a_fact_is_a_scalar_that_may_be_null_so_that_it_can_be_withheld_and_checked_by_its_class() -> None:
    forms = [field for name in FORM_TYPES for leaf, field in SCHEMA.get_type(name).fields.items() if leaf != "unit"]
    plain = [field for group in GROUPS.values() for field in SCHEMA.get_type(group.record_type).fields.values() if group.code != "identity"]
    assert not [field for field in forms if is_non_null_type(field.type)]
    assert not [field for field in forms + plain if is_enum_type(get_named_type(field.type))]
