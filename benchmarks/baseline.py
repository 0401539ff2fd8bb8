"""The baseline gateway: the hub's own Strawberry types with DataLoaders over the plain REST face, as a good engineer would tune it.

aiohttp, orjson, both of Strawberry's caches, sync resolvers, dict rows, one DataLoader a group and request, the household's members in
memory. No consent, no policy, no masks, no log. `python -m benchmarks.baseline` serves it on uvicorn and prints one line when ready.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import aiohttp
import orjson
import strawberry
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.utils.str_converters import to_snake_case

from benchmarks import processes, question
from connectors.sandbox.people import Household as Family
from connectors.sandbox.population import Population
from hub.app import settle
from schema.civil_affairs import CivilAssistanceFacts
from schema.disabled_persons import DisabilityFacts
from schema.facts import Facts, FactStatus
from schema.human_resources import SocialInsuranceFacts
from schema.natural_resources import RealEstateFacts
from schema.public_security import HouseholdRegisterFacts, VehicleFacts
from schema.scalars import SCALARS, RegionCode
from schema.tax import TaxFacts

Row = dict[str, Any]


FACTS: Mapping[str, type[Facts]] = {
    "householdRegister": HouseholdRegisterFacts, "vehicle": VehicleFacts, "tax": TaxFacts, "realEstate": RealEstateFacts,
    "socialInsurance": SocialInsuranceFacts, "disability": DisabilityFacts, "civilAssistance": CivilAssistanceFacts,
}


def _facts(group: str) -> Any:
    """A sync resolver that hands graphql-core the loader's future."""

    def resolve(root: Any, info: strawberry.Info) -> Any:
        return info.context[group].load(root["id_number"])

    return resolve


@strawberry.type
class Person:
    """The hub's Person, with resolvers."""

    id: strawberry.ID
    household_register: HouseholdRegisterFacts | None = strawberry.field(resolver=_facts("householdRegister"))
    vehicle: VehicleFacts | None = strawberry.field(resolver=_facts("vehicle"))
    tax: TaxFacts | None = strawberry.field(resolver=_facts("tax"))
    real_estate: RealEstateFacts | None = strawberry.field(resolver=_facts("realEstate"))
    social_insurance: SocialInsuranceFacts | None = strawberry.field(resolver=_facts("socialInsurance"))
    disability: DisabilityFacts | None = strawberry.field(resolver=_facts("disability"))
    civil_assistance: CivilAssistanceFacts | None = strawberry.field(resolver=_facts("civilAssistance"))


@strawberry.type
class Member:
    """The hub's Member."""

    relation: str
    role: str
    capacity: str
    person: Person


@strawberry.type
class Household:
    """The hub's Household."""

    id: strawberry.ID
    area: str
    hukou_region: RegionCode
    residence_region: RegionCode
    members: list[Member]


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def household(self, info: strawberry.Info, id: strawberry.ID) -> Household | None:  # noqa: A002
        """From memory: the baseline keeps its cases there."""
        found: Household | None = info.context["families"].get(id)
        return found


def _default(source: Any, name: str) -> object:
    return source[name] if source.__class__ is dict else getattr(source, name)


SCHEMA = strawberry.Schema(
    query=Query, extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(default_resolver=_default, scalar_map=dict(SCALARS)),
)


def _shaper(group: str) -> Callable[[Row], Row]:
    """From a REST record to the dict the types are resolved from."""
    parts = [
        (to_snake_case(name), question.CSV_NAMES.get(name, name), leaf)
        for name, leaf in question.FIELDS[group].items()
    ]

    def shape(record: Row) -> Row:
        return {
            ours: {leaf: record[theirs]} if leaf else record[theirs] for ours, theirs, leaf in parts
        }

    return shape


def _of(kind: type[Facts], records: list[Row]) -> Facts:
    """Facts are objects, since Strawberry tells the types of an interface apart by class; what was not asked is not set."""
    facts = kind.__new__(kind)
    facts.status = FactStatus.MATCHED if records else FactStatus.NO_RECORD
    facts.records = records  # type: ignore[attr-defined]
    return facts


class Departments:
    """The plain REST face, one call a group and batch of people; with `memory` each person is asked about once."""

    def __init__(self, url: str, *, memory: bool) -> None:
        self._url = url
        self._memory: dict[tuple[str, str], Facts] | None = {} if memory else None
        self._session: aiohttp.ClientSession | None = None
        self._shapers = {group: _shaper(group) for group in question.FIELDS}
        self._fields = {group: [question.CSV_NAMES.get(name, name) for name in asked] for group, asked in question.FIELDS.items()}

    async def load(self, group: str, numbers: Sequence[str]) -> list[Facts]:
        """A facts object for each number."""
        known = self._memory
        if known is not None and all((group, number) in known for number in numbers):
            return [known[group, number] for number in numbers]
        loaded = await self._asked(group, numbers)
        if known is not None:
            known.update({(group, number): row for number, row in zip(numbers, loaded, strict=True)})
        return loaded

    async def _asked(self, group: str, numbers: Sequence[str]) -> list[Facts]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
            )
        body = orjson.dumps({"idNumbers": numbers, "fields": self._fields[group]})
        async with self._session.post(f"{self._url}/plain/{group}", data=body) as response:
            told = orjson.loads(await response.read())
        shape, kind = self._shapers[group], FACTS[group]
        return [_of(kind, [shape(one) for one in told[number]]) for number in numbers]


class Gateway(GraphQL):
    """Strawberry's own ASGI view, encoding with orjson, with fresh loaders for each request."""

    def __init__(self, departments: Departments, families: Mapping[str, Row]) -> None:
        super().__init__(SCHEMA, graphql_ide=None, allow_queries_via_get=False)
        self._departments = departments
        self._families = families

    async def get_context(self, request: Any, response: Any) -> Any:  # noqa: ARG002 (Strawberry's signature)
        context: dict[str, Any] = {group: DataLoader(partial(self._departments.load, group)) for group in question.FIELDS}
        context["families"] = self._families
        return context

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def row(family: Family) -> Row:
    """A household as the baseline keeps it."""
    return {
        "id": f"hh-{family.index}", "area": family.area, "hukou_region": family.hukou_region, "residence_region": family.residence_region,
        "members": [
            {
                "relation": member.relation, "role": member.role, "capacity": member.capacity,
                "person": {"id": f"p-{member.person.index}", "id_number": member.person.id_number},
            }
            for member in family.members
        ],
    }


async def serve(options: argparse.Namespace) -> None:
    """Until SIGTERM."""
    population = Population(question.REGION, question.PEOPLE)
    families = {f"hh-{one.index}": row(one) for one in question.families(population, options.families)}
    gateway = Gateway(Departments(options.url, memory=options.memory), families)
    settle()  # its garbage collector is tuned as the hub's is
    await processes.serve(gateway, processes.free_port())


def asks(count: int) -> list[dict[str, str]]:
    """What it can be asked about."""
    return [{"token": "", "household": f"hh-{one.index}"} for one in question.families(Population(question.REGION, question.PEOPLE), count)]


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baseline", description=__doc__)
    parser.add_argument("--url", required=True, help="the plain face")
    parser.add_argument("--families", type=int, default=64)
    parser.add_argument("--memory", action="store_true", help="ask each department once a person")
    processes.run(serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
