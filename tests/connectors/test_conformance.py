"""The contract every connector keeps, whatever its protocol, against departments that behave and departments that do not."""

from __future__ import annotations

import re
import tomllib
import traceback
from decimal import Decimal

import pytest

from connectors.group_map import FieldMap
from connectors.interface import (
    Column,
    DepartmentBroke,
    DepartmentError,
    DepartmentTimeout,
    DepartmentUnavailable,
    Records,
)
from connectors.manifest import parse
from connectors.registry import flattened
from policies.reduce import plain
from schema.register import GROUPS
from tests.connectors import shipped
from tests.connectors.asking import GROUP_CODES, ask, column, columns, household, pseudonym

ID_NUMBER = re.compile(r"\d{17}[\dX]")
ALIGNED = {"marriage"}  # answered by place: one person too many, and no place can be trusted
PARSED = [parse(path.name, path.read_text(encoding="utf-8"), shipped.SETTINGS) for path in shipped.MANIFESTS]
MANIFESTS = {group: manifest for manifest in PARSED for group in manifest.groups}
AT_ONCE = [group for group in GROUP_CODES if MANIFESTS[group].protocol != "deferred"]  # who answers later: test_deferred.py
OVER_A_WIRE = [group for group in AT_ONCE if MANIFESTS[group].protocol != "files"]
# A view is read and journals nobody: who is not in it has no record, and there is no place for a half or a stranger.
VIEWS = {group for group in OVER_A_WIRE if MANIFESTS[group].protocol == "sql" and "function" not in MANIFESTS[group].groups[group].call}
JOURNALLED = [group for group in OVER_A_WIRE if group not in VIEWS]
PER_CONNECTOR = list({id(MANIFESTS[group]): group for group in OVER_A_WIRE}.values())
TEXTS = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in shipped.MANIFESTS}
WRONG = {"PRIVATE_KEY": "A" * 43, "PASSWORD": "wrong", "SECRET": "wrong", "BEARER": "wrong"}
each_group = pytest.mark.parametrize("group", AT_ONCE)
each_wire = pytest.mark.parametrize("group", OVER_A_WIRE)
each_journal = pytest.mark.parametrize("group", JOURNALLED)
each_connector = pytest.mark.parametrize("group", PER_CONNECTOR)  # what its connector does whatever the group


def department(group: str) -> str:
    return GROUPS[group].department


def fields(group: str) -> dict[str, FieldMap]:
    return MANIFESTS[group].groups[group].fields


def coded_fields(group: str) -> list[str]:
    """Fields whose codes the manifest translates into ours."""
    return [
        field for field, entry in fields(group).items()
        if entry.kind == "code" and GROUPS[group].fields[field].codes and "*" not in TEXTS[department(group)]["groups"][group]["fields"][field]["codes"]
    ]


def names(group: str) -> tuple[str, str]:
    """A field of the group that has a unit or a code, and the department's name for it."""
    return next((field, entry.name) for field, entry in fields(group).items() if entry.kind not in {"", "text"} and not entry.computes)


def expected(population, group: str, person) -> list[tuple[object, ...]]:
    """What the population knows, in the forms `columns(group)` asks for."""
    rows = []
    for record in population.records(group, person) if population.by_id_number(person.id_number) else ():
        told = []
        for asked in columns(group):
            value = record.get(GROUPS[group].fields[asked.field].csv_name)
            if asked.leaf == "pid":
                value = None if value is None else pseudonym(str(value))
            elif asked.leaf == "code" or (isinstance(value, int) and asked.leaf == "value"):
                value = None if value is None else str(value)
            told.append(plain(value))
        rows.append(tuple(told))
    return rows


def comparable(rows) -> list[tuple[str, ...]]:
    """Order of records is the department's; 0.5 and 0.50 are one number."""
    return sorted(
        tuple(format(Decimal(cell).normalize(), "f") if isinstance(cell, str) and re.fullmatch(r"\d+\.\d+", cell) else str(cell) for cell in row)
        for row in rows
    )


def discreet(error: BaseException, people) -> None:
    """Nothing an operator could print of an error names a person."""
    text = "".join(traceback.format_exception(error)) + repr(error) + str(error.args)
    assert not ID_NUMBER.search(text)
    assert not any(person.name in text for person in people)


@each_group
async def test_every_value_arrives_in_our_names_units_and_codes(group, departments, population):
    people = household(population, group, 12)
    told = await departments[group].fetch(ask(group, people))
    assert list(told) == [f"s{number}" for number in range(24)]
    for number, person in enumerate(people):
        records = told[f"s{number}"]
        rows = expected(population, group, person)
        assert records.status == ("MATCHED" if rows else "NO_RECORD")
        assert comparable(records.rows) == comparable(rows)
        assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", records.as_of)


