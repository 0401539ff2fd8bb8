"""`/graphql` of a running hub: persisted operations, GET, allow-lists, quotas, shedding, refusals, and what it never says."""

from __future__ import annotations

import asyncio

import asyncpg
import orjson
import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey

from hub import metrics, probes
from hub.access_log.entry import Kind
from hub.cli.demo.offices import Office
from hub.enrolment import enrol_client
from hub.errors import RecordingFailed
from hub.graph import address_class
from hub.operations.quotas import ClientQuota, InFlight
from hub.postgres.connection import plain_url
from tests.hub.living import PEOPLE, TAXES, WHOLE, Living, digest
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOK_UP = "query($n: IdNumber!) { lookUp(idNumber: $n) { id } }"
LEGACY = "application/json"


async def enrolled(living: Living, name: str, **more) -> Office:
    """Another system of the check office."""
    old = living.offices["hd"]
    office = Office(name, old.organisation, old.title, old.department, old.role, old.purposes, old.officer, OKPKey.generate_key("Ed25519"))
    await enrol_client(
        living.hub.engine, client_id=name, organisation=old.organisation, name=name, jwks=office.jwks(), purposes=old.purposes,
        at=living.clock(), **more,
    )
    return office


async def token_of(living: Living, office: Office, matter) -> str:
    return await living.line.token(office, purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id)


async def register(living: Living, token: str, document: str) -> tuple[int, dict]:
    async with living.line.session.post(
        f"{living.url}/operations", data=orjson.dumps({"query": document}), headers={"Authorization": f"Bearer {token}"},
    ) as reply:
        return reply.status, await reply.json()


@pytest_asyncio.fixture(loop_scope="session")
async def token(living: Living, signed_matter) -> str:
    return await living.token(signed_matter)


async def test_a_registered_operation_runs_by_its_hash(living, signed_matter, token):
    document = PEOPLE.replace("People", "Registered")
    unknown = await living.post(token, {"extensions": {"persistedQuery": {"sha256Hash": digest(document)}}, "variables": {"id": "x"}})
    assert (unknown.status, unknown.code) == (400, "PERSISTED_QUERY_NOT_FOUND")
    status, registered = await register(living, token, document)
    assert (status, registered["sha256Hash"]) == (201, digest(document))
    body = {"extensions": {"persistedQuery": {"sha256Hash": digest(document)}}, "variables": {"id": signed_matter.id}}
    told = [await living.post(token, body) for _ in range(3)]
    assert {one.status for one in told} == {200}
    assert len({orjson.dumps(one.body["data"]) for one in told}) == 1
    plain = await living.line.ask(token, document, {"id": signed_matter.id})
    assert plain.body["data"] == told[0].body["data"]


async def test_an_operation_the_hub_would_not_answer_is_not_registered(living, token):
    for document in ("{ nobody }", "{ __schema { types { name } } }", '{ lookUp(idNumber: "50990019900101123X") { id } }'):
        status, answer = await register(living, token, document)
        assert 400 <= status < 500, answer


async def test_get_runs_a_hash_without_variables_and_nothing_else(living, signed_matter, token):
    query = "?extensions=" + '{"persistedQuery":{"sha256Hash":"%s"}}'
    personal = PEOPLE.replace("People", "Got")
    await register(living, token, personal)
    refused = await living.post(token, b"", method="GET", query=query % digest(personal))
    assert (refused.status, refused.code) == (405, "METHOD_NOT_ALLOWED")
    assert refused.headers["allow"] == "GET, POST"
    for url in ("?query={people(ids:[])%20{id}}", "", query % digest(personal) + "&variables={}"):
        assert (await living.post(token, b"", method="GET", query=url)).status in {400, 405}
    harmless = "query Version { __typename }"
    status, _ = await register(living, token, harmless)
    if status == 201:
        told = await living.post(token, b"", method="GET", query=query % digest(harmless))
        assert told.status == 200, told.raw
    put = await living.post(token, {"query": PEOPLE}, method="PUT")
    assert (put.status, put.code) == (405, "METHOD_NOT_ALLOWED")


