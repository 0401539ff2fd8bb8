"""docs/systems.md is kept true: every system and department has a row, and what a row names exists and is the connector of it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

import pytest

from connectors.manifest import parse as department
from connectors.platform_manifest import parse as platform
from hub.messages.kinds import SORTS, Kind
from hub.shapes import PUBLISHED
from policies.channels import CHANNELS
from schema.register import GROUPS
from tests.systems import DEPARTMENTS, DOCUMENT, ROOT, SYSTEMS, System

NUMBERS = {str(number) for number in range(1, 36)}
CODES = frozenset((
    "MZ", "MZ-HD", "GA", "SW", "SCJG", "RS", "YB", "WJ", "CL", "ZJ", "GZ", "GJJ", "JT", "JR", "CZ", "JY", "YJ", "SF", "NY", "TY", "GH", "FL",
    "TW", "HSZ", "CS", "DSJ", "JX", "XZSP", "FG", "TJ", "JW", "SJ", "DC", "TOWN", "VILL",
))
ROWS = [pytest.param(row, id=row.id) for row in (*SYSTEMS, *DEPARTMENTS)]
PROTOCOLS = {
    "rest": "REST", "soap": "SOAP", "sql": "SQL", "mysql": "SQL", "files": "files", "graphql": "GraphQL", "subgraph": "GraphQL",
    "deferred": "deferred REST",
}

WAYS = {
    *PROTOCOLS.values(), "GraphQL, REST", "signed messages", "channel", "transport", "references", "evidence", "hub to hub", "OAuth client", "none",
}


def settings_of(text: str) -> dict[str, str]:
    return dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "AAAA")


@lru_cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def manifests(row: System) -> list[str]:
    return [path for path in row.connected_by if path.endswith(".toml") and path.startswith("connectors/")]


def test_each_system_and_each_department_has_its_row():
    assert {number for row in SYSTEMS for number in row.numbers} == NUMBERS
    assert {code for row in DEPARTMENTS for code in row.ids} == CODES
    assert "Not connected" not in DOCUMENT


def test_nobody_is_left_without_a_connection_but_those_that_hold_nothing_of_a_person():
    assert {row.id for row in (*SYSTEMS, *DEPARTMENTS) if row.protocol == "none"} == {"charity-platform", "FG", "TJ"}
    assert {row.protocol for row in (*SYSTEMS, *DEPARTMENTS)} <= WAYS, "a protocol this test does not know how to hold to its word"


@pytest.mark.parametrize("row", ROWS)
def test_what_a_row_is_connected_by_exists(row):
    assert row.connected_by
    assert not [path for path in row.connected_by if not (ROOT / path).is_file()]


@pytest.mark.parametrize("row", ROWS)
def test_the_test_a_row_names_exists(row):
    assert row.tests
    for name in row.tests:
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), path
        assert function in functions(path), name


@pytest.mark.parametrize("row", ROWS)
def test_the_fact_groups_of_a_row_are_answered_by_the_manifests_it_names(row):
    groups = {word for word in row.exchanges if word in GROUPS}
    if "hub/regions/routes.py" in row.connected_by:
        return
    answered: set[str] = set()
    for path in manifests(row):
        text = (ROOT / path).read_text("utf-8")
        if "platforms" in path:
            assert platform(path, text, settings_of(text)).platform in row.ids
            continue
        manifest = department(path, text, settings_of(text))
        answered |= manifest.groups.keys()
        assert PROTOCOLS[manifest.protocol] in row.protocol.split(", ") or row.protocol == "none"
    assert groups <= answered, groups - answered
    if row.protocol != "none" and row in DEPARTMENTS and not row.sends:
        assert answered <= groups, answered - groups


@pytest.mark.parametrize("row", ROWS)
def test_every_word_of_capitals_is_a_kind_of_message_with_a_schema(row):
    named = {word for word in row.exchanges if re.fullmatch(r"[A-Z_]{4,}", word)}
    assert named <= set(Kind)
    assert all(kind in SORTS and f'"{kind}"'.encode() in PUBLISHED["bodies"] for kind in named)


@pytest.mark.parametrize("row", ROWS)
def test_a_route_a_row_names_is_served_by_one_of_its_files(row):
    for route in (word.rpartition(" ")[2] for word in row.exchanges if "/" in word and "<" not in word):
        files = [*row.connected_by, "hub/app.py", "hub/probes.py", "hub/graph.py"]
        assert any(f'"{route}"' in (ROOT / path).read_text("utf-8") for path in files), route


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in SYSTEMS if row.protocol == "channel"])
def test_a_channel_is_in_the_register(row):
    assert set(row.ids) <= CHANNELS.keys()


def test_every_fact_group_has_a_department_in_the_table():
    named = {word for row in DEPARTMENTS for word in row.exchanges if word in GROUPS}
    assert named == GROUPS.keys() - {"identity"}


def test_every_kind_of_message_is_some_systems():
    assert {kind for row in SYSTEMS for kind in (*row.sends, *row.receives)} | {Kind.CHECK_REPORTED} == set(Kind)