@each_journal
async def test_only_the_named_column_is_asked_and_with_each_subjects_own_reference(group, departments, government, population):
    ours, theirs = names(group)
    people = household(population, group)
    told = await departments[group].fetch(ask(group, people, (column(group, ours),)))
    await government.heard()
    [entry] = government.journal(department(group)).entries
    assert entry["group"] == group
    assert entry["columns"] == [theirs]
    assert entry["organisation"] == "500152-MZ-HD"
    assert entry["subjects"] == [
        {"reference": f"intent-{number:04d}", "purpose": "DIBAO_REVIEW", "approval": "case-1"} for number in range(6)
    ]
    assert {len(row) for records in told.values() for row in records.rows} == {1}


@each_group
async def test_a_field_asked_in_two_forms_is_asked_of_the_department_once(group, departments, government, population):
    ours, theirs = names(group)
    asked = (column(group, ours), column(group, ours))
    told = await departments[group].fetch(ask(group, household(population, group), asked))
    await government.heard()
    if group in JOURNALLED:
        assert government.journal(department(group)).entries[0]["columns"] == [theirs]
    assert all(row[0] == row[1] for records in told.values() for row in records.rows)


@each_group
async def test_existence_alone_is_asked_with_at_most_one_column_and_tells_no_value(group, departments, government, population):
    told = await departments[group].fetch(ask(group, household(population, group), ()))
    await government.heard()
    assert [records.status for records in told.values()] == ["MATCHED", "NO_RECORD"] * 3
    assert {row for records in told.values() for row in records.rows} == {()}
    if group in JOURNALLED:
        [entry] = government.journal(department(group)).entries
        manifest = MANIFESTS[group]
        presence = {"sql": [], "graphql": ["__typename"], "subgraph": ["__typename"]}
        assert entry["columns"] == presence.get(manifest.protocol, [manifest.groups[group].call.get("presence")])


@each_group
async def test_a_question_about_nobody_is_never_sent(group, departments, government):
    assert await departments[group].fetch(ask(group, [])) == {}
    await government.heard()
    assert government.journal(department(group)).calls == 0


@each_group
async def test_a_field_the_manifest_does_not_declare_is_refused_before_anything_is_sent(group, departments, government, population):
    made_up = Column("sfzh", "full", "FULL", None, plain)
    with pytest.raises(DepartmentBroke, match=f"declares no field 'sfzh' of {group}"):
        await departments[group].fetch(ask(group, household(population, group), (made_up,)))
    assert government.journal(department(group)).calls == 0


@each_connector
async def test_a_slow_department_is_given_its_deadline_and_no_more(group, departments, government, population):
    people = household(population, group)
    await government.control(department(group), {"slow": 5.0})
    with pytest.raises(DepartmentTimeout) as caught:
        await departments[group].fetch(ask(group, people, deadline=0.2))
    discreet(caught.value, people)


@pytest.mark.parametrize("fail", [503, 403, "drop"])
@each_connector
async def test_a_failing_department_is_unavailable(group, fail, departments, government, population):
    people = household(population, group)
    await government.control(department(group), {"fail": fail})
    with pytest.raises(DepartmentUnavailable) as caught:
        await departments[group].fetch(ask(group, people))
    discreet(caught.value, people)


@each_connector
async def test_a_department_nobody_listens_at_is_unavailable(group, opening, population):
    nowhere = {f"{department(group)}_URL": "http://127.0.0.1:9", f"{department(group)}_DSN": "postgresql://u:p@127.0.0.1:9/x"}
    people = household(population, group)
    with pytest.raises(DepartmentUnavailable) as caught:
        await (await opening(settings=nowhere))[group].fetch(ask(group, people))
    discreet(caught.value, people)


@each_connector
async def test_refused_credentials_are_told_apart_from_an_answer(group, opening, government, population):
    given = flattened(government.settings)
    wrong = {name: word for name in given for kind, word in WRONG.items() if name == f"{department(group)}_{kind}"}
    wrong |= {name: re.sub(r":[^:@/]+@", ":wrong@", dsn) for name, dsn in given.items() if name.endswith("_DSN")}
    people = household(population, group)
    with pytest.raises(DepartmentUnavailable) as caught:
        await (await opening(settings=wrong))[group].fetch(ask(group, people))
    discreet(caught.value, people)
    assert "wrong" not in str(caught.value)


@each_journal
async def test_the_left_out_half_is_an_error_and_never_no_record(group, departments, government, population):
    people = household(population, group)
    await government.control(department(group), {"lie": "half"})
    told = await departments[group].fetch(ask(group, people))
    assert [records.status for records in told.values()] == ["MATCHED", "NO_RECORD", "MATCHED", *["SOURCE_ERROR"] * 3]
    assert all(told[f"s{number}"] == Records("SOURCE_ERROR", None, ()) for number in (3, 4, 5))
    assert departments[group].batches.tally.missing == 3


