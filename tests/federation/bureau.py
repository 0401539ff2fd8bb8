"""A small bureau's subgraph, made with a library not ours: home visits of people it knows by the handle they have in its case."""

from __future__ import annotations

import strawberry
from strawberry.asgi import GraphQL

VISITS: dict[str, list[str]] = {}
"""Handle to the days of home visits; the test fills it."""


@strawberry.type
class Visit:
    on: str


@strawberry.federation.type(keys=["id"])
class Person:
    id: strawberry.ID

    @strawberry.field
    def home_visits(self) -> list[Visit]:
        return [Visit(on=day) for day in VISITS.get(self.id, [])]

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Person:  # noqa: A002 (the key's own name)
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field
    def visited(self) -> list[Person]:
        return [Person(id=strawberry.ID(handle)) for handle in VISITS]


SCHEMA = strawberry.federation.Schema(query=Query, federation_version="2.9")
APPLICATION = GraphQL(SCHEMA, graphql_ide=None)
