"""The subgraph a composition is given: the printed schema and the federation's directives, nothing of its own."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, StringValueNode, build_schema, parse, print_schema

from schema import SCHEMA
from schema.federation import federated, parse_representation, refuse_representation_literal, subgraph_sdl
from schema.register import GROUPS, read

DIRECTIVES = """
directive @link(url: String!, import: [String]) repeatable on SCHEMA
directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION | OBJECT
"""


def test_the_subgraph_is_the_printed_schema_and_holds_the_same_labels() -> None:
    again = build_schema(subgraph_sdl() + DIRECTIVES)
    for name, type_ in SCHEMA.type_map.items():
        if not name.startswith("__"):
            assert name in again.type_map, name
            assert set(getattr(type_, "fields", ())) == set(getattr(again.type_map[name], "fields", ())), name
    assert read(again) == GROUPS


def test_a_person_is_an_entity_by_handle_and_what_names_people_otherwise_is_not_reached_by_a_router() -> None:
    lines = subgraph_sdl().splitlines()
    assert sum("@key(" in line for line in lines) == 1
    assert [line for line in lines if line.startswith('type Person @key(fields: "id")')]
    hidden = {line.partition("(")[0].partition(":")[0].strip() for line in lines if line.endswith(("@inaccessible", "@inaccessible {"))}
    assert hidden == {"lookUp", "accessLog", "me", "type Mutation @inaccessible {"}
    assert "_entities" not in subgraph_sdl()
    assert "_service" not in subgraph_sdl()


def test_only_a_federated_hub_has_the_roots_of_a_subgraph() -> None:
    assert {"_service", "_entities"} <= set(federated().query_type.fields)
    assert not {"_service", "_entities"} & set(SCHEMA.query_type.fields)
    assert [type_.name for type_ in federated().type_map["_Entity"].types] == ["Person"]
    assert parse(print_schema(federated()))


@pytest.mark.parametrize("value", [
    None, "per_x", [], {}, {"__typename": "Person"}, {"id": "per_x"}, {"__typename": "Household", "id": "hh_x"},
    {"__typename": "Person", "id": 7}, {"__typename": "Person", "id": ""}, {"__typename": "Person", "id": "x" * 201},
    {"__typename": "Person", "id": "per_x", "idNumber": "509900200001010011"}, {"__typename": "Person", "id": ["per_x"]},
])
def test_a_representation_is_a_person_by_handle_and_nothing_else(value: object) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse_representation(value)
    assert "5099" not in str(refused.value)


def test_a_representation_is_read_as_its_handle_and_never_from_a_document() -> None:
    assert parse_representation({"__typename": "Person", "id": "per_x"}) == "per_x"
    with pytest.raises(GraphQLError, match="only in a variable"):
        refuse_representation_literal(StringValueNode(value="per_x"))
