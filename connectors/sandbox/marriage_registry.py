"""婚姻登记: the bureau's marriage registry as an Apollo Federation 2 subgraph (docs/contracts/MZ-HY.md)."""

from __future__ import annotations

import importlib.resources
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLError, GraphQLResolveInfo, build_schema, execute_sync, parse, validate

from connectors.sandbox.controls import Journal, tamper
from connectors.sandbox.server import Refusal, WireShelf

BATCH = 100
SDL = importlib.resources.files("connectors.sandbox").joinpath("marriage_registry.graphql").read_text(encoding="utf-8")
_FEDERATION = """
directive @link(url: String!, import: [String]) repeatable on SCHEMA
directive @key(fields: String!) repeatable on OBJECT
scalar _Any
type _Service { sdl: String! }
union _Entity = Citizen
type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
"""
_SCHEMA = build_schema(SDL + _FEDERATION)
_KEY = frozenset({"idNumber", "organisation", "purpose", "approval", "reference"})


class MarriageRegistry:
    """Answers entities out of a shelf; notes each question in the bureau's journal. `sdl` is what it says of itself."""

    def __init__(self, shelf: WireShelf, journal: Journal, *, today: str) -> None:
        self.sdl = SDL
        self._shelf, self._journal, self._today = shelf, journal, today

    def answer(self, text: str, variables: dict[str, Any], lie: str | None) -> dict[str, Any]:
        """The response body. Raises Refusal for a document it cannot read."""
        root = {"_service": lambda _info: {"sdl": self.sdl}, "_entities": self._entities}
        result = execute_sync(_SCHEMA, self._read(text), root_value=root, variable_values=variables)
        told: dict[str, Any] = {"data": result.data}
        if result.errors:
            told["errors"] = [{"message": error.message, "extensions": error.extensions or {"code": "INTERNAL"}} for error in result.errors]
        if result.data and lie is not None and "_entities" in result.data:
            _tamper(result.data["_entities"], lie)
        return told

    def _read(self, text: str) -> DocumentNode:
        try:
            document = parse(text, no_location=True, max_tokens=4000)
        except GraphQLError as error:
            raise Refusal(400, "GRAPHQL_PARSE_FAILED", error.message) from error
        if errors := validate(_SCHEMA, document):
            raise Refusal(400, "GRAPHQL_VALIDATION_FAILED", errors[0].message)
        return document

    def _entities(self, info: GraphQLResolveInfo[Any], *, representations: list[Any]) -> list[dict[str, object]]:
        if not 1 <= len(representations) <= BATCH:
            message = "1 to 100 entities"
            raise GraphQLError(message, extensions={"code": "BAD_ASK"})
        for one in representations:
            if not isinstance(one, dict) or one.keys() != _KEY | {"__typename"} or one["__typename"] != "Citizen":
                message = "a representation is of a Citizen, by its whole key"
                raise GraphQLError(message, extensions={"code": "BAD_ASK"})
        self._journal.note(
            group="marriage", columns=_columns(info), organisation=representations[0]["organisation"],
            subjects=[(one["reference"], one["purpose"], one["approval"]) for one in representations],
        )
        moment = f"{self._today}T06:00:00+08:00"
        return [{**one, "dataTime": moment, "marriage": self._shelf.of(one["idNumber"])} for one in representations]


def _columns(info: GraphQLResolveInfo[Any]) -> list[str]:
    """The names asked of a marriage."""
    found: list[str] = []

    def walk(node: Any, within: str) -> None:
        for child in node.selection_set.selections if node.selection_set else ():
            if isinstance(child, FieldNode):
                if within == "marriage":
                    found.append(child.name.value)
                walk(child, child.name.value)
            else:
                walk(info.fragments[child.name.value] if hasattr(child, "name") else child, within)

    for node in info.field_nodes:
        walk(node, "")
    return found


def _tamper(entities: list[Any], lie: str) -> None:
    match lie:
        case "half":
            entities[len(entities) // 2:] = [None] * (len(entities) - len(entities) // 2)
        case "extra_people":
            entities.append({**entities[0], "idNumber": "509999200001010012"})
        case "other_person":
            entities[-1] = {**entities[-1], "idNumber": "509999200001010012"}
        case _:
            for entity in entities:
                tamper(entity, "marriage", lie)