async def test_a_client_in_allow_list_mode_runs_its_list_and_nothing_else(living, signed_matter, token):
    office = await enrolled(living, "listed", allow_list_only=True)
    listed = await token_of(living, office, signed_matter)
    document = PEOPLE.replace("People", "Listed")
    await register(living, token, document)
    body = {"extensions": {"persistedQuery": {"sha256Hash": digest(document)}}, "variables": {"id": signed_matter.id}}
    for tried in ({"query": document, "variables": {"id": signed_matter.id}}, body):
        refused = await living.post(listed, tried)
        assert (refused.status, refused.code) == (403, "OPERATION_NOT_LISTED")
    assert (await register(living, listed, document))[0] == 403
    await living.graph.persisted.permit("listed", digest(document))
    assert (await living.post(listed, body)).status == 200
    await living.graph.persisted.withdraw("listed", digest(document))
    assert (await living.post(listed, body)).status == 403


async def test_look_ups_past_the_days_quota_are_429_and_a_client_without_look_ups_has_none(living, signed_matter):
    number = living.family.members[0].person.id_number
    few = await token_of(living, await enrolled(living, "few", look_ups_per_day=2), signed_matter)
    replies = [await living.line.ask(few, LOOK_UP, {"n": number}) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[2].code == "LOOK_UPS"
    assert (await living.refusals())[0] == "LOOK_UPS"  # somebody searching by ID number is the officer's business
    none = await token_of(living, await enrolled(living, "none", look_ups_per_day=0), signed_matter)
    refused = await living.post(none, {"query": LOOK_UP, "variables": {"n": number}})
    assert (refused.status, refused.code) == (429, "LOOK_UPS")
    assert int(refused.headers["retry-after"]) > 0


async def test_more_at_once_than_a_client_may_is_429_and_leaves_a_count_and_no_entry(living, signed_matter, token):
    quota = living.graph.quota
    living.graph.quota = ClientQuota(rate_per_minute=1000, concurrency=1, seconds=asyncio.get_running_loop().time)
    try:
        async with living.holding("SW"):
            first = asyncio.create_task(living.line.ask(token, TAXES, {"id": signed_matter.id}))
            await living.until_asked("SW")
            refusals, noted = await living.refusals(), living.hub.security._counts["CONCURRENCY"]
            second = await living.post(token, {"query": TAXES, "variables": {"id": signed_matter.id}})
        assert (await first).status == 200
    finally:
        living.graph.quota = quota
    assert (second.status, second.code, second.headers["retry-after"]) == (429, "CONCURRENCY", "1")
    assert await living.refusals() == refusals
    assert living.hub.security._counts["CONCURRENCY"] == noted + 1


async def test_a_rate_over_the_limit_is_429(living, token):
    quota = living.graph.quota
    living.graph.quota = ClientQuota(rate_per_minute=2, concurrency=8, seconds=asyncio.get_running_loop().time)
    try:
        statuses = [(await living.post(token, {"query": "{ __typename }"})).status for _ in range(3)]
    finally:
        living.graph.quota = quota
    assert statuses[2] == 429


async def test_past_the_requests_in_flight_load_is_shed_with_503_before_anything_is_read(living, token, nobody_asked):
    held = living.graph.in_flight
    living.graph.in_flight = InFlight(0)
    shed = metrics.REFUSALS.labels("OVERLOADED")._value.get()
    try:
        reply = await living.post(token, {"query": WHOLE})
    finally:
        living.graph.in_flight = held
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "OVERLOADED", "1")
    assert metrics.REFUSALS.labels("OVERLOADED")._value.get() == shed + 1
    nobody_asked()


async def test_introspection_is_off_unless_the_operator_turns_it_on(living, token):
    for document in ("{ __schema { queryType { name } } }", '{ __type(name: "Person") { name } }'):
        refused = await living.line.ask(token, document)
        assert (refused.status, refused.code) == (400, "INTROSPECTION_OFF")
    documents = living.graph.documents
    living.graph.documents = type(documents)(documents._schema, living.hub.limits, introspection=True)
    try:
        told = await living.line.ask(token, "{ __schema { queryType { name } } }")
    finally:
        living.graph.documents = documents
    assert told.body == {"data": {"__schema": {"queryType": {"name": "Query"}}}}


