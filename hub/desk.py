"""The desk of one worker: who comes, in which matter, on whose letter, and what was withdrawn since.

It joins tokens, clients, matters, catalogue and the revocation watch; every decision stays in the parts it joins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from hub.access_log.entry import refusal
from hub.access_log.routes import Reader
from hub.access_log.writer import AccessLog
from hub.authorizations.catalogue import Catalogue
from hub.authorizations.matters import Matters
from hub.authorizations.presentation import Presenter
from hub.authorizations.reasons import Reason
from hub.authorizations.revocation import Revocations
from hub.authorizations.standing import Standing
from hub.authorizations.store import Registrar
from hub.authorizations.watch import RevocationWatch
from hub.bounded import Bounded
from hub.caller import Caller
from hub.errors import CallerError
from hub.graphql_http import Scope, header
from hub.identity import Identifier, Presentation
from hub.keys import KeyRing
from hub.oauth.assertion import Assertions
from hub.oauth.clients import Clients
from hub.oauth.server import Parts
from hub.oauth.single_use import SingleUse
from hub.oauth.tokens import Tokens
from hub.people.handles import Handles
from hub.people.id_number import parse
from hub.people.store import People
from hub.people.vault import Vault
from hub.settings import Settings

_REVOKED = 20_000  # letters withdrawn while this worker lives, remembered for questions under way


@dataclass(slots=True)
class Desk:
    """Step 1 over one worker's parts."""

    identifier: Identifier
    authorization: Parts
    matters: Matters
    watch: RevocationWatch
    registrar: Registrar
    revocations: Revocations
    people: People
    engine: AsyncEngine
    issuer: str
    clock: Callable[[], datetime]
    revoked: Bounded[str, str] = field(default_factory=lambda: Bounded(_REVOKED))

    async def identify(self, scope: Scope) -> Standing:
        """A request's standing. Raises Unauthenticated, Forbidden or Overloaded."""
        presented = Presentation(
            authorization=header(scope, b"authorization") or None, proof=header(scope, b"dpop") or None,
            method=scope["method"], url=self.issuer + scope["path"],
        )
        return await self.identifier.identify(presented, self.clock())

    async def reader(self, request: Request) -> Reader | None:
        """Whose receipt a request may have; None without a good token."""
        try:
            caller = (await self.identify(request.scope)).caller
        except CallerError:
            return None
        return Reader(caller.organisation, officer=caller.role == "PRIVACY_OFFICER" and caller.purpose == "PRIVACY_AUDIT", name=caller.officer)

    def recheck(self, standing: Standing, people: Sequence[str]) -> Mapping[str, str]:
        """Whose coverage has fallen since the question was let in, from memory alone (promise 7)."""
        caller, matter = standing.caller, standing.matter
        if self.watch.revoked(caller.token) or self.revoked.get(f"CLIENT {caller.client}"):
            return dict.fromkeys(people, Reason.AUTH_REVOKED.value)
        if matter is None or self.matters.held(matter.case) is matter:
            return {}
        if self._closed(matter.case):
            return dict.fromkeys(people, Reason.NO_JURISDICTION.value)
        fallen = {}
        for person in people:
            letters = standing.coverage[person].letters if person in standing.coverage else ()
            if letters and all(self.revoked.get(f"LETTER {letter}") for letter in letters):
                fallen[person] = Reason.AUTH_REVOKED.value
        return fallen

    async def log_subject(self, id_number: str) -> str:
        """The pseudonym the log names a person by; "" where nobody of that number is known."""
        try:
            number = parse(id_number, today=self.clock().date()).value
        except ValueError:
            return ""
        async with self.engine.connect() as connection:
            person = await self.people.find(connection, number)
            return (await self.people.by_ids(connection, [person]))[person].log_subject if person else ""

    async def close(self) -> None:
        """Stop following revocations."""
        await self.watch.stop()

    def remember(self, kind: str, ref: str) -> None:
        """A letter, token or client that is withdrawn stays so; a case that changed is read again instead."""
        if kind != "CASE":
            self.revoked.put(f"{kind} {ref}", kind)

    def _closed(self, case: str) -> bool:
        current = self.matters.held(case)
        return current is not None and current.closed_at is not None and current.closed_at <= self.clock()


async def open_desk(
    settings: Settings, *, engine: AsyncEngine, pool: asyncpg.Pool[asyncpg.Record], keys: KeyRing, vault: Vault, log: AccessLog,
    clock: Callable[[], datetime], random: Callable[[int], bytes],
) -> Desk:
    """The desk, following revocations."""
    people, handles = People(vault, random), Handles(keys)
    matters, clients, catalogue = Matters(engine, people), Clients(pool), Catalogue(pool)
    watch = RevocationWatch(settings.database_url, pool, clock=clock)
    presenter = Presenter(matters, handles, region=settings.region)
    tokens, used = Tokens(keys, issuer=settings.issuer, random=random), SingleUse(pool)
    audience = (settings.issuer, f"{settings.issuer}/oauth/token")

    async def refused(caller: Caller, code: str, at: datetime) -> None:
        await log.append(refusal(at=at, code=code, caller=caller))

    desk = Desk(
        identifier=Identifier(
            tokens=tokens, clients=clients, presenter=presenter, catalogue=catalogue, watch=watch, used=used,
            require_dpop=settings.require_dpop,
        ),
        authorization=Parts(
            issuer=settings.issuer, engine=engine, assertions=Assertions(clients, used, audience=audience), tokens=tokens,
            presenter=presenter, watch=watch, used=used, require_dpop=settings.require_dpop, clock=clock, on_refusal=refused,
        ),
        matters=matters, watch=watch, registrar=Registrar(engine, vault, random=random, audience=settings.issuer),
        revocations=Revocations(engine, audience=settings.issuer), people=people, engine=engine, issuer=settings.issuer,
        clock=clock,
    )
    for forget in (matters.drop, clients.drop, desk.remember):
        watch.subscribe(forget)
    await watch.start()
    return desk
