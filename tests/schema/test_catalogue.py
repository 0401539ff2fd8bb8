"""Schema, manifests and catalogue name the same groups and fields: a part forgotten fails here and is named."""

from __future__ import annotations

import copy
import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from policies.bands import BANDS
from policies.code_lists import CODE_LISTS, REGIONS
from policies.forms import Form, Kind
from policies.groups import GROUPS as POLICY_GROUPS
from schema.printed import build
from schema.register import PRESENCE, FieldSpec, GroupSpec, expressible, read

ROOT = Path(__file__).resolve().parents[2]
ROWS = list(csv.DictReader((ROOT / "schema/fields.csv").read_text("utf-8").splitlines()))
SDL = (ROOT / "schema/schema.graphql").read_text("utf-8")
MANIFESTS = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((ROOT / "connectors/manifests").glob("*.toml"))}
OF_THE_HUB = {"identity"}
"""Told from the hub's vault: no department is asked."""
OF_NEIGHBOURS = {("confirmation", "proof")}
"""What only another region's hub has, so that a manifest may say it is absent."""

PLAIN = {
    "String": "String", "Int": "Int", "Boolean": "Boolean", "Date": "Date", "YearMonth": "YearMonth", "RegionCode": "RegionCode",
    "enum": "String", "code": "String", "Decimal": "Decimal", "USCC": "String", "Hash": "String",
}
FORMED = {
    "String": "Text", "String(4)": "Text", "IdNumber": "Text", "Band": "Amount", "Date": "Dated", "Pid": "Pseudonym",
    "enum": "Coded", "code": "Coded",
}
Row = Mapping[str, str]
Manifests = Mapping[str, Mapping[str, Any]]


def graphql_type(row: Row) -> str:
    """The one rule from a catalogue row to a GraphQL type."""
    given, word = row["type"], row["type"].split(" ")[0]
    if row["level"] in {"L1", "L2"} and row["cross_region"] == "FULL":
        return PLAIN[word]
    if given == "Int 1-4":
        return "Coded"  # a grade is a code: nobody adds grades
    if word == "Boolean":
        return "Boolean"
    if word in {"Decimal", "Int"}:
        return "Amount" if row["unit"].startswith("yuan") else "Quantity"
    return FORMED[word]


def list_of(row: Row) -> str | None:
    """The code list a row names; None where it names none, "" where it says there is one without saying which."""
    word, _, given = row["type"].partition(" ")
    if row["type"] == "Int 1-4":
        return "1-4"
    return REGIONS if word == "RegionCode" else given if word in {"enum", "code"} else None


def forgotten(rows: Sequence[Row], schema: GraphQLSchema, manifests: Manifests) -> list[str]:
    """Everything one of the three has and another has not, or says otherwise: one sentence each."""
    groups = read(schema)
    return [*_of_rows(rows, schema, groups), *_of_schema(rows, schema, groups), *_of_manifests(groups, manifests)]


def _of_rows(rows: Sequence[Row], schema: GraphQLSchema, groups: Mapping[str, GroupSpec]) -> Iterator[str]:
    for row in rows:
        where = f"{row['group']}.{row['field']}"
        group = groups.get(row["group"])
        found = [field for field in group.fields.values() if field.csv_name == row["field"]] if group else []
        if group is None or len(found) != 1:
            yield f"{where}: not in the printed schema"
            continue
        yield from (f"{where}: {what}" for what in _differences(row, group, found[0], schema))


def _differences(row: Row, group: GroupSpec, spec: FieldSpec, schema: GraphQLSchema) -> Iterator[str]:
    said = {
        "name": (spec.name, row["field"].removesuffix("Band")), "level": (spec.level, row["level"]), "unit": (spec.unit, row["unit"]),
        "cross-region form": (spec.cross_region, row["cross_region"]), "department": (group.department, row["dept"].split("/")[0]),
        "source": (group.source, row["basis"]), "group title": (group.title_zh, row["group_zh"]),
        "title": (spec.title_zh, row["field_zh"].removesuffix("区间") if spec.title_zh + "区间" == row["field_zh"] else row["field_zh"]),
    }
    yield from (f"{what} is {ours!r}, the catalogue says {theirs!r}" for what, (ours, theirs) in said.items() if ours != theirs)
    type_ = get_named_type(_record(schema, group).fields[spec.name].type).name
    if type_ != graphql_type(row):
        yield f"its type is {type_}, its row makes it {graphql_type(row)}"
    if not expressible(spec.kind, Form(row["cross_region"])):
        yield f"{type_} cannot be told as {row['cross_region']}"
    named = list_of(row)
    if spec.codes != (named or "") and not (named == "" and spec.codes):
        yield f"code list is {spec.codes!r}, the catalogue says {named!r}"
    if spec.codes and spec.codes not in CODE_LISTS:
        yield f"there is no code list {spec.codes!r}"
    if spec.kind in {Kind.AMOUNT, Kind.QUANTITY} and spec.unit not in BANDS:
        yield f"there is no band table for {spec.unit!r}"


