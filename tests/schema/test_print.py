"""The printed schema: equal to the types, and guarded against changes that break callers or tell more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType

from schema import SCHEMA, sdl
from schema.federation import subgraph_sdl
from schema.print import FILE, SUBGRAPH, main, objections


def test_the_committed_file_is_what_the_types_print() -> None:
    committed = FILE.read_text("utf-8")
    assert not objections(committed, sdl()), "this breaks callers or tells more: run `python -m schema.print --accept` if it is meant"
    assert committed == sdl(), "run `make schema`"
    assert FILE.with_name(SUBGRAPH).read_text("utf-8") == subgraph_sdl(), "run `make schema`"


@pytest.mark.parametrize(("old", "new", "objection"), [
    ("plateNo: Text @label", "plate: Text @label", "Field Vehicle.plateNo was removed."),
    ("first: Int = 50", "first: Int!", "Argument Query.accessLog(first:) has changed type from Int to Int!."),
    ('level: L3, kind: TEXT, crossRegion: WITHHELD)\n\n  """使用性质', 'level: L2, kind: TEXT, crossRegion: WITHHELD)\n\n  """使用性质',
     "vehicle.plateNo would be L2, was L3."),
    ("taxPaid: Amount @label(level: L3, kind: AMOUNT, crossRegion: BOOLEAN", "taxPaid: Amount @label(level: L3, kind: AMOUNT, crossRegion: BAND",
     "tax.taxPaid would be told as BAND in another region, was BOOLEAN."),
])
def test_a_breaking_change_and_a_looser_label_are_named(old: str, new: str, objection: str) -> None:
    assert old in sdl()
    assert objection in " ".join(objections(sdl(), sdl().replace(old, new)))


def test_a_stricter_label_and_a_new_field_are_no_objection() -> None:
    new = sdl().replace("taxPaid: Amount @label(level: L3, kind: AMOUNT, crossRegion: BOOLEAN", "taxPaid: Amount @label(level: L4, kind: AMOUNT, crossRegion: BOOLEAN")
    assert new != sdl()
    assert not objections(sdl(), new)


def test_nothing_is_written_over_an_objection_unless_it_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schema.graphql"
    older = sdl().replace("type Source {", 'type Source {\n  """地点 Place."""\n  place: String\n')
    file.write_text(older, "utf-8")
    assert main([], file) == 1
    assert "Field Source.place was removed." in capsys.readouterr().err
    assert file.read_text("utf-8") == older
    assert main(["--accept"], file) == 0
    assert file.read_text("utf-8") == sdl()
    assert main([], file) == 0


def test_every_type_and_field_is_described_chinese_term_first() -> None:
    silent = []
    for type_ in SCHEMA.type_map.values():
        if type_.name.startswith("__") or not isinstance(type_, GraphQLObjectType | GraphQLInputObjectType | GraphQLEnumType):
            continue
        if not _bilingual(type_.description):
            silent.append(type_.name)
        if not isinstance(type_, GraphQLEnumType):
            silent += [f"{type_.name}.{name}" for name, field in type_.fields.items() if not _bilingual(field.description)]
    assert not silent


def _bilingual(description: str | None) -> bool:
    return bool(re.match(r"[一-鿿][^ ]* [\w\"`]", description or ""))