@pytest.mark.parametrize("lie", ["types", "renamed"])
@each_wire
async def test_a_record_outside_the_contract_is_broken_and_tells_nothing(group, lie, departments, government, population):
    people = [person for person in household(population, group) if population.records(group, person)]
    await government.control(department(group), {"lie": lie})
    with pytest.raises(DepartmentBroke) as caught:
        await departments[group].fetch(ask(group, people, columns(group)))
    discreet(caught.value, people)


@pytest.mark.parametrize("lie", ["nothing", "html", "huge"])
@each_connector
async def test_an_answer_that_is_none_is_broken_and_tells_nothing(group, lie, departments, government, population):
    people = [person for person in household(population, group) if population.records(group, person)]
    await government.control(department(group), {"lie": lie})
    asked = (column(group, "certNoTail"),) if (group, lie) == ("realEstate", "huge") else columns(group)
    with pytest.raises(DepartmentBroke) as caught:
        await departments[group].fetch(ask(group, people, asked))
    discreet(caught.value, people)


@pytest.mark.parametrize("group", [group for group in OVER_A_WIRE if MANIFESTS[group].protocol in {"rest", "soap"} and coded_fields(group)])
async def test_a_code_the_contract_does_not_list_is_kept_under_the_departments_name(group, departments, government, population):
    people = [person for person in household(population, group) if population.records(group, person)]
    await government.control(department(group), {"lie": "codes"})
    asked = tuple(column(group, field) for field in coded_fields(group))
    told = await departments[group].fetch(ask(group, people, asked))
    cells = {cell for records in told.values() for row in records.rows for cell in row}
    assert f"{department(group)}:99" in cells
    assert cells <= {f"{department(group)}:99", None}


@each_group
async def test_after_a_bad_hour_the_same_connector_answers_again(group, departments, government, population):
    people = household(population, group)
    honest = await departments[group].fetch(ask(group, people))
    for settings in ({"lie": "renamed"}, {"lie": "types"}, {"fail": "drop"}):
        await government.control(department(group), settings)
        try:
            await departments[group].fetch(ask(group, people))
        except DepartmentError as error:
            discreet(error, people)
        await government.control(department(group), {})
        assert await departments[group].fetch(ask(group, people)) == honest


@each_group
async def test_fields_nobody_asked_for_do_not_come_out(group, departments, government, population):
    people = household(population, group)
    honest = await departments[group].fetch(ask(group, people))
    await government.control(department(group), {"lie": "extra_fields"})
    told = await departments[group].fetch(ask(group, people))
    assert told == honest
    assert "13800000000" not in repr(told)


@each_group
async def test_people_nobody_asked_for_do_not_come_out(group, departments, government, population):
    people = household(population, group)
    honest = await departments[group].fetch(ask(group, people))
    await government.control(department(group), {"lie": "extra_people"})
    if group in ALIGNED:
        with pytest.raises(DepartmentBroke, match="not aligned"):
            await departments[group].fetch(ask(group, people))
        return
    told = await departments[group].fetch(ask(group, people))
    assert told == honest
    if group in JOURNALLED:
        assert departments[group].batches.tally.strays >= 1


@each_group
async def test_an_exception_within_a_reduction_is_wrapped_and_its_text_kept_out(group, departments, population):
    people = household(population, group)
    asked = column(group, names(group)[0])

    def failing(raw: object) -> str:
        raise RuntimeError(f"{people[0].id_number} {raw}")

    with pytest.raises(DepartmentBroke) as caught:
        await departments[group].fetch(ask(group, people, (Column(asked.field, asked.leaf, asked.form, None, failing),)))
    discreet(caught.value, people)


@each_connector
async def test_a_question_larger_than_a_call_is_cut_and_one_failed_call_loses_only_its_own(group, opening, government, population):
    departments = await opening(batch=2, concurrency=1)
    people = household(population, group)
    whole = await departments[group].fetch(ask(group, people))
    assert [records.status for records in whole.values()] == ["MATCHED", "NO_RECORD"] * 3
    if MANIFESTS[group].protocol == "sql":
        return  # a database's control keeps no count of calls
    await government.control(department(group), {"fail": 503, "times": 1})
    told = await departments[group].fetch(ask(group, people))
    assert [records.status for records in told.values()] == ["SOURCE_ERROR"] * 2 + ["MATCHED", "NO_RECORD"] * 2
    assert {key: told[key] for key in ("s2", "s3", "s4", "s5")} == {key: whole[key] for key in ("s2", "s3", "s4", "s5")}


@each_group
async def test_two_subjects_of_one_id_number_are_both_answered(group, departments, population):
    person = household(population, group)[0]
    told = await departments[group].fetch(ask(group, [person, person]))
    assert told["s0"] == told["s1"]
    assert told["s0"].status == "MATCHED"
