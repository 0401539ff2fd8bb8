"""民政局: its own GraphQL service for assistance, care, marriage, funerals and confirmations (docs/contracts/MZ.md); marriages as a subgraph too."""

from __future__ import annotations

import hmac
import importlib.resources
import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from connectors.sandbox.civil_records import LISTS
from connectors.sandbox.controls import Controls, Mood, tamper
from connectors.sandbox.marriage_registry import MarriageRegistry
from connectors.sandbox.population import Population
from connectors.sandbox.server import DepartmentServer, Refusal, WireShelf, as_json

BATCH = 100
DOCUMENT_LIMIT = 20_000
DEPTH = 5
SDL = importlib.resources.files("connectors.sandbox").joinpath("civil_affairs.graphql").read_text(encoding="utf-8")
_SCHEMA = build_schema(SDL)


class CivilAffairs(DepartmentServer):
    """The bureau's GraphQL endpoint behind one bearer token."""

    def __init__(self, population: Population, *, bearer: str, controls: Controls | None = None) -> None:
        super().__init__(population, controls=controls)
        self._token, self._bearer = bearer, f"Bearer {bearer}".encode()
        self._documents: dict[str, DocumentNode] = {}
        self._shelves = {name: WireShelf(population, group, write) for name, (group, write) in LISTS.items()}
        self.marriages = MarriageRegistry(self._shelves["marriage"], self.journal, today=str(population.today))

    @property
    def settings(self) -> dict[str, str]:
        """What the hub is given to ask it."""
        return {"url": self.url, "bearer": self._token}

    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """Authenticate, read, execute."""
        if request.path not in {"/graphql", "/subgraph"} or request.method != "POST":
            raise Refusal(404, "NOT_FOUND", "no such resource")
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._bearer):
            raise Refusal(401, "UNAUTHENTICATED", "bearer token missing or unknown")
        text, variables = _asked(body)
        if request.path == "/subgraph":
            return as_json(self.marriages.answer(text, variables, mood.lie))
        document = self._read(text)
        result = execute_sync(_SCHEMA, document, root_value={"persons": self._persons}, variable_values=variables)
        told: dict[str, Any] = {"data": result.data}
        if result.errors:
            told["errors"] = [{"message": error.message, "path": error.path, "extensions": error.extensions or {"code": "INTERNAL"}} for error in result.errors]
        return as_json(_tampered(told, mood.lie))

    def refuse(self, refusal: Refusal) -> web.Response:
        """`{"errors": […]}`."""
        return as_json({"errors": [{"message": refusal.text, "extensions": {"code": refusal.code}}]}, status=refusal.status)

    def _read(self, text: str) -> DocumentNode:
        document = self._documents.get(text)
        if document is None:
            document = self._valid(text)
            if len(self._documents) >= 500:
                self._documents.clear()
            self._documents[text] = document
        return document

    def _valid(self, text: str) -> DocumentNode:
        try:
            document = parse(text, no_location=True, max_tokens=4000)
        except GraphQLError as error:
            raise Refusal(400, "GRAPHQL_PARSE_FAILED", error.message) from error
        errors = validate(_SCHEMA, document)
        if errors:
            raise Refusal(400, "GRAPHQL_VALIDATION_FAILED", errors[0].message)
        if any(_depth(definition) > DEPTH for definition in document.definitions):
            raise Refusal(400, "TOO_DEEP", f"at most {DEPTH} levels")
        return document

    def _persons(self, info: GraphQLResolveInfo[Any], *, asks: list[dict[str, str]], organisation: str) -> dict[str, object]:
        if not 1 <= len(asks) <= BATCH:
            message = "1 to 100 persons"
            raise GraphQLError(message, extensions={"code": "BAD_ASK"})
        wanted = _wanted(info)
        for name, columns in wanted.items():
            self.journal.note(group=LISTS[name][0], columns=columns, organisation=organisation,
                              subjects=[(ask["reference"], ask["purpose"], ask["approval"]) for ask in asks])
        persons = [self._person(ask, wanted) for ask in asks]
        return {"dataTime": f"{self.population.today}T06:00:00+08:00", "persons": persons}

    def _person(self, ask: dict[str, str], wanted: Iterable[str]) -> dict[str, object]:
        number = ask["idNumber"]

        def called(_info: GraphQLResolveInfo[Any]) -> str | None:
            person = self.population.by_id_number(number)
            return person.name if person is not None else None

        return {"key": ask["key"], "idNumber": number, "name": called, **{name: self._list(name, number) for name in wanted}}

    def _list(self, name: str, id_number: str) -> object:
        records = self._shelves[name].of(id_number)
        if name != "confirmations":
            return records

        def of_region(_info: GraphQLResolveInfo[Any], *, region: str | None = None) -> list[dict[str, object]]:
            return [record for record in records if region is None or record["region"] == region]

        return of_region


def _asked(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        asked = json.loads(body)
        text, variables = asked["query"], asked.get("variables") or {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(400, "BAD_REQUEST", "body is not a GraphQL request") from error
    if not isinstance(text, str) or len(text) > DOCUMENT_LIMIT or not isinstance(variables, dict):
        raise Refusal(400, "BAD_REQUEST", "document missing or too long")
    return text, variables


def _wanted(info: GraphQLResolveInfo[Any]) -> dict[str, list[str]]:
    """The lists a question asks for, each with the columns named, fragments followed."""
    wanted: dict[str, list[str]] = {}

    def walk(node: Any, path: tuple[str, ...]) -> None:
        for child in node.selection_set.selections if node.selection_set else ():
            if isinstance(child, FieldNode):
                name = child.name.value
                if path == ("persons",) and name in LISTS:
                    wanted.setdefault(name, [])
                elif len(path) == 2 and path[1] in wanted:
                    wanted[path[1]].append(name)
                walk(child, (*path, name))
            elif hasattr(child, "name"):
                walk(info.fragments[child.name.value], path)
            else:
                walk(child, path)

    for node in info.field_nodes:
        walk(node, ())
    return wanted


def _depth(node: Any) -> int:
    selections = getattr(node, "selection_set", None)
    return 1 + max(map(_depth, selections.selections)) if selections else 0


def _tampered(told: dict[str, Any], lie: str | None) -> dict[str, Any]:
    if lie is None:
        return told
    for answer in (told.get("data") or {}).values():
        persons = answer["persons"] if answer else []
        if lie == "half":
            del persons[len(persons) // 2:]
        elif lie == "extra_people" and persons:
            persons.append({**persons[0], "key": "999", "idNumber": "509999200001010012"})
        for person in persons:
            for name in [name for name, value in person.items() if isinstance(value, list)]:
                tamper(person, name, lie)
    return told