def _record(schema: GraphQLSchema, group: GroupSpec) -> GraphQLObjectType:
    type_ = schema.get_type(group.record_type)
    assert isinstance(type_, GraphQLObjectType)
    return type_


def _of_schema(rows: Sequence[Row], schema: GraphQLSchema, groups: Mapping[str, GroupSpec]) -> Iterator[str]:
    catalogued = {(row["group"], row["field"]) for row in rows}
    person, codes = schema.get_type("Person"), schema.get_type("FactGroupCode")
    for group in groups.values():
        for field in group.fields.values():
            if field.kind is not Kind.PRESENCE and (group.code, field.csv_name) not in catalogued:
                yield f"{group.code}.{field.name}: not in the catalogue"
        if group.code in OF_THE_HUB:
            continue
        if group.code not in person.fields or get_named_type(person.fields[group.code].type).name != group.facts_type:
            yield f"{group.code}: no field of Person"
        if group.code not in codes.values:
            yield f"{group.code}: no FactGroupCode"
        policy = POLICY_GROUPS.get(group.code)
        if policy is None or (policy.title_zh, policy.department) != (group.title_zh, group.department):
            yield f"{group.code}: policy knows it not, or otherwise"


def _of_manifests(groups: Mapping[str, GroupSpec], manifests: Manifests) -> Iterator[str]:
    mapped: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {
        (code, name): (department, entry)
        for department, manifest in manifests.items() for code, group in manifest["groups"].items() for name, entry in group["fields"].items()
    }
    wanted = {(group.code, name): spec for group in groups.values() if group.code not in OF_THE_HUB
              for name, spec in group.fields.items() if name != PRESENCE}
    for (code, name), (department, entry) in mapped.items():
        if (code, name) not in wanted:
            yield f"{code}.{name}: {department} maps it, the schema has no such field"
        elif entry.get("derive") == "absent" and (code, name) not in OF_NEIGHBOURS:
            yield f"{code}.{name}: {department} says it has none"
        else:
            yield from (f"{code}.{name}: {department} {what}" for what in _outside(wanted[code, name], entry))
    yield from (f"{code}.{name}: no manifest maps it" for code, name in wanted if (code, name) not in mapped)


def _outside(spec: FieldSpec, entry: Mapping[str, Any]) -> Iterator[str]:
    """Codes read as if they were no codes; codes and bands a manifest translates into that our lists do not hold."""
    if spec.codes:
        if entry.get("kind", "code") not in {"code", "code-as-is", "region"}:
            yield f"reads a code of {spec.codes} as {entry['kind']}: say code with a table, or code-as-is"
        yield from (f"makes a code {ours!r} of {theirs!r} that {spec.codes} does not hold" for theirs, ours in entry.get("codes", {}).items()
                    if not CODE_LISTS[spec.codes].holds(str(ours)))
    for band in entry.get("computes", {}).get("band", {}).get("codes", {}).values():
        if not BANDS[spec.unit].has(band):
            yield f"makes a band {band!r} that {spec.unit} has not"


def test_schema_manifests_and_catalogue_agree_on_every_group_and_field() -> None:
    assert not forgotten(ROWS, build(SDL), MANIFESTS)


def altered(path: tuple[str, ...], value: object) -> Manifests:
    """The manifests with one entry changed, or removed by None."""
    changed = copy.deepcopy(MANIFESTS)
    at = changed
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed


