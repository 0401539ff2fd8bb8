"""The desk: everything that decides who may ask, opened together for one worker, and what the other parts of the hub ask of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from hub.access_log.routes import Reader
from hub.authorizations.assessments import Assessments
from hub.authorizations.catalogue import Catalogue
from hub.authorizations.conditions import Conditions
from hub.authorizations.matters import Matters
from hub.authorizations.pause import Pauses
from hub.authorizations.presentation import Presenter
from hub.authorizations.reading import Reading
from hub.authorizations.reasons import Reason
from hub.authorizations.recheck import Recheck
from hub.authorizations.standing import Standing
from hub.authorizations.store import Registrar
from hub.authorizations.trust_list import TrustList
from hub.authorizations.watch import RevocationWatch
from hub.authorizations.withdrawals import Revocations
from hub.citizens.admission import CitizenTokens
from hub.citizens.assertion import SUBJECT_TOKEN_TYPE
from hub.citizens.sealing import published, sealing_keys
from hub.emergencies.follow_ups import FollowUps
from hub.errors import CallerError, Overloaded
from hub.identity import Identifier, Presentation, TokenRefused
from hub.keys import KeyRing, Random
from hub.oauth.assertion import Assertions
from hub.oauth.binding import Shown
from hub.oauth.cases import TokenCases
from hub.oauth.certificate import Certificates
from hub.oauth.clients import Clients
from hub.oauth.officers import TYPES as OFFICER_TYPES
from hub.oauth.officers import OfficerTokens
from hub.oauth.parts import OnRefusal, Parts
from hub.oauth.single_use import SingleUse
from hub.oauth.tls_client_auth import Authentication, ClientCertificates, read_authorities
from hub.oauth.tokens import Tokens
from hub.operations.letter_uses import LetterUses
from hub.operations.quotas import ClientQuota
from hub.operations.token_uses import TokenUses
from hub.people.handles import Handles
from hub.people.id_number import BadIdNumber, parse
from hub.people.store import People
from hub.people.vault import Vault
from hub.settings import Settings, SettingsError
from hub.signatures import BadSignature
from hub.suites import allow_list
from policies.batches import batches
from policies.citizens import citizen_rules
from policies.emergency import emergency_rule
from policies.fair_use import Ceilings, ceilings, complete, read_ceilings
from policies.verdict import BasisKind

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Desk:
    """One worker's. `authorization` is what the OAuth routes are made of; `recheck` is asked at every late delivery; `platforms` counts what
    each platform registers, pushes and collects: never what it withdraws.
    """

    registrar: Registrar
    revocations: Revocations
    pauses: Pauses
    authorization: Parts
    watch: RevocationWatch
    recheck: Recheck
    catalogue: Catalogue
    platforms: ClientQuota
    clock: Clock
    _identifier: Identifier
    _people: People
    _engine: AsyncEngine

    async def identify(self, scope: MutableMapping[str, Any]) -> Standing:
        """Step 1 for an ASGI request. Raises as `Identifier.identify`; the proof's URL is the hub's public one."""
        try:
            certificate = self.authorization.certificates.shown(scope)
        except BadSignature as error:
            raise TokenRefused(Reason.TOKEN_INVALID, str(error)) from None
        shown = Shown(_header(scope, b"dpop"), certificate, scope["method"], self.authorization.issuer + scope["path"])
        return await self._identifier.identify(Presentation(_header(scope, b"authorization"), shown), self.clock())

    async def reader(self, request: Request) -> Reader | None:
        """Whose token came with a request for a receipt or for log entries; None where there is no good one."""
        try:
            caller = (await self.identify(request.scope)).caller
        except (CallerError, Overloaded):
            return None
        officer = caller.basis.kind is BasisKind.AUDIT and caller.role == "PRIVACY_OFFICER"
        return Reader(caller.organisation, officer=officer, name=caller.officer if officer else "", client=caller.client)

    async def log_subject(self, id_number: str) -> str:
        """The pseudonym the log names a person by; "" where the number is none, or nobody's the hub knows."""
        try:
            number = parse(id_number, today=self.clock().date()).value
        except BadIdNumber:
            return ""
        async with self._engine.connect() as connection:
            found = await self._people.find(connection, number)
            known = await self._people.by_ids(connection, [found] if found is not None else [])
        return next((one.log_subject for one in known.values()), "")

    async def close(self) -> None:
        """Stop following revocations and keys."""
        await self.authorization.tokens.keys.stop()
        await self.watch.stop()


