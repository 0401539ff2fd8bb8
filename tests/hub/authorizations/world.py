"""A hub's desk over a real database, with organisations, clients and catalogue enrolled, and ways to ask it for tokens."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
import httpx
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from hub.authorizations.intake import routes as intake_routes
from hub.authorizations.standing import Standing
from hub.authorizations.store import Accepted
from hub.desk import Desk, open_desk
from hub.enrolment import enrol_client, enrol_organisation, enrol_platform, publish_catalogue_entry, record_assessment
from hub.oauth.presenting import build_assertion, build_proof, household_facts, letter_basis, token_request
from hub.oauth.routes import routes as oauth_routes
from hub.people.vault import Vault
from hub.settings import Settings
from hub.tables import ImpactAssessment
from policies.purposes import PURPOSES as PURPOSES_TABLE
from tests.hub.authorizations.family import HUB, PLATFORM, letters, platform_jwks, registration
from tests.waiting import until

CLIENT_KEYS: dict[str, ECKey | OKPKey] = {
    "hd": ECKey.generate_key("P-256"), "jy": OKPKey.generate_key("Ed25519"), "yb": OKPKey.generate_key("Ed25519"),
    "xz": OKPKey.generate_key("Ed25519"), "officer": OKPKey.generate_key("Ed25519"), "quxian": OKPKey.generate_key("Ed25519"),
    "stranger": OKPKey.generate_key("Ed25519"),
}  # fmt: skip
DEPARTMENTS = {
    "hd": ("mz-hd-500152", "MZ-HD", "500152000000", "CHECK_OPERATOR"),
    "jy": ("jy-500152", "JY", "500152000000", "DEPT_SYSTEM"),
    "yb": ("yb-500152", "YB", "500152000000", "DEPT_SYSTEM"),
    "xz": ("xz-500152", "APPLICANT", "500152000000", "APPLICANT"),
    "officer": ("mz-500152", "MZ", "500152000000", "PRIVACY_OFFICER"),
    "quxian": ("mz-511725", "MZ", "511725000000", "REGION_LIAISON"),
    "stranger": ("town-500152-9", "TOWN", "500152109000", "TOWNSHIP_OFFICER"),
}
REVIEW = ("DIBAO_REVIEW", "PERIODIC_RECHECK", "EDGE_REVIEW", "TEMP_EMERGENCY")
PURPOSES = {
    "hd": REVIEW, "jy": ("EDUCATION_AID", "RESULT_RECOGNITION"), "yb": ("RESULT_RECOGNITION", "MEDICAL_AID"),
    "xz": ("SUBJECT_ACCESS",), "officer": ("PRIVACY_AUDIT",), "quxian": REVIEW, "stranger": REVIEW,
}  # fmt: skip
NUMBERS = itertools.count()  # never repeats, whichever world asks
UNCONDITIONAL = ("householdRegister", "vehicle", "confirmation", "civilAssistance", "education")


async def heard(desk: Desk, engine: AsyncEngine) -> None:
    """Return when a worker knows of everything that was revoked, and has read again what it had in memory of the matters it fell in."""
    async with engine.connect() as connection:
        newest = (await connection.execute(text("SELECT max(seq) FROM revocation"))).scalar_one() or 0
    await until(lambda: desk.watch._last >= newest and not desk.recheck._matters._again, every=0.005)


@dataclass
class World:
    """One worker's desk. `jti` never repeats."""

    desk: Desk
    engine: AsyncEngine
    pool: asyncpg.Pool
    clock: Any
    vault: Vault
    http: httpx.AsyncClient
    settings: Settings
    accepted: Accepted | None = None

    def jti(self) -> str:
        return f"jti-{next(NUMBERS):08d}"

    async def register(self, **more: Any) -> Accepted:
        """The family as it is, or with what `registration` and `letters` are given."""
        without = more.pop("without", ())
        given, series = more.pop("letters", None), more.pop("series", 1)
        made = letters(self.clock(), without=without, series=series) if given is None else given
        token = registration(self.clock(), jti=self.jti(), letters=made, **more)
        return await self.desk.registrar.accept(token, self.clock())

    async def heard(self) -> None:
        """This worker knows of everything that was revoked."""
        await heard(self.desk, self.engine)

    async def deaf(self) -> None:
        """This worker's watch has stopped, and what it knows is older than the stop time."""
        await self.desk.watch.stop()
        self.desk.watch._fresh_at = float("-inf")

    def assertion(self, short: str = "hd", **more: Any) -> str:
        """A good assertion, or one with a knob turned."""
        told: dict[str, Any] = {
            "client": f"client-{short}", "kid": "c1", "audience": HUB, "jti": self.jti(), "now": self.clock(),
            "officer": {"id": "officer-7", "name": "某某"},
        }  # fmt: skip
        key = more.pop("key", CLIENT_KEYS[short])
        return build_assertion(key, **(told | more))

    def details(self, accepted: Accepted, *, purpose: str = "DIBAO_REVIEW", **more: Any) -> dict[str, Any]:
        """The family's case under all its letters."""
        told = {"basis": letter_basis(*accepted.letters.values()), "case": accepted.case} | more
        return household_facts(purpose=purpose, **told)

    def granted(self, accepted: Accepted) -> dict[str, Any]:
        """What a review is granted of it: all groups of the purpose the catalogue of this world shares."""
        return self.details(accepted, groups=sorted({*UNCONDITIONAL, "tax", "identity"} & PURPOSES_TABLE["DIBAO_REVIEW"].told_groups()))

    async def ask(self, details: Mapping[str, Any], client: str = "hd", *, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        """The token endpoint's answer."""
        form = token_request(self.assertion(client, **more), details)
        return await self.http.post("/oauth/token", data=form, headers=headers)

    async def token(self, details: Mapping[str, Any], client: str = "hd") -> str:
        """An access token; fails the test where none is given."""
        answer = await self.ask(details, client)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    async def identify(self, token: str, *, scheme: str = "Bearer", proof: str | None = None) -> Standing:
        """Step 1, as the graph calls it."""
        headers = [(b"authorization", f"{scheme} {token}".encode())]
        if proof is not None:
            headers.append((b"dpop", proof.encode()))
        return await self.desk.identify({"type": "http", "method": "POST", "path": "/graphql", "headers": headers})

    def proof(self, key: Any, *, path: str = "/graphql", **more: Any) -> str:
        """A DPoP proof for this moment."""
        told = {"method": "POST", "url": HUB + path, "jti": self.jti(), "now": self.clock()} | more
        return build_proof(key, **told)

    def person(self, standing: Standing, name: str) -> str:
        """A person's id by name."""
        assert standing.matter is not None
        return next(one.person.id for one in standing.matter.members if one.person.name == name)


@asynccontextmanager
async def open_world(database_url, engine, pool, keys, random, clock, *, require_dpop: bool = False, on_refusal=None, tmp_path) -> AsyncIterator[World]:
    """Enrol everybody and open one desk."""
    await enrol(engine, clock())
    settings = Settings(region="500152", issuer=HUB, directory=tmp_path, database_url=database_url, require_dpop=require_dpop)
    vault = Vault(keys, random)
    desk = await open_desk(settings, engine=engine, pool=pool, keys=keys, vault=vault, clock=clock, random=random, on_refusal=on_refusal)
    app = Starlette(routes=[*oauth_routes(desk.authorization), *intake_routes(desk, lambda: None)])
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HUB) as http:
            yield World(desk, engine, pool, clock, vault, http, settings)
    finally:
        await desk.close()


