"""Scenario 11 of domain C9: the same token for another purpose, or in another department's hands, is denied, and the log has the code."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from hub.access_log.entry import Kind
from hub.canonical import canonical
from hub.oauth.presenting import build_assertion, build_proof, household_facts, token_request
from hub.postgres.connection import plain_url
from hub.signatures import base64url, claims_unverified
from tests.conftest import FakeClock
from tests.hub.living import TONGNAN, Living, Matter, live, prepare
from tests.hub.test_dpop_road import Holder
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = itertools.count()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    """Bound tokens only, as shipped."""
    async with AsyncExitStack() as stack:
        prepared = await prepare(stack, postgres, tmp_path_factory.mktemp("scenario"), TONGNAN, FakeClock(), people=100, require_dpop=True)
        yield await live(stack, prepared)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matter(hub) -> Matter:
    return await hub.register()


@pytest_asyncio.fixture(loop_scope="session")
async def holder(hub, matter) -> Holder:
    """The check office with a good token of its own."""
    made = Holder(hub, matter)
    status, told = await made.took(made.proof("/oauth/token", token=""))
    assert status == 200, told
    made.token = told["access_token"]
    hub.government.forget()
    return made


async def asked_for(hub: Living, office: str, matter: Matter, key: ECKey | None = None, **details: Any) -> tuple[int, dict[str, Any]]:
    """An office's own request for a token, under what another's token rests on."""
    own = hub.offices[office]
    assertion = build_assertion(
        own.key, client=own.client, kid=f"{own.client}-1", audience=hub.url, jti=f"s11-{next(_numbers):08d}", now=hub.clock(), officer={"id": own.officer},
    )
    proof = build_proof(
        key or ECKey.generate_key("P-256"), method="POST", url=f"{hub.url}/oauth/token", jti=f"s11-{next(_numbers):08d}", now=hub.clock(),
    )
    told = household_facts(purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id) | details
    async with hub.line.session.post(f"{hub.url}/oauth/token", data=token_request(assertion, told), headers={"DPoP": proof}) as reply:
        return reply.status, await reply.json()


async def newest_refusal(hub: Living) -> tuple[str, str, str]:
    """Client, purpose and code of the log's newest refusal."""
    [entry] = await hub.entries(kind=Kind.REFUSAL, limit=1)
    head, rest = entry.parts()
    return str(rest["client"]), str(head["purpose"]), str(head["code"])


async def becomes(hub: Living, statement: str, client: str) -> None:
    """A change of a client, heard by the worker as a real one is."""
    database = await asyncpg.connect(plain_url(hub.database_url))
    try:
        await database.execute(statement, client)
        await database.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CLIENT', $1, now())", client)
    finally:
        await database.close()
    await until(lambda: hub.hub.desk._identifier._clients.held(client) is None)


async def test_scenario_11_the_token_of_one_purpose_is_none_of_another(hub, holder, matter):
    assert (await holder.asked(holder.proof())).status == 200
    hub.government.forget()
    # Written into the token: the signature no longer holds; nobody is known to have asked, so it is counted and no entry.
    header, _, signature = holder.token.split(".")
    claims = claims_unverified(holder.token)
    [details] = claims["authorization_details"]
    forged = f"{header}.{base64url(canonical({**claims, 'authorization_details': [{**details, 'purpose': 'SPOT_CHECK'}]}))}.{signature}"
    counted = hub.hub.security._counts["TOKEN_INVALID"]
    reply = await holder.asked(holder.proof(token=forged), token=forged)
    assert (reply.status, reply.code) == (401, "TOKEN_INVALID")
    assert hub.hub.security._counts["TOKEN_INVALID"] == counted + 1
    # Asked for anew, under the same letters.
    status, told = await asked_for(hub, "hd", matter, purpose="PERIODIC_RECHECK")
    assert (status, told["error_description"].partition(":")[0]) == (400, "PURPOSE_MISMATCH")
    assert await newest_refusal(hub) == (hub.offices["hd"].client, "PERIODIC_RECHECK", "PURPOSE_MISMATCH")
    # Kept while the system lost the purpose.
    client = hub.offices["hd"].client
    await becomes(hub, "UPDATE client SET purposes = array_remove(purposes, 'DIBAO_REVIEW') WHERE id = $1", client)
    try:
        reply = await holder.asked(holder.proof())
        assert (reply.status, reply.code) == (403, "PURPOSE_MISMATCH")
        assert await newest_refusal(hub) == (client, "DIBAO_REVIEW", "PURPOSE_MISMATCH")
    finally:
        await becomes(hub, "UPDATE client SET purposes = purposes || '{DIBAO_REVIEW}' WHERE id = $1", client)
    assert not any(hub.asked().values()), "no department heard of any of it"
    assert (await holder.asked(holder.proof())).status == 200


async def test_scenario_11_the_token_of_one_department_is_none_of_anothers(hub, holder, matter):
    other = hub.offices["jy"]
    for key in (other.key, ECKey.generate_key("P-256")):
        reply = await holder.asked(holder.proof(key=key))
        assert (reply.status, reply.code) == (401, "TOKEN_INVALID")
    assert (await holder.asked(None, scheme="Bearer")).status == 401
    # Its letters, in the other's own request: the case is not its to ask about, and looks like none.
    for purpose in ("EDUCATION_AID", "DIBAO_REVIEW"):
        status, told = await asked_for(hub, "jy", matter, purpose=purpose)
        assert status == 400
        assert await newest_refusal(hub) == (other.client, purpose, told["error_description"].partition(":")[0])
    assert set((await hub.refusals())[:2]) <= {"AUTH_NOT_FOUND", "PURPOSE_MISMATCH", "REQUESTER_MISMATCH", "NO_JURISDICTION"}
    # Kept while the system went to another organisation.
    client, own = hub.offices["hd"].client, hub.offices["hd"].organisation
    await becomes(hub, f"UPDATE client SET organisation = '{other.organisation}' WHERE id = $1", client)
    try:
        reply = await holder.asked(holder.proof())
        assert reply.status == 403
        assert await newest_refusal(hub) == (client, "DIBAO_REVIEW", reply.code)
        assert reply.code in {"REQUESTER_MISMATCH", "AUTH_NOT_FOUND"}
    finally:
        await becomes(hub, f"UPDATE client SET organisation = '{own}' WHERE id = $1", client)
    assert not any(hub.asked().values()), "no department heard of any of it"
    assert (await holder.asked(holder.proof())).status == 200


async def test_scenario_11_a_token_used_as_often_as_it_may_is_denied_by_code(hub, matter):
    holder = Holder(hub, matter)
    status, told = await asked_for(hub, "hd", matter, holder.key, maxUses=2)
    assert (status, told["authorization_details"][0]["maxUses"]) == (200, 2)
    holder.token = told["access_token"]
    assert [(await holder.asked(holder.proof())).status for _ in range(2)] == [200, 200]
    hub.government.forget()
    reply = await holder.asked(holder.proof())
    assert (reply.status, reply.code) == (401, "TOKEN_REPLAYED")
    assert await newest_refusal(hub) == (hub.offices["hd"].client, "DIBAO_REVIEW", "TOKEN_REPLAYED")
    assert not any(hub.asked().values())