async def open_desk(
    settings: Settings, *, engine: AsyncEngine, pool: asyncpg.Pool[asyncpg.Record], keys: KeyRing, vault: Vault, clock: Clock,
    random: Random, on_refusal: OnRefusal | None = None,
) -> Desk:  # fmt: skip
    """A desk over an open database; follows revocations from here on until closed. `on_refusal` hears of tokens refused by a check."""
    issuer = settings.issuer.rstrip("/")
    people, watch = People(vault, random), RevocationWatch(settings.database_url, pool, clock=clock)
    reading, conditions = Reading(pool), await asyncio.to_thread(Conditions.of, settings.region)
    matters, clients, used = Matters(reading, people, conditions), Clients(reading), SingleUse(pool)
    watch.subscribe(matters.drop)
    watch.subscribe(clients.drop)
    tokens, catalogue = Tokens(keys, issuer=issuer, random=random), Catalogue(reading)
    assessments, cases = Assessments(reading), TokenCases(pool)
    watch.subscribe(assessments.forget)
    certificates = _certificates(settings)
    presenter = Presenter(matters, Handles(keys), assessments, region=settings.region)
    citizens = await _citizens(settings, engine, pool, people, keys, vault, used)
    platforms = ClientQuota(rate_per_minute=settings.rate_per_minute, concurrency=settings.concurrency, seconds=time.monotonic)
    desk = Desk(
        registrar=await _registrar(settings, engine, vault, random, conditions, platforms), platforms=platforms,
        revocations=Revocations(engine, people, vault, audience=issuer), pauses=Pauses(engine, audience=issuer),
        authorization=Parts(
            issuer=issuer, engine=engine, certificates=certificates, authentication=await _authentication(settings, clients, used, certificates),
            tokens=tokens, presenter=presenter, watch=watch, used=used, require_dpop=settings.require_dpop, clock=clock,
            cases=cases, batches=await asyncio.to_thread(batches),
            follow_ups=FollowUps(engine, emergency_rule(settings.region[:6]), random=random),
            catalogue=catalogue, ceilings=await asyncio.to_thread(ceilings_of, settings), uses=TokenUses(pool),
            letter_uses=LetterUses(pool), on_refusal=on_refusal, encryption=partial(published, keys),
            subject_tokens={**dict.fromkeys(OFFICER_TYPES, OfficerTokens(pool, used)), SUBJECT_TOKEN_TYPE: citizens},
        ),
        watch=watch, recheck=Recheck(watch, matters, presenter, clock), catalogue=catalogue, clock=clock, _people=people, _engine=engine,
        _identifier=Identifier(
            tokens=tokens, clients=clients, presenter=presenter, catalogue=catalogue, watch=watch, used=used,
            require_dpop=settings.require_dpop, vouches=citizens.vouches, cases=cases,
        ),
    )  # fmt: skip
    await watch.start()
    tokens.keys.start()
    return desk


def _certificates(settings: Settings) -> Certificates:
    """Raises SettingsError for a proxy's address that is none."""
    try:
        return Certificates(settings.client_certificate_header, settings.client_certificate_proxies)
    except ValueError:
        raise SettingsError("HUB_CLIENT_CERTIFICATE_PROXIES must be addresses or networks, by commas") from None


async def _authentication(settings: Settings, clients: Clients, used: SingleUse, certificates: Certificates) -> Authentication:
    """Raises SettingsError for a list of authorities that is none, or that nobody could show a certificate for."""
    issuer = settings.issuer.rstrip("/")
    assertions = Assertions(clients, used, audience=(issuer, f"{issuer}/oauth/token"))
    if not settings.client_certificate_authorities:
        return Authentication(assertions, clients, ClientCertificates(certificates, None))
    file = Path(settings.client_certificate_authorities)
    try:
        await asyncio.to_thread(read_authorities, file)
    except (OSError, ValueError):
        raise SettingsError("HUB_CLIENT_CERTIFICATE_AUTHORITIES must be a file of certificates, PEM") from None
    if not certificates.known:
        raise SettingsError("HUB_CLIENT_CERTIFICATE_AUTHORITIES needs HUB_CLIENT_CERTIFICATE_HEADER: a certificate is shown by the proxy alone")
    return Authentication(assertions, clients, ClientCertificates(certificates, file))


async def _registrar(settings: Settings, engine: AsyncEngine, vault: Vault, random: Random, conditions: Conditions, rate: ClientQuota) -> Registrar:
    """Raises SettingsError for algorithms there are none of."""
    trust = Path(settings.trust_list) if settings.trust_list else None
    try:
        suites = allow_list(settings.signature_algorithms)
    except ValueError as error:
        raise SettingsError(f"HUB_SIGNATURE_ALGORITHMS: {error}") from None
    if trust is not None:
        await asyncio.to_thread(TrustList.read, trust)  # one that cannot be read is said at the start, not at the first registration
    return Registrar(
        engine, vault, random=random, audience=settings.issuer.rstrip("/"), conditions=conditions, trust=trust, suites=suites, rate=rate,
    )


async def _citizens(
    settings: Settings, engine: AsyncEngine, pool: asyncpg.Pool[asyncpg.Record], people: People, keys: KeyRing, vault: Vault, used: SingleUse,
) -> CitizenTokens:
    return CitizenTokens(
        engine, pool, people, vault=vault, handles=Handles(keys), used=used, audience=settings.issuer.rstrip("/"), sealing=partial(sealing_keys, keys),
        rules=await asyncio.to_thread(citizen_rules, settings.region[:6]),
    )


def ceilings_of(settings: Settings) -> Mapping[str, Ceilings]:
    """Fair use: the region's, or those of a file the operator names in their place. Blocks. Raises ParametersRefused, SettingsError."""
    if not settings.fair_use:
        return ceilings(settings.region[:6])
    try:
        return complete("HUB_FAIR_USE", read_ceilings("HUB_FAIR_USE", Path(settings.fair_use).read_text("utf-8")))
    except OSError:
        raise SettingsError("HUB_FAIR_USE cannot be read") from None


def _header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """One header; None where it is missing, or given twice: two proofs or two tokens are none (RFC 9449 §4.3 no. 1)."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else None
