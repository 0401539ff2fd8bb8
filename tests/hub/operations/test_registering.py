"""`POST /operations` of a running hub: the graph's places and quota hold there too, and nothing refused goes unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.access_log.outbox import drain
from hub.errors import Overloaded
from hub.operations.persisted import REGISTERED
from hub.operations.quotas import ClientQuota, InFlight
from tests.hub.living import PEOPLE, Living, Sent, digest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def sent(living: Living, token: str | None, body: bytes | Mapping[str, str]) -> Sent:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    async with living.line.session.post(f"{living.url}/operations", data=data, headers=headers) as reply:
        return Sent(reply.status, await reply.read(), reply.headers)


@pytest_asyncio.fixture(loop_scope="session")
async def token(living: Living, signed_matter) -> str:
    return await living.token(signed_matter)


async def test_a_new_operation_is_a_change_in_the_log_and_the_same_again_is_none(living, token):
    document = PEOPLE.replace("People", "Told")
    first = await sent(living, token, {"query": document})
    assert (first.status, first.body["sha256Hash"]) == (201, digest(document))
    fits = {one["purpose"]: one for one in first.body["fits"]}
    assert fits["DIBAO_REVIEW"]["policyDigest"] == living.hub.policy.digest, "and whether the nationwide letter lets it be answered"
    assert (await sent(living, token, {"query": document})).status == 201
    await drain(living.hub.log)
    changes = [one.parts() for one in await living.entries(kind=Kind.CHANGE)]
    told = [rest["about"] for head, rest in changes if head.get("code") == "OPERATION_REGISTERED" and rest["about"]["hash"] == digest(document)]
    assert told == [{"hash": digest(document), "client": living.offices["hd"].client}]


async def test_a_known_client_that_is_refused_leaves_an_entry(living, token):
    before = await living.refusals()
    for body, code in ((b"{", "BAD_REQUEST"), ({"query": "{ nobody }"}, "DOCUMENT_INVALID"), (b"x" * 100_001, "TOO_LARGE")):
        refused = await sent(living, token, body)
        assert refused.body["code"] == code
        after = await living.refusals()
        assert (after[0], len(after)) == (code, len(before) + 1)
        before = after


async def test_a_nameless_request_is_counted_and_leaves_no_entry(living):
    size, counted = await living.size(), living.hub.security._counts["TOKEN_INVALID"]
    for token in (None, "x.y.z"):
        refused = await sent(living, token, {"query": PEOPLE})
        assert (refused.status, refused.body["code"]) == (401, "TOKEN_INVALID")
        assert refused.headers["www-authenticate"].startswith("DPoP")
    assert living.hub.security._counts["TOKEN_INVALID"] == counted + 2
    assert await living.size() == size


async def test_registering_takes_of_the_graphs_quota(living, token):
    quota = living.graph.quota
    living.graph.quota = ClientQuota(rate_per_minute=2, concurrency=8, seconds=asyncio.get_running_loop().time)
    refusals = await living.refusals()
    try:
        await living.post(token, {"query": "{ __typename }"})
        first, second = [await sent(living, token, {"query": PEOPLE}) for _ in range(2)]
    finally:
        living.graph.quota = quota
    assert first.status == 201
    assert (second.status, second.body["code"]) == (429, "RATE")
    assert 1 <= int(second.headers["retry-after"]) <= 60
    assert await living.refusals() == refusals, "a flood is counted, not written down one by one"


async def test_past_the_requests_in_flight_nobody_is_identified(living, token):
    held = living.graph.in_flight
    living.graph.in_flight = InFlight(0)
    try:
        shed = await sent(living, token, {"query": PEOPLE})
    finally:
        living.graph.in_flight = held
    assert (shed.status, shed.body["code"], shed.headers["retry-after"]) == (503, "OVERLOADED", "1")


async def test_where_nobody_can_be_identified_now_it_is_503(living, token):
    async def unable(_scope):
        raise Overloaded(retry_after=3)

    identify = living.graph.identify
    living.graph.identify = unable
    try:
        refused = await sent(living, token, {"query": PEOPLE})
    finally:
        living.graph.identify = identify
    assert (refused.status, refused.headers["retry-after"]) == (503, "3")
    assert living.graph.in_flight.now == 0


async def test_a_client_that_registered_its_share_is_refused_and_the_log_knows(living, token):
    client = living.offices["hd"].client
    await living.hub.records.execute(
        "INSERT INTO persisted_operation (hash, document, registered_by, registered_at)"
        " SELECT 'full-' || n, 'x', $1, $2 FROM generate_series(1, $3) AS n", client, living.clock(), REGISTERED,
    )
    try:
        refused = await sent(living, token, {"query": PEOPLE.replace("People", "OneMore")})
        assert (refused.status, refused.body["code"]) == (429, "OPERATIONS")
        assert (await living.refusals())[0] == "OPERATIONS"
    finally:
        await living.hub.records.execute("DELETE FROM persisted_operation WHERE hash LIKE 'full-%'")


async def test_a_refusal_that_cannot_be_recorded_is_503(living, token):
    async with living.log_stopped():
        refused = await sent(living, token, {"query": "{ nobody }"})
    assert (refused.status, refused.body["code"], refused.headers["retry-after"]) == (503, "LOG_UNAVAILABLE", "2")
