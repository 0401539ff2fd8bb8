"""A department's own graph: documents hold names, variables hold people, answers are read by name."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from graphql import build_schema, parse, validate

from connectors import manifest
from connectors.graphql import GraphqlConnector, _Part, document, selected
from connectors.interface import DepartmentBroke, DepartmentError, DepartmentUnavailable, Subject
from connectors.selection import SHAPES_KEPT
from tests.connectors.asking import ask, column
from tests.connectors.shipped import SETTINGS

PATH = Path("connectors/manifests/MZ.toml")
MZ = manifest.parse(PATH.name, PATH.read_text(encoding="utf-8"), SETTINGS)
SDL = build_schema(Path("docs/contracts/MZ.graphql").read_text(encoding="utf-8"))
ASSISTANCE = MZ.groups["civilAssistance"].call
PERSON = Subject("s0", "50990119850101001X", "张三", "intent-0000", "case-1")


@pytest.fixture
def reader(clock, random) -> GraphqlConnector:
    return GraphqlConnector(MZ, clock=clock, random=random)


def answer(**told) -> bytes:
    return orjson.dumps({"data": {"p0": {"dataTime": "2026-11-22T06:00:00+08:00", **told}}})


def read(reader: GraphqlConnector, body: bytes, group: str, subjects, names) -> tuple[str, dict]:
    """What is told of the one part of a call."""
    (told,) = reader._read(body, [_Part(ask(group, ()), "", names, subjects)])
    if isinstance(told, DepartmentError):
        raise told
    return told


@pytest.mark.parametrize("group", ["civilAssistance", "confirmation"])
def test_every_document_the_manifest_can_make_fits_the_departments_schema(group):
    names = [entry.name for entry in MZ.groups[group].fields.values() if entry.name]
    for chosen in ([], names[:1], names):
        text = selected(MZ.envelope, MZ.groups[group].call, chosen)
        assert validate(SDL, parse(document(MZ.envelope, [text]))) == []
        assert validate(SDL, parse(document(MZ.envelope, [text, selected(MZ.envelope, ASSISTANCE, ["kind"]), text]))) == []


def test_askers_who_order_columns_as_they_like_cannot_make_it_grow(reader):
    for number in range(SHAPES_KEPT + 10):
        reader._selected("confirmation", (f"c{number}",))
    assert reader._selected.cache_info().currsize == SHAPES_KEPT


async def test_the_document_is_the_same_whoever_is_asked_about(departments, government, population, monkeypatch):
    bodies = []
    door = departments["civilAssistance"]._door
    honest = door.post

    async def listening(url, make):
        bodies.append(orjson.loads(make()[0]))
        return await honest(url, make)

    monkeypatch.setattr(door, "post", listening)
    people = list(population.people())[:6]
    for part in (people[:3], people[3:]):
        await departments["civilAssistance"].fetch(ask("civilAssistance", part, (column("civilAssistance", "status"),)))
    assert bodies[0]["query"] == bodies[1]["query"]
    assert "state" in bodies[0]["query"]
    assert not any(person.id_number in body["query"] or person.name in orjson.dumps(body).decode() for person in people for body in bodies)


@pytest.mark.parametrize("body", [
    b"[]", b'{"data": null, "errors": [{"message": "50990119850101001X not found"}]}', b'{"data": {"p0": null}}',
    answer(persons=[], dataTime="soon"), b'{"errors": []}',
])
def test_an_answer_without_data_is_unavailable_and_its_text_unread(reader, body):
    with pytest.raises(DepartmentUnavailable, match=r"^MZ answered without data$"):
        read(reader, body, "civilAssistance", (), ("status",))


@pytest.mark.parametrize("persons", [None, "x", ["x"], [{"key": "1", "idNumber": "50990119850101001X", "assistance": ["x"]}],
                                     [{"key": "1", "idNumber": "50990119850101001X", "assistance": [{"kind": "1"}]}]])
def test_an_answer_of_another_shape_is_broken(reader, persons):
    with pytest.raises(DepartmentBroke):
        read(reader, answer(persons=persons), "civilAssistance", (PERSON,), ("status",))


def test_a_list_that_could_not_be_read_is_an_error_and_not_no_record(reader):
    told = [{"key": "1", "idNumber": "50990119850101001X", "assistance": None}]
    assert read(reader, answer(persons=told), "civilAssistance", (PERSON,), ("status",)) == ("2026-11-22T06:00:00+08:00", {})


@pytest.mark.parametrize(("told", "rows"), [("张三", [["A"]]), (" 张 三 ", [["A"]]), ("张四", []), (None, []), ("", []), (7, [])])
def test_a_result_is_only_that_of_the_number_and_the_name_and_otherwise_looks_like_none(reader, told, rows):
    given = [{"key": "1", "idNumber": PERSON.id_number, "name": told, "confirmations": [{"state": "A"}]}]
    assert read(reader, answer(persons=given), "confirmation", (PERSON,), ("state",)) == ("2026-11-22T06:00:00+08:00", {0: rows})


async def test_what_is_not_json_is_broken(reader):
    with pytest.raises(DepartmentBroke, match="MZ answered with what is not JSON"):
        read(reader, b"<html>", "civilAssistance", (), ("status",))
    await reader.close()


def test_what_cannot_be_read_in_one_list_costs_that_list_alone(reader):
    parts = [_Part(ask("civilAssistance", ()), "", ["kind"], [PERSON])] * 2
    key, results, as_of = (MZ.envelope[name] for name in ("key", "results", "as_of"))
    good = orjson.dumps({as_of: "2026-11-22T06:00:00+08:00", results: []})
    bad = good.replace(b"[]", b'[{"%s": %s"deep"%s}]' % (key.encode(), b"[" * 1000, b"]" * 1000))  # JSON is read to a depth at which no text is made of it
    first, second = reader._read(b'{"data": {"p0": %s, "p1": %s}}' % (bad, good), parts)
    assert isinstance(first, DepartmentBroke)
    assert "RecursionError" in str(first)
    assert second == ("2026-11-22T06:00:00+08:00", {})