async def test_a_client_of_old_gets_200_with_errors_and_a_new_one_its_status(living, signed_matter, token):
    old = await living.post(token, {"query": "{ nobody }"}, Accept=LEGACY)
    assert (old.status, old.code) == (200, "DOCUMENT_INVALID")
    assert old.headers["content-type"] == "application/json; charset=utf-8"
    new = await living.post(token, {"query": "{ nobody }"})
    assert new.status == 400
    assert new.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    good = await living.post(token, {"query": PEOPLE, "variables": {"id": signed_matter.id}}, Accept=LEGACY)
    assert good.status == 200
    for reply in (old, new, good):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"


async def test_where_revocations_cannot_be_read_nothing_is_told_and_it_is_503_not_a_bug_of_ours(living, token, signed_matter, nobody_asked):
    watch = living.hub.desk.watch
    blocker = await asyncpg.connect(plain_url(living.database_url))
    async with blocker.transaction():
        await blocker.execute("LOCK TABLE revocation IN ACCESS EXCLUSIVE MODE")
        await until(lambda: not watch.following)
        reply = await living.post(token, {"query": TAXES, "variables": {"id": signed_matter.id}})
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "OVERLOADED", "1")
        assert not orjson.loads((await probes._readiness(living.hub)).body)["checks"]["revocations"]
        nobody_asked()
    await blocker.close()
    await until(lambda: watch.following and watch.notices)
    assert (await living.post(token, {"query": TAXES, "variables": {"id": signed_matter.id}})).status == 200


async def test_a_refusal_that_cannot_be_recorded_is_503(living, token):
    async with living.log_stopped():
        reply = await living.post(token, {"query": "{ nobody }"})
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "LOG_UNAVAILABLE", "2")


async def test_a_bug_of_ours_is_a_number_for_the_operator_and_nothing_more(living, signed_matter, token, caplog):
    class Broken:
        async def load(self, *_):
            raise RuntimeError("the words of a stack trace")

    documents = living.graph.documents
    living.graph.documents = Broken()
    try:
        reply = await living.post(token, {"query": PEOPLE, "variables": {"id": signed_matter.id}})
    finally:
        living.graph.documents = documents
    assert (reply.status, reply.code) == (500, "INTERNAL")
    assert b"words" not in reply.raw


async def test_an_answer_larger_than_the_limit_is_refused_and_its_question_closed(living, signed_matter, token):
    road = living.graph.road
    small = type(road)(**{name: getattr(road, name) for name in road.__slots__ if name != "max_response"}, max_response=50)
    living.graph.road = small
    try:
        reply = await living.line.ask(token, PEOPLE, {"id": signed_matter.id})
    finally:
        living.graph.road = road
    assert (reply.status, reply.code) == (400, "RESPONSE_TOO_LARGE")
    refusal, outcome, intent = await living.entries(limit=3)
    assert [one.kind for one in (intent, outcome, refusal)] == [Kind.INTENT, Kind.OUTCOME, Kind.REFUSAL]
    assert outcome.parts()[0]["code"] == "RESPONSE_TOO_LARGE"
    assert outcome.parts()[0]["decision"] == "DENY"


async def test_a_recording_that_fails_in_the_middle_is_503_of_the_same_form(living, signed_matter, token):
    class Stopped:
        log = living.graph.road.log

        async def travel(self, *_args, **_kwargs):
            raise RecordingFailed("stopped")

    road = living.graph.road
    living.graph.road = Stopped()
    try:
        reply = await living.post(token, {"query": PEOPLE, "variables": {"id": signed_matter.id}})
    finally:
        living.graph.road = road
    assert (reply.status, reply.code) == (503, "LOG_UNAVAILABLE")


@pytest.mark.parametrize(("address", "kept"), [
    ("127.0.0.1", "LOOPBACK"), ("::1", "LOOPBACK"), ("10.1.2.3", "PRIVATE"), ("192.168.1.1", "PRIVATE"), ("172.16.0.1", "PRIVATE"),
    ("172.31.255.1", "PRIVATE"), ("172.32.0.1", "OTHER"), ("fd00::1", "PRIVATE"), ("8.8.8.8", "OTHER"), ("", "OTHER"),
])
async def test_the_log_keeps_a_class_of_address_never_one_machines(address, kept):
    assert address_class({"client": (address, 1) if address else None}) == kept
