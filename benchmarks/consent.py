"""What consent costs a worker, in CPU: the ten checks of a five-member household with its letters in memory, afresh and remembered.

The asymmetric cryptography is stated apart: a token's signature is verified once in its life, a DPoP proof at every request.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
from joserfc.jwk import ECKey

from benchmarks.hub_server import FAIR_USE, REGION
from benchmarks.letters import measured
from benchmarks.scene import Scene
from hub.authorizations.check_table import stand
from hub.authorizations.matter import Letter, Matter, Signature
from hub.authorizations.presented import Presented, Requester
from hub.caller import Basis
from hub.cli.demo.offices import Office
from hub.clock import clock
from hub.desk import open_desk
from hub.keys import KeyRing
from hub.oauth.binding import Shown
from hub.oauth.dpop import check_proof
from hub.oauth.presenting import build_assertion, build_proof, household_facts, letter_basis, token_request
from hub.oauth.server import AuthorizationServer
from hub.opening import Hub, open_hub
from hub.people.vault import Vault
from hub.postgres.connection import engine, plain_url, pool
from hub.settings import Settings
from policies.verdict import BasisKind

PURPOSE = "DIBAO_REVIEW"
_ROUNDS = 7


async def consent(scene: Scene, times: int) -> dict[str, Any]:
    """Microseconds of CPU each, medians of rounds of `times`."""
    settings = _settings(scene, scene.database)
    async with open_hub(settings, _sources(scene), clock=clock, random=os.urandom) as hub:
        office, token = await _token_of_a_family(scene, hub)
        matter = (await hub.desk.identify(_scope(token))).matter
        assert matter is not None
        one = _presented(hub, office, matter)
        apart = _presented(hub, office, letters_apart(matter))
        shared = (await hub.desk.identify(_scope(token))).catalogue
        proof_key = ECKey.generate_key("P-256")
        url, now = f"{settings.issuer}/graphql", clock()
        proof = build_proof(proof_key, method="POST", url=url, jti=uuid.uuid4().hex, now=now, token=token)
        scope = _scope(token)
        return {
            "members": len(matter.members), "letters": {"one": len(one.letters), "apart": len(apart.letters)},
            "remembered": await _cpu(lambda: hub.desk.identify(scope), times),
            "one_letter": await _cpu(_at_once(lambda: stand(one, shared)), times),
            "letters_apart": await _cpu(_at_once(lambda: stand(apart, shared)), times),
            "issued": await _issued(hub, office, matter, max(20, times // 20)),
            "verify_token": await _cpu(_at_once(lambda: hub.desk.authorization.tokens.open(token, clock())), times // 4),
            "verify_proof": await _cpu(
                _at_once(lambda: check_proof(proof, method="POST", url=url, now=now, token=token, bound_to=proof_key.thumbprint())), times // 4,
            ),
        }


async def letters(scene: Scene, readings: int) -> dict[str, Any]:
    """A hundred thousand letters in a database of their own, copied from one registered there (`benchmarks/letters.py`)."""
    url = await scene.fresh_database("bench_letters")
    await scene.applicants.enrol(url)
    settings, database = _settings(scene, url), engine(url)
    keys = KeyRing.load(settings.directory / "keys")
    owner = await asyncpg.connect(plain_url(url))
    try:
        async with await pool(url) as records:
            desk = await open_desk(
                settings, engine=database, pool=records, keys=keys, vault=Vault(keys, os.urandom), clock=clock, random=os.urandom,
            )
            await desk.registrar.accept(_registration(scene), clock())
            await desk.close()
            return await measured(owner, records, readings)
    finally:
        await owner.close()
        await database.dispose()


def letters_apart(matter: Matter) -> Matter:
    """The household as it signs by itself: a letter for each member, and one for an obligor beside them."""
    letter, obligor = matter.letters[0], dataclasses.replace(
        matter.members[0], role="OBLIGOR", person=dataclasses.replace(matter.members[0].person, id=str(uuid.UUID(int=1))),
    )
    own = Signature(obligor.person.id, "SELF", frozenset({obligor.person.id}), "HIGH", letter.signed_at)
    letters: list[Letter] = [
        dataclasses.replace(letter, id=f"{letter.id}-{number}", signatures=(signature,))
        for number, signature in enumerate((*letter.signatures, own))
    ]
    return dataclasses.replace(matter, members=(*matter.members, obligor), letters=tuple(letters))


async def _token_of_a_family(scene: Scene, hub: Hub) -> tuple[Office, str]:
    """A token over the case of five adults, registered as every other family."""
    office = scene.applicants.office
    accepted = await hub.desk.registrar.accept(_registration(scene), clock())
    matter = await hub.desk.authorization.presenter.matter(accepted.case)
    assert matter is not None
    assert len(matter.members) == 5
    return office, str((await _asked(hub, office, matter))["access_token"])


def _registration(scene: Scene) -> str:
    """Five adults who signed one letter."""
    desk, office = scene.applicants.platform, scene.applicants.office
    households = (one for one in desk.population.households() if len(one.members) >= 5)
    grown = (one for one in households if sum(not member.guardians and member.capacity == "FULL" for member in one.members) >= 5)
    family = next(grown)
    adults = tuple(member for member in family.members if not member.guardians and member.capacity == "FULL")[:5]
    family = dataclasses.replace(family, members=adults, obligors=(), kin_of_staff=False)
    return desk.registration(family, reference="B-FIVE", assistance="DIBAO", purposes=[PURPOSE], organisations=[office.organisation])


def _settings(scene: Scene, database: str) -> Settings:
    return Settings(
        region=REGION, issuer=f"http://127.0.0.1:{scene.port}", directory=scene.directory / "hub", database_url=database, require_dpop=False,
        console=False, fair_use=FAIR_USE,
    )


def _sources(scene: Scene) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((scene.directory / "government" / "settings.json").read_text(encoding="utf-8"))
    return read


def _form(hub: Hub, office: Office, matter: Matter) -> dict[str, str]:
    issuer = hub.desk.authorization.issuer
    assertion = build_assertion(
        office.key, client=office.client, kid=f"{office.client}-1", audience=issuer, jti=uuid.uuid4().hex, now=clock(),
        officer={"id": office.officer, "name": office.officer},
    )
    basis = letter_basis(*((one.id, one.hash) for one in matter.letters))
    return token_request(assertion, household_facts(purpose=PURPOSE, basis=basis, case=matter.case))


async def _asked(hub: Hub, office: Office, matter: Matter) -> Any:
    return await AuthorizationServer(hub.desk.authorization).token(_form(hub, office, matter), Shown())


async def _issued(hub: Hub, office: Office, matter: Matter, times: int) -> float:
    """A token issued: the assertion verified and entered as used, the matter read anew, checks 3 to 8, the token signed."""
    server = AuthorizationServer(hub.desk.authorization)
    forms = iter([_form(hub, office, matter) for _ in range(times * _ROUNDS + 1)])
    return await _cpu(lambda: server.token(next(forms), Shown()), times)


def _presented(hub: Hub, office: Office, matter: Matter) -> Presented:
    presenter = hub.desk.authorization.presenter
    requester = Requester(
        client=office.client, organisation=office.organisation, department=office.department, region=REGION, role=office.role,
        purposes=frozenset(office.purposes), active=True,
    )
    caller = presenter.caller(
        requester, officer=office.officer, purpose=PURPOSE, case=matter.case, groups=None, token="", expires_at=clock() + timedelta(minutes=10),
        basis=Basis(BasisKind.LETTER, letters=tuple((one.id, one.hash) for one in matter.letters)), allow_list_only=False, look_ups_per_day=0,
    )
    return presenter.present(caller, requester, matter, clock())


def _scope(token: str) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": "/graphql", "headers": [(b"authorization", f"Bearer {token}".encode())]}


def _at_once(work: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def run() -> object:
        return work()

    return run


async def _cpu(run: Callable[[], Awaitable[object]], times: int) -> float:
    """Microseconds of this process's CPU a run; what calling a coroutine costs is part of it."""
    await run()
    rounds = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(times):
            await run()
        rounds.append((time.process_time() - begun) / times * 1e6)
    return statistics.median(rounds)
