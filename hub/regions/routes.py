"""The routes neighbouring regions call, over an open hub."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from hub.authorizations.catalogue import Asking, Catalogue
from hub.authorizations.matter import Person
from hub.authorizations.platforms import first_use
from hub.authorizations.reading import Reading
from hub.opening import Hub
from hub.operations.gate import Answer, Gate
from hub.people.id_number import parse
from hub.people.store import People
from hub.people.vault import Identity
from hub.problems import not_found
from hub.regions.answering import Answering
from hub.regions.asking import PATH, STATUS_PATH
from hub.regions.exchange import ExchangeRefused
from hub.regions.issuing import Issuing
from hub.regions.recognition import GROUP
from hub.regions.witnessed import WitnessedLogs
from schema.register import GROUPS

_log = structlog.get_logger("hub.regions")
_PRESENCE = "records"
_OUR_OWN = frozenset({_PRESENCE, "proof"})  # not facts of the record: whether there is one, and the credential itself


def routes(hub: Hub, gate: Gate) -> list[BaseRoute]:
    """The doors stand open while an agreement holds; without one they look like no doors at all."""
    if GROUP in hub.departments and not hub.departments.names_people(GROUP):
        # A number alone would do: whoever has a list of numbers could ask who of them is poor.
        _log.error("neighbours are not answered: the manifest of the department says no `name`", group=GROUP)
        return []
    people = People(hub.vault, hub.random)
    catalogue, assessments = Catalogue(Reading(hub.records)), hub.desk.authorization.presenter.assessments

    async def identify(named: Sequence[tuple[str, str]]) -> Sequence[Person]:
        return [await _person(hub, people, number, name) for number, name in named]

    async def shared(department: str, purpose: str, now: datetime) -> Mapping[str, str]:
        await catalogue.refresh(now.timestamp())
        await assessments.refresh(time.monotonic())
        if purpose not in assessments.current(now.date()):
            return {}  # another region is another body: nothing is told under a purpose that was not assessed (PIPL §55)
        return catalogue.decide(Asking(department, purpose, onward=True), now.date())

    async def once(issuer: str, nonce: str, expires_at: datetime) -> bool:
        async with hub.engine.begin() as connection:
            return await first_use(connection, issuer, nonce, expires_at)

    answering = Answering(
        url=hub.settings.issuer, region=hub.settings.region, agreements=lambda: hub.neighbours.agreements,
        keys=hub.neighbours.keys, road=hub.road, documents=hub.documents, identify=identify, shared=shared, once=once, admitted=gate.named,
        issuing=Issuing(hub.engine, url=hub.settings.issuer, keys=hub.neighbours.keys), security=hub.security,
        fields=[name for name in GROUPS["confirmation"].fields if name not in _OUR_OWN], clock=hub.clock, random=hub.random,
    )

    def open_(answer: Answer) -> Answer:
        async def answered(request: Request) -> Response:
            return await answer(request) if hub.neighbours.agreements else not_found(request)

        return answered

    return [
        Route(PATH, gate.private(open_(answering.confirmations)), methods=["POST"]),
        Route(STATUS_PATH, gate.public(open_(answering.status_list)), methods=["GET"]),
    ]


def witness_routes(hub: Hub, gate: Gate) -> list[BaseRoute]:
    """What this hub saw of neighbours' logs, for anybody: hashes and signatures."""
    logs = WitnessedLogs(hub.engine)

    async def witnessed(request: Request) -> Response:
        """The last checkpoint of a neighbour's log this hub saw and cosigned: hashes, for whoever wants to hold that log to it."""
        region = request.path_params["region"]
        note = await logs.note(region) if region.isascii() and region.isdigit() else ""  # the database takes no text with a NUL
        return PlainTextResponse(note) if note else not_found(request)

    async def witness_key(_request: Request) -> Response:
        return PlainTextResponse(f"{hub.witness.cosigner.vkey}\n")

    return [
        Route("/log/witnessed/{region}", gate.public(witnessed), methods=["GET"]),
        Route("/log/witness-key", gate.public(witness_key), methods=["GET"]),
    ]


async def _person(hub: Hub, people: People, number: str, name: str) -> Person:
    """Whom the neighbour asks about, under the name it asked by; added where new, so that the log can name them by pseudonym.

    Name and number go to the department as they were asked, and it is the department's own record they must fit: whether one of
    our platforms ever registered this person, and by what name, shows in no answer and changes none.
    """
    try:
        parsed = parse(number, today=hub.clock().date())
    except ValueError:
        raise ExchangeRefused("the question names no ID number") from None
    async with hub.engine.begin() as connection:
        known = await people.upsert(connection, Identity(parsed.value, name, parsed.sex, parsed.birth_date))
        subject = (await people.by_ids(connection, [known]))[known].log_subject
    return Person(str(known), parsed.value, name, parsed.sex, parsed.birth_date, subject)