async def enrol(engine: AsyncEngine, at) -> None:
    for short, (code, department, region, role) in DEPARTMENTS.items():
        await enrol_organisation(engine, code=code, name=code, department=department, region=region, role=role, at=at)
        jwks = {"keys": [{**CLIENT_KEYS[short].as_dict(private=False), "kid": "c1"}]}
        await enrol_client(
            engine, client_id=f"client-{short}", organisation=code, name=short, jwks=jwks, purposes=PURPOSES[short], at=at
        )
    await enrol_platform(engine, platform=PLATFORM, name="重庆救助通", jwks=platform_jwks(), at=at)
    for purpose in sorted({one for many in PURPOSES.values() for one in many}):
        # Straight into the table: no worker was there to be told.
        row = {"id": f"pia-{purpose}", "purpose": purpose, "report_hash": bytes(32), "assessed_by": "评估人", "keep_until": date(2030, 12, 31)}
        term = {"valid_from": date(2026, 1, 1), "valid_until": date(2027, 12, 31), "recorded_at": at}
        async with engine.begin() as connection:
            await connection.execute(insert(ImpactAssessment).values(row | term).on_conflict_do_nothing())
    for group in UNCONDITIONAL:
        await entry(engine, group, "UNCONDITIONAL", at=at)
    await entry(engine, "tax", "CONDITIONAL", at=at, departments=("MZ-HD",), purposes=("DIBAO_REVIEW",))
    await entry(engine, "realEstate", "NOT_SHARED", at=at)


async def assessed(engine, purpose, *, at, valid_from=date(2026, 1, 1), valid_until=date(2027, 12, 31)) -> str:
    identifier = f"pia-{purpose}-{next(NUMBERS)}"
    await record_assessment(
        engine, identifier=identifier, purpose=purpose, report_hash=bytes(32), assessed_by="评估人", valid_from=valid_from,
        valid_until=valid_until, at=at,
    )
    return identifier


async def entry(engine, group, attribute, *, at, departments=(), purposes=(), valid_from=date(2026, 1, 1)) -> None:
    await publish_catalogue_entry(
        engine, entry=f"{group}-{attribute}", fact_group=group, name=group, provider="x", attribute=attribute,
        departments=departments, purposes=purposes, legal_basis="SAL §41", valid_from=valid_from, at=at,
    )  # fmt: skip
