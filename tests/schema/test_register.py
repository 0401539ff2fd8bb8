"""The register: every label against the catalogue's rows, and against what its type can express."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, get_named_type, is_non_null_type

from policies.bands import BANDS
from policies.code_lists import CODE_LISTS
from policies.forms import LEAVES, Form, Kind, Level
from policies.groups import GROUPS as POLICY_GROUPS
from schema import SCHEMA, sdl
from schema.facts import FactGroupCode
from schema.printed import build
from schema.register import FORM_TYPES, GROUPS, UnlabelledFact, expressible, read

ROWS = list(csv.DictReader((Path(__file__).parents[2] / "schema/fields.csv").read_text("utf-8").splitlines()))
DEPARTMENT_GROUPS = {
    "householdRegister", "vehicle", "tax", "realEstate", "socialInsurance", "employment", "disability", "civilAssistance", "marriage",
}
PLAIN = {
    "String": "String", "Int": "Int", "Boolean": "Boolean", "Date": "Date", "YearMonth": "YearMonth", "RegionCode": "RegionCode",
    "enum": "String", "code": "String",
}
FORMED = {
    "String": "Text", "String(4)": "Text", "IdNumber": "Text", "Band": "Amount", "Date": "Dated", "Pid": "Pseudonym",
    "enum": "Coded", "code": "Coded",
}


def expected_type(row: dict[str, str]) -> str:
    """The one rule from a catalogue row to a GraphQL type."""
    given, word = row["type"], row["type"].split(" ")[0]
    if row["level"] in {"L1", "L2"} and row["cross_region"] == "FULL":
        return PLAIN[word]
    if given == "Int 1-4":
        return "Coded"  # a grade is a code: nobody adds grades
    if word == "Boolean":
        return "Quantity" if row["unit"] else "Boolean"
    if word in {"Decimal", "Int"}:
        return "Amount" if row["unit"].startswith("yuan") else "Quantity"
    return FORMED[word]


def test_the_catalogue_holds_the_nine_groups_confirmation_and_identity() -> None:
    assert {row["group"] for row in ROWS} == DEPARTMENT_GROUPS | {"confirmation", "identity"} == set(GROUPS)
    assert {code.value for code in FactGroupCode} == set(GROUPS) - {"identity"}
    assert len(ROWS) == 82


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['group']}.{row['field']}")
def test_each_row_of_the_catalogue_is_a_labelled_field_of_the_right_type(row: dict[str, str]) -> None:
    group = GROUPS[row["group"]]
    found = [field for field in group.fields.values() if field.csv_name == row["field"]]
    assert len(found) == 1
    spec = found[0]
    assert spec.name == row["field"].removesuffix("Band")
    assert (spec.level, spec.cross_region, spec.unit) == (row["level"], row["cross_region"], row["unit"])
    # the catalogue says "证号后4位" of a certificate and of a disability certificate alike
    assert spec.title_zh in {row["field_zh"], row["field_zh"].removesuffix("区间")}
    record = SCHEMA.get_type(group.record_type)
    assert isinstance(record, GraphQLObjectType)
    assert get_named_type(record.fields[spec.name].type).name == expected_type(row)
    if " " in row["type"] and row["type"] != "Int 1-4":
        assert spec.codes == row["type"].split(" ", 1)[1]
    assert (group.department, group.source) == (row["dept"], row["basis"])


def test_no_field_is_labelled_that_the_catalogue_does_not_hold() -> None:
    rows = {(row["group"], row["field"]) for row in ROWS}
    extra = [
        field for group in GROUPS.values() for field in group.fields.values()
        if field.kind is not Kind.PRESENCE and (field.group, field.csv_name) not in rows
    ]
    assert not extra


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


def test_policy_knows_every_group_code_list_and_unit_that_labels_name() -> None:
    for group in GROUPS.values():
        assert (POLICY_GROUPS[group.code].title_zh, POLICY_GROUPS[group.code].department) == (group.title_zh, group.department)
        for field in group.fields.values():
            assert not field.codes or field.codes in CODE_LISTS
            assert field.kind not in {Kind.AMOUNT, Kind.QUANTITY} or field.unit in BANDS


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
