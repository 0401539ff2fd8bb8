"""REST departments: pages are read to their end and no further, and answers that contradict themselves are not believed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.envelope import page
from connectors.interface import DepartmentBroke, Subject
from connectors.manifest import parse
from connectors.rest import PAGES
from connectors.sandbox.departments import DIALECTS
from connectors.sandbox.dialect import Flat, RestDialect
from schema.register import GROUPS
from tests.connectors.asking import ask, columns, household
from tests.connectors.shipped import SETTINGS

PAGED = [
    query.group for dialect in DIALECTS if isinstance(dialect, RestDialect) and isinstance(dialect.shape, Flat) for query in dialect.queries
]
PEOPLE = [Subject("a", "50990119850101001X", "张三", "i1", "c"), Subject("b", "509901198501010028", "李四", "i2", "c")]


def envelope(department: str):
    path = Path(f"connectors/manifests/{department}.toml")
    return parse(path.name, path.read_text(encoding="utf-8"), SETTINGS).envelope


def nested(*results, **top):
    return {"code": "0000", "data": {"gxsj": "20261121233000", "jg": list(results)}, **top}


def flat(*rows, **top):
    return {"success": True, "dataTime": "2026-11-21 23:00:00", "rows": list(rows), "noData": [], "nextPage": None, **top}


@pytest.mark.parametrize("group", PAGED)
async def test_pages_are_joined(group, opening, government, population):
    people = household(population, group, 8)
    whole = await (await opening())[group].fetch(ask(group, people))
    government.forget()
    paged = await (await opening(rows_per_page='"3"'))[group].fetch(ask(group, people))
    assert paged == whole
    assert government.journal(GROUPS[group].department).calls > 2


async def test_a_department_that_pages_for_ever_is_stopped(departments, population, monkeypatch):
    asked = []

    async def again(*_arguments):
        asked.append(1)
        return page(envelope("RS"), flat(nextPage="more"), PEOPLE, ())

    monkeypatch.setattr(departments["socialInsurance"], "_page", again)
    with pytest.raises(DepartmentBroke, match=f"RS gave more than {PAGES} pages"):
        await departments["socialInsurance"].fetch(ask("socialInsurance", household(population, "socialInsurance")))
    assert len(asked) == PAGES + 1


async def test_no_name_and_no_key_of_ours_is_in_a_question(departments, population, monkeypatch):
    """The body as it leaves, for both shapes of envelope."""
    for group in ("vehicle", "socialInsurance"):
        bodies = []
        people = household(population, group)
        door = departments[group]._door
        honest = door.post

        async def listening(url, make, bodies=bodies, honest=honest):
            bodies.append(make()[0].decode())
            return await honest(url, make)

        monkeypatch.setattr(door, "post", listening)
        await departments[group].fetch(ask(group, people, columns(group)))
        [body] = bodies
        assert not any(person.name in body for person in people)
        assert not re.search(r'"s\d"', body)
        assert all(person.id_number in body for person in people)


@pytest.mark.parametrize("answer", [
    [], "x", None, {}, nested(code="0001"), {**nested(), "data": None}, {**nested(), "data": {"gxsj": "20261121233000", "jg": {}}},
    {"code": "0000", "data": {"jg": []}}, nested("x"), nested({"xh": "1", "sfzh": PEOPLE[0].id_number, "zt": "1", "jl": None}),
    nested({"xh": "1", "sfzh": PEOPLE[0].id_number, "zt": "1", "jl": ["x"]}), nested({"xh": "1", "sfzh": PEOPLE[0].id_number, "zt": "1", "jl": [{}]}),
    nested({"xh": "1", "sfzh": PEOPLE[0].id_number, "zt": "1", "jl": [{"syxz": "A"}] * 501}),
    nested(*[{"xh": "1", "sfzh": PEOPLE[0].id_number, "zt": "0", "jl": []}] * 2),
])
def test_a_nested_answer_of_another_shape_is_broken(answer):
    with pytest.raises(DepartmentBroke):
        page(envelope("GA"), answer, PEOPLE, ("syxz",))


@pytest.mark.parametrize("answer", [
    flat(success=False), flat(success="true"), flat(dataTime=None), flat(rows=None), flat("x"), flat({"seq": "1"}), flat(noData="2"),
    flat(nextPage=5), flat({"seq": "1", "aae140": "110"}, noData=["1"]),
])
def test_a_flat_answer_of_another_shape_is_broken(answer):
    with pytest.raises(DepartmentBroke):
        page(envelope("RS"), answer, PEOPLE, ("aae140",))


def test_results_under_no_place_of_ours_or_another_number_are_strays():
    one, other = ({"xh": "1", "sfzh": number, "zt": "0", "jl": []} for number in (PEOPLE[1].id_number, "50990119900101001X"))
    read = page(envelope("GA"), nested(one, {**other, "xh": "2"}, {**one, "xh": "3"}, {**one, "xh": 2, "zt": "9"}), PEOPLE, ())
    assert (read.rows, read.strays) == ({}, 3)
    read = page(envelope("RS"), flat({"seq": "3"}, {"seq": None}, noData=["2", "9", 1]), PEOPLE, ())
    assert (read.rows, read.strays) == ({1: []}, 2)


def test_while_one_organisations_delivery_is_overdue_the_ledger_says_of_nobody_that_there_is_no_help():
    results = [{"xh": "1", "sfzhm": PEOPLE[0].id_number, "zt": "E", "bfjl": []}, {"xh": "2", "sfzhm": PEOPLE[1].id_number, "zt": "N", "bfjl": []}]
    told = page(envelope("GH"), {"success": True, "data": {"sjrq": "2026-11-19 00:00:00", "jg": results}}, PEOPLE, ("bfzz",))
    assert told.rows == {1: []}  # left out is SOURCE_ERROR; no record is only what was said to be