PLATE = ("GA", "groups", "vehicle", "fields", "plateNo")
USE = ("GA", "groups", "vehicle", "fields", "useNature", "codes", "D")


@pytest.mark.parametrize(("path", "value", "named"), [
    (PLATE, None, "vehicle.plateNo: no manifest maps it"),
    (PLATE, {"derive": "absent"}, "vehicle.plateNo: GA says it has none"),
    ((*PLATE[:-1], "colour"), {"name": "ys", "kind": "text"}, "vehicle.colour: GA maps it, the schema has no such field"),
    ((*PLATE[:-1], "vehicleType", "kind"), "text",
     "vehicle.vehicleType: GA reads a code of VEHICLE_TYPE as text: say code with a table, or code-as-is"),
    (USE, "RENTED", "vehicle.useNature: GA makes a code 'RENTED' of 'D' that NON_COMMERCIAL/COMMERCIAL does not hold"),
    ((*PLATE[:-1], "value", "computes", "band", "codes", "0"), "[0,1)", "vehicle.value: GA makes a band '[0,1)' that yuan has not"),
])
def test_what_a_manifest_forgets_is_named(path: tuple[str, ...], value: object, named: str) -> None:
    assert named in forgotten(ROWS, build(SDL), altered(path, value))


@pytest.mark.parametrize(("old", "new", "named"), [
    ("plateNo: Text @label(level: L3,", "plateNo: Text @label(level: L2,", "vehicle.plateNo: level is <Level.L2: 'L2'>, the catalogue says 'L3'"),
    ("plateNo: Text @label(level: L3, kind: TEXT, crossRegion: WITHHELD)", "plateNo: Text @label(level: L3, kind: TEXT, crossRegion: MASKED)",
     "vehicle.plateNo: cross-region form is <Form.MASKED: 'MASKED'>, the catalogue says 'WITHHELD'"),
    ('codes: "NON_COMMERCIAL/COMMERCIAL"', 'codes: "EFFECTIVE/ENDED"',
     "vehicle.useNature: code list is 'EFFECTIVE/ENDED', the catalogue says 'NON_COMMERCIAL/COMMERCIAL'"),
    ('codes: "VEHICLE_TYPE"', 'codes: "NOWHERE"', "vehicle.vehicleType: there is no code list 'NOWHERE'"),
    (', item: "valueBand"', "", "vehicle.valueBand: not in the printed schema"),
    (', item: "valueBand"', "", "vehicle.value: not in the catalogue"),
    ("  vehicle: VehicleFacts\n", "  wagon: VehicleFacts\n", "vehicle: no field of Person"),
    ("  vehicle\n", "  wagon\n", "vehicle: no FactGroupCode"),
])
def test_what_the_schema_forgets_is_named(old: str, new: str, named: str) -> None:
    assert old in SDL
    assert named in forgotten(ROWS, build(SDL.replace(old, new)), MANIFESTS)


@pytest.mark.parametrize(("key", "value", "named"), [
    ("unit", "fen", "vehicle.valueBand: unit is 'yuan', the catalogue says 'fen'"),
    ("field_zh", "价钱", "vehicle.valueBand: title is '评估价值', the catalogue says '价钱'"),
    ("type", "Date", "vehicle.valueBand: its type is Amount, its row makes it Dated"),
    ("cross_region", "MASKED", "vehicle.valueBand: cross-region form is <Form.BAND: 'BAND'>, the catalogue says 'MASKED'"),
])
def test_what_the_catalogue_says_otherwise_is_named(key: str, value: str, named: str) -> None:
    rows = [{**row, key: value} if (row["group"], row["field"]) == ("vehicle", "valueBand") else row for row in ROWS]
    assert named in forgotten(rows, build(SDL), MANIFESTS)


def test_no_row_stands_twice() -> None:
    assert len({(row["group"], row["field"]) for row in ROWS}) == len(ROWS)


def test_the_catalogue_is_whole() -> None:
    """Twenty-nine groups of departments with 180 fields (domain C3), beside the conclusion and the registered identity."""
    of_departments = [row for row in ROWS if row["group"] not in OF_THE_HUB | {"confirmation"}]
    assert {row["group"] for row in ROWS} == set(POLICY_GROUPS)
    assert (len({row["group"] for row in of_departments}), len(of_departments)) == (29, 180)
