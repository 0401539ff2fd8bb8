"""A result recognised between two hubs over real HTTP: told with proof, recorded on both sides, refused without a word too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio
from yarl import URL

from hub.access_log.entry import Kind
from hub.authorizations.revocation import AGREEMENT
from hub.enrolment import end_agreement, enrol_organisation, import_agreement
from hub.http_signatures import Request, Response
from hub.operations.gate import Gate
from hub.operations.quotas import ClientQuota, InFlight
from hub.regions import answering
from hub.regions.agreement import Agreement
from hub.regions.asking import MEDIA_TYPE, PATH, STATUS_PATH
from hub.regions.credential import CredentialRefused, verify
from hub.regions.exchange import ExchangeRefused, sign_request, unseal, verify_response
from hub.regions.issuing import Issuing
from hub.regions.neighbours import region_keys
from hub.regions.recognition import Recognition
from hub.regions.routes import routes
from hub.regions.status_list import standing
from hub.sealed_bodies import seal
from hub.sources import Source
from tests.conftest import administer
from tests.hub.living import QUXIAN, TONGNAN, Living, Matter, secrets_of
from tests.hub.slips import slips_once
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = """query($id: ID!, $region: RegionCode!) { case(id: $id) { household { members { relation person { id
  confirmation(region: $region) { status asOf source { department region system } disclosure { fields { field form reason } }
    records { category region confirmedOn validTo status proof } } } } } } }"""
BASIS = {"kind": "statute", "article": "SAL §42"}


@pytest_asyncio.fixture(loop_scope="session")
async def both(neighbours: tuple[Living, Living]) -> AsyncIterator[tuple[Living, Living]]:
    for one in neighbours:
        one.government.forget()
    yield neighbours


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def insured(neighbours: tuple[Living, Living]) -> Matter:
    """The edge family at Tongnan's medical-insurance bureau: a case without letters."""
    tongnan, _ = neighbours
    return await tongnan.register(tongnan.platform.population.edge_family(), purposes=(), organisations=("yb",), assistance="MEDICAL")


async def asked(tongnan: Living, matter: Matter, office: str = "yb", **more: Any) -> list[dict[str, Any]]:
    reply = await result(tongnan, matter, office, **more)
    assert reply.status == 200, reply.raw
    return [one["person"]["confirmation"] for one in reply.body["data"]["case"]["household"]["members"]]


async def result(tongnan: Living, matter: Matter, office: str = "yb", *, purpose: str = "RESULT_RECOGNITION", region: str = QUXIAN):
    token = await tongnan.line.token(tongnan.offices[office], purpose=purpose, basis=BASIS, case=matter.id)
    return await tongnan.line.ask(token, DOCUMENT, {"id": matter.id, "region": region})


@contextmanager
def agreed(quxian: Living, **changed: Any) -> Iterator[None]:
    """Quxian holds the agreement otherwise than Tongnan: what it refuses then, it refuses by its own copy."""
    held = quxian.hub.neighbours.agreements
    before = dict(held)
    try:
        for code, agreement in before.items():
            held[code] = replace(agreement, **changed)
        yield
    finally:
        held.update(before)


def party(quxian: Living, **changed: Any) -> dict[str, Any]:
    (agreement,) = quxian.hub.neighbours.agreements.values()
    return {**agreement.parties, TONGNAN: replace(agreement.parties[TONGNAN], **changed)}


def nothing_asked(quxian: Living) -> None:
    assert not any(quxian.asked().values()), quxian.asked()


async def test_the_edge_family_is_told_with_a_proof_that_verifies_offline(both, insured):
    tongnan, quxian = both
    told = await asked(tongnan, insured)
    (agreement,) = tongnan.hub.neighbours.agreements.values()
    family = tongnan.platform.population.edge_family()
    for facts, member in zip(told, family.members, strict=True):
        assert facts["status"] == "MATCHED"
        assert facts["asOf"]
        assert facts["source"]["department"] == "MZ"
        assert facts["source"]["region"][:6] == QUXIAN[:6]
        (record,) = facts["records"]
        proof = record.pop("proof")
        assert record == {
            "category": "DIBAO_EDGE", "region": QUXIAN[:6], "confirmedOn": "2026-05-20", "validTo": "2027-05-19", "status": "EFFECTIVE",
        }
        keys, number = agreement.parties[QUXIAN].signing, member.person.id_number
        credential = verify(proof, keys=keys, issuer=quxian.url, id_number=None, now=tongnan.clock())
        assert set(credential.claims) <= {"category", "region", "confirmedOn", "validTo", "status"}
        with pytest.raises(CredentialRefused, match="whom it is about"):  # no ID number can be tried against it, not even the right one
            verify(proof, keys=keys, issuer=quxian.url, id_number=number, now=tongnan.clock())
        with pytest.raises(CredentialRefused):
            verify(proof, keys=agreement.parties[TONGNAN].signing, issuer=quxian.url, id_number=None, now=tongnan.clock())
        assert not [secret for secret in secrets_of(tongnan.platform.population) if secret in proof]
    assert {name for name, count in quxian.asked().items() if count} == {"MZ"}
    assert {name for name, count in tongnan.asked().items() if count} == set()


async def test_both_logs_hold_the_exchange_under_one_id(both, insured):
    tongnan, quxian = both
    reply = await result(tongnan, insured)
    exchange = reply.body["extensions"]["question"]
    ours = await tongnan.hub.log.store.entry(exchange)
    assert ours.kind is Kind.INTENT
    theirs = await quxian.entries(case=exchange)
    assert {one.kind for one in theirs} == {Kind.INTENT, Kind.OUTCOME}
    for entry in theirs:
        head, rest = entry.parts()
        assert head["organisation"] == f"{TONGNAN}/{tongnan.offices['yb'].organisation}"
        assert (head["purpose"], rest["exchange"] if "exchange" in rest else head["case"]) == ("RESULT_RECOGNITION", exchange)
    for living in both:
        everything = b"".join(one.body for one in await living.entries())
        assert not [secret for secret in secrets_of(living.platform.population) if secret.encode() in everything]


async def test_a_person_the_neighbour_has_no_result_of_is_no_record_and_nothing_else(both):
    tongnan, _ = both
    stranger = tongnan.platform.population.household(3)
    matter = await tongnan.register(stranger, purposes=(), organisations=("yb",), assistance="MEDICAL")
    told = await asked(tongnan, matter)
    assert {one["status"] for one in told} == {"NO_RECORD"}
    assert all(one["records"] == [] for one in told)


async def test_a_region_without_agreement_is_not_asked_and_looks_like_any_source_that_cannot_answer(both, insured):
    tongnan, quxian = both
    told = await asked(tongnan, insured, region="510900000000")
    assert not {one["status"] for one in told} & {"MATCHED", "NO_RECORD"}
    assert all(not one["records"] for one in told)
    nothing_asked(quxian)


@pytest.mark.parametrize("otherwise", ["expired", "not yet", "purpose", "kind", "group", "receiver"])
async def test_what_the_neighbours_agreement_does_not_name_it_refuses_and_asks_no_department(both, insured, otherwise):
    tongnan, quxian = both
    changed = {
        "expired": {"valid_to": date(2026, 11, 1)}, "not yet": {"valid_from": date(2027, 1, 1)}, "purpose": {"purposes": frozenset()},
        "kind": {"result_kinds": frozenset({"CASH"})}, "group": {"groups": frozenset()},
        "receiver": {"parties": party(quxian, receivers=frozenset({"MZ"}))},
    }[otherwise]
    with agreed(quxian, **changed):
        told = await asked(tongnan, insured)
    assert {one["status"] for one in told} == {"SOURCE_ERROR"}
    nothing_asked(quxian)
    (newest, *_) = await quxian.entries(kind=Kind.REFUSAL)
    assert newest.parts()[0]["code"] == "NO_JURISDICTION"


async def test_what_its_provider_has_not_agreed_to_hand_on_is_not_told_across_the_border(both, insured):
    tongnan, quxian = both
    stale = 31  # seconds: longer than a worker keeps the catalogue
    flip = "UPDATE catalogue_entry SET onward_sharing = $1 WHERE fact_group = 'confirmation'"
    await quxian.hub.records.execute(flip, False)
    quxian.clock.advance(stale)
    try:
        told = await asked(tongnan, insured)
    finally:
        await quxian.hub.records.execute(flip, True)
        quxian.clock.advance(stale)
    assert {one["status"] for one in told} == {"CATALOG_DENIED"}
    assert {(one["records"], one["asOf"]) for one in told} == {(None, None)}
    nothing_asked(quxian)
    assert {one["status"] for one in await asked(tongnan, insured)} == {"MATCHED"}


async def test_a_purpose_nobody_assessed_tells_nothing_across_the_border(both, insured):
    tongnan, quxian = both
    flip = "UPDATE impact_assessment SET ended_at = $1 WHERE purpose = 'RESULT_RECOGNITION'"
    assessments = quxian.hub.desk.authorization.presenter.assessments
    await quxian.hub.records.execute(flip, quxian.clock())
    assessments.forget("ASSESSMENT", "")
    try:
        told = await asked(tongnan, insured)
    finally:
        await quxian.hub.records.execute(flip, None)
        assessments.forget("ASSESSMENT", "")
    assert {(one["status"], one["records"]) for one in told} == {("CATALOG_DENIED", None)}
    nothing_asked(quxian)
    assert {one["status"] for one in await asked(tongnan, insured)} == {"MATCHED"}


async def test_an_onward_receiver_the_own_agreement_does_not_name_is_never_asked_for(both, insured):
    tongnan, quxian = both
    (source,) = tongnan.hub.neighbours.asked.values()
    connector = source.connector
    held: Agreement = connector._agreement
    connector._agreement = replace(
        held, parties={**held.parties, TONGNAN: replace(held.parties[TONGNAN], receivers=frozenset({"MZ"}))},
    )
    size = await quxian.size()
    try:
        told = await asked(tongnan, insured)
    finally:
        connector._agreement = held
    assert {one["status"] for one in told} == {"SOURCE_ERROR"}
    assert await quxian.size() == size, "nothing reached the neighbour at all"


async def test_a_neighbour_that_does_not_answer_in_time_is_a_timeout(both, insured):
    tongnan, quxian = both
    (region,) = tongnan.hub.neighbours.asked
    source: Source = tongnan.hub.neighbours.asked[region]
    async with quxian.holding("MZ"):
        told = await _hurried(tongnan, insured, source)
    assert {one["status"] for one in told} == {"SOURCE_TIMEOUT"}


async def _hurried(tongnan: Living, matter: Matter, source: Source) -> list[dict[str, Any]]:
    connector, fetch = source.connector, source.connector.fetch

    class Hurried:
        department, region, groups = connector.department, connector.region, connector.groups

        async def fetch(self, ask):
            return await fetch(replace(ask, deadline=0.3))

    previous = source.connector
    object.__setattr__(source, "connector", Hurried())
    try:
        return await asked(tongnan, matter)
    finally:
        object.__setattr__(source, "connector", previous)


# --- the wire, spoken by hand ---


class Wire:
    """Tongnan's side of the protocol in the test's own hands."""

    def __init__(self, tongnan: Living, quxian: Living) -> None:
        self.tongnan, self.quxian = tongnan, quxian
        self.keys = tongnan.hub.neighbours.keys
        (self.agreement,) = tongnan.hub.neighbours.agreements.values()
        self.nonce = tongnan.line.random(16).hex()

    def content(self, **changed: Any) -> dict[str, Any]:
        person = self.tongnan.platform.population.edge_family().members[0].person
        return {
            "exchange": f"ent_{self.nonce}", "agreement": self.agreement.code, "from": TONGNAN, "to": QUXIAN,
            "purpose": "RESULT_RECOGNITION", "kind": "CONFIRMATION",
            "receiver": {"organisation": "500152-YB", "department": "YB", "case": "c"}, "fields": ["category", "status"],
            "subjects": [{"ref": "0", "idNumber": person.id_number, "name": person.name}], **changed,
        }

    def sealed(self, **changed: Any) -> bytes:
        return seal(self.content(**changed), recipient=self.agreement.parties[QUXIAN].encryption, kid=f"{QUXIAN}-enc")

    def signed(self, body: bytes, *, kid: str | None = None, key: Any = None, at: Any = None, url: str | None = None) -> Request:
        request = Request("POST", url or self.quxian.url + PATH, {"Content-Type": MEDIA_TYPE})
        sign_request(
            request, body, kid=kid or self.keys.kid, key=key or self.keys.signing, at=at or self.tongnan.clock(), nonce=self.nonce,
        )
        return request

    async def send(self, request: Request, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        session = self.tongnan.line.session
        async with session.post(self.quxian.url + PATH, data=body, headers=request.headers) as reply:
            return reply.status, await reply.read(), dict(reply.headers)

    def opened(self, request: Request, status: int, raw: bytes, headers: dict[str, str]) -> dict[str, Any]:
        keys = {key.kid: key.public_key for key in self.agreement.parties[QUXIAN].signing.keys}
        verify_response(Response(status, request, headers), raw, keys=keys, now=self.tongnan.clock())
        return unseal(raw, self.keys.encryption)


@pytest.fixture
def wire(both) -> Wire:
    return Wire(*both)


def nothing_said(raw: bytes) -> bool:
    """Whether a refusal is the one every stranger gets: its number apart, the same bytes."""
    told = orjson.loads(raw)
    number = told.pop("request")
    return len(number) == 12 and told == {"type": "about:blank", "title": "Forbidden", "status": 403, "code": "EXCHANGE_REFUSED"}


async def test_by_hand_a_good_exchange_is_answered_once_and_its_answer_fits_no_other_question(wire):
    body = wire.sealed()
    request = wire.signed(body)
    answer = await wire.send(request, body)
    assert answer[0] == 200
    told = wire.opened(request, *answer)
    assert told["results"]["0"]["status"] == "MATCHED"
    other = Wire(wire.tongnan, wire.quxian).signed(body)
    with pytest.raises(ExchangeRefused):
        wire.opened(other, *answer)
    replayed = await wire.send(request, body)
    assert (replayed[0], nothing_said(replayed[1])) == (403, True)


async def test_tampered_old_unsigned_foreign_and_unsealed_messages_get_403_and_not_a_word(wire):
    tongnan, quxian = wire.tongnan, wire.quxian
    body, now = wire.sealed(), tongnan.clock()
    good = wire.signed(body)
    stranger = region_keys(quxian.hub.keys, QUXIAN)  # Quxian's own key: a party, but not the one that asks
    unsealed = orjson.dumps(wire.content())
    elsewhere = seal(wire.content(), recipient=wire.agreement.parties[TONGNAN].encryption, kid=f"{TONGNAN}-enc")
    long = b"x" * 200_000
    attempts = {
        "tampered body": (good, wire.sealed()), "no signature": (Request("POST", "", {"Content-Type": MEDIA_TYPE}), body),
        "an hour old": (wire.signed(body, at=now - timedelta(hours=1)), body),
        "an hour early": (wire.signed(body, at=now + timedelta(hours=1)), body),
        "another key under our id": (wire.signed(body, key=stranger.signing), body),
        "a key nobody agreed on": (wire.signed(body, kid="510900000000-1", key=stranger.signing), body),
        "quxian's own signature": (wire.signed(body, kid=stranger.kid, key=stranger.signing), body),
        "meant for another url": (wire.signed(body, url="https://elsewhere/regions/confirmations"), body),
        "not sealed": (wire.signed(unsealed), unsealed), "sealed to another": (wire.signed(elsewhere), elsewhere),
        "not a question": (wire.signed(b := wire.sealed(subjects="all")), b), "too long": (wire.signed(long), long),
        "to another region": (wire.signed(b := wire.sealed(to="510900000000")), b),
        "in another's name": (wire.signed(b := wire.sealed(**{"from": QUXIAN})), b),
        "unknown agreement": (wire.signed(b := wire.sealed(agreement="NONE")), b),
        "nobody": (wire.signed(b := wire.sealed(subjects=[])), b),
    }
    size, noted = await quxian.size(), quxian.hub.security._counts.total()
    for name, (request, sent) in attempts.items():
        status, raw, _ = await wire.send(request, sent)
        assert (status, nothing_said(raw)) == (403, True), name
    nothing_asked(quxian)
    assert await quxian.size() == size
    assert quxian.hub.security._counts.total() == noted + len(attempts)


@pytest.mark.parametrize(("changed", "code"), [
    ({"fields": ["category", "incomeBand"]}, "EXCHANGE_REFUSED"), ({"fields": []}, "EXCHANGE_REFUSED"),
    ({"fields": ["records} tax{records{income{yuan}}}"]}, "EXCHANGE_REFUSED"),
    ({"purpose": "DIBAO_REVIEW"}, "NO_JURISDICTION"), ({"kind": "EVERYTHING"}, "NO_JURISDICTION"),
    ({"receiver": {"organisation": "x", "department": "JY", "case": "c"}}, "NO_JURISDICTION"),
    ({"subjects": [{"ref": "0", "idNumber": "123", "name": "n"}]}, "EXCHANGE_REFUSED"),
])
async def test_a_party_that_asks_for_more_than_agreed_gets_a_signed_refusal_and_leaves_an_entry(wire, changed, code):
    body = wire.sealed(**changed)
    request = wire.signed(body)
    status, raw, headers = await wire.send(request, body)
    told = wire.opened(request, status, raw, headers)
    assert (status, told) == (403, {"exchange": f"ent_{wire.nonce}", "refused": code})
    nothing_asked(wire.quxian)
    (newest, *_) = await wire.quxian.entries(kind=Kind.REFUSAL)
    assert newest.parts()[0]["code"] == code


async def test_a_question_that_does_not_arrive_in_time_is_let_go_of_and_gets_not_a_word(wire, monkeypatch):
    monkeypatch.setattr(answering, "BODY_SECONDS", 0.05)
    at = URL(wire.quxian.url)
    reader, writer = await asyncio.open_connection(at.host, at.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 9\r\n\r\n".encode())
    head, _, raw = (await asyncio.wait_for(reader.read(), PATIENCE)).partition(b"\r\n\r\n")
    assert b" 403 " in head.partition(b"\r\n")[0]
    assert nothing_said(raw)
    writer.close()
    nothing_asked(wire.quxian)


async def test_with_its_log_stopped_the_neighbour_tells_nothing(wire):
    body = wire.sealed()
    request = wire.signed(body)
    async with wire.quxian.log_stopped():
        status, raw, headers = await wire.send(request, body)
    told = wire.opened(request, status, raw, headers)
    assert (status, told["refused"]) == (503, "LOG_UNAVAILABLE")
    nothing_asked(wire.quxian)


async def test_where_it_cannot_count_what_was_told_the_neighbour_says_so_signed_and_tells_nothing(wire):
    body = wire.sealed()
    request = wire.signed(body)
    await administer(wire.quxian.database_url, "REVOKE INSERT ON told_fields FROM hub_app")
    try:
        status, raw, headers = await wire.send(request, body)
    finally:
        await administer(wire.quxian.database_url, "GRANT INSERT ON told_fields TO hub_app")
    assert (status, wire.opened(request, status, raw, headers)) == (503, {"exchange": f"ent_{wire.nonce}", "refused": "OVERLOADED"})
    nothing_asked(wire.quxian)


async def test_with_its_log_stopped_even_a_refusal_is_503(wire):
    body = wire.sealed(purpose="DIBAO_REVIEW")
    request = wire.signed(body)
    async with wire.quxian.log_stopped():
        status, _, _ = await wire.send(request, body)
    assert status == 503


async def test_a_number_under_another_name_gets_what_a_person_without_result_gets_registered_here_or_not(wire):
    quxian = wire.quxian
    person = wire.tongnan.platform.population.edge_family().members[0].person
    stranger = wire.tongnan.platform.population.household(3).members[0].person

    async def told(number: str, name: str) -> dict[str, Any]:
        asking = Wire(wire.tongnan, quxian)
        body = asking.sealed(subjects=[{"ref": "0", "idNumber": number, "name": name}])
        request = asking.signed(body)
        return asking.opened(request, *await asking.send(request, body))["results"]["0"]

    nothing = await told(stranger.id_number, stranger.name)
    assert (nothing["status"], nothing["credentials"]) == ("NO_RECORD", [])
    assert await told(person.id_number, "别名") == nothing, "whether or not one of our platforms knows this number"
    matter = await quxian.register(quxian.platform.population.edge_family(), purposes=())
    assert await told(person.id_number, "别名") == nothing
    assert (await told(person.id_number, f" {person.name[0]} {person.name[1:]}"))["status"] == "MATCHED", "a blank is no other name"
    (named, *_) = [one.person.name for one in (await quxian.hub.desk.recheck._matters.load(matter.id)).members]
    assert named == person.name, "a neighbour never changes whom our own platform registered"


@asynccontextmanager
async def ended(living: Living) -> AsyncIterator[str]:
    """The hub's agreement ended by its operator, and imported again afterwards; running all the while."""
    hub, at = living.hub, living.clock()
    (code,) = hub.neighbours.agreements
    row = await hub.records.fetchrow("SELECT * FROM agreement WHERE code = $1", code)
    assert await end_agreement(hub.engine, code=code, at=at)
    assert not await end_agreement(hub.engine, code=code, at=at), "nothing is ended twice"
    await until(lambda: not hub.neighbours.agreements)
    try:
        yield code
    finally:
        await import_agreement(
            hub.engine, code=code, document=bytes(row["document"]), signatures=orjson.loads(row["signatures"]), valid_from=row["valid_from"],
            valid_to=row["valid_to"], at=at,
        )
        await until(lambda: code in hub.neighbours.agreements)


async def test_an_agreement_that_ends_stops_asking_at_once_and_one_that_comes_starts_it_without_a_restart(both, insured):
    tongnan, quxian = both
    assert {one["status"] for one in await asked(tongnan, insured)} == {"MATCHED"}
    quxian.government.forget()
    size = await quxian.size()
    async with ended(tongnan):
        assert {one["status"] for one in await asked(tongnan, insured)} == {"SOURCE_ERROR"}
        assert await quxian.size() == size, "nothing reached the neighbour"
    assert {one["status"] for one in await asked(tongnan, insured)} == {"MATCHED"}


async def test_an_agreement_that_ends_closes_the_neighbours_door_at_once(wire):
    async with ended(wire.quxian):
        body = wire.sealed()
        status, _, _ = await wire.send(wire.signed(body), body)
        assert status == 404
        async with wire.tongnan.line.session.get(wire.quxian.url + STATUS_PATH) as published:
            assert published.status == 404
        nothing_asked(wire.quxian)
    again = Wire(wire.tongnan, wire.quxian)
    body = again.sealed()
    assert (await again.send(again.signed(body), body))[0] == 200


async def test_an_agreement_that_ends_while_the_department_answers_tells_the_neighbour_nothing(wire):
    body = wire.sealed()
    request = wire.signed(body)
    wire.quxian.government.forget()
    async with wire.quxian.holding("MZ") as answer:
        asking = asyncio.create_task(wire.send(request, body))
        await wire.quxian.until_asked("MZ")
        async with ended(wire.quxian):
            await answer()
            status, raw, headers = await asking
    assert status == 403
    assert wire.opened(request, status, raw, headers)["refused"] == "NO_JURISDICTION"


async def test_who_is_asked_for_may_have_been_enrolled_a_moment_ago(both, insured):
    tongnan, _ = both
    (source,) = tongnan.hub.neighbours.asked.values()
    await enrol_organisation(
        tongnan.hub.engine, code="500152-NEW", name="新", department="YB", region="500152", role="DEPT_SYSTEM", at=tongnan.clock(),
    )
    assert await source.connector._department_of("500152-NEW") == "YB"
    assert await source.connector._department_of("500152-NONE") == ""


async def test_a_hub_whose_department_tells_no_names_answers_no_neighbour(wire):
    manifest = wire.quxian.hub.departments.manifest("confirmation")
    call = manifest.groups["confirmation"].call
    seconds = asyncio.get_running_loop().time
    gate = Gate(InFlight(8), *[ClientQuota(rate_per_minute=9, concurrency=9, seconds=seconds) for _ in range(2)])
    assert routes(wire.quxian.hub, gate)
    manifest.groups["confirmation"].call.pop("name")  # type: ignore[attr-defined]
    try:
        assert routes(wire.quxian.hub, gate) == []
    finally:
        call["name"] = "name"  # type: ignore[index]


async def test_a_withdrawn_result_is_no_longer_believed(both, insured):
    tongnan, quxian = both
    reply = await result(tongnan, insured)
    exchange = reply.body["extensions"]["question"]
    (record,) = reply.body["data"]["case"]["household"]["members"][0]["person"]["confirmation"]["records"]
    issuing = Issuing(quxian.hub.engine, url=quxian.url, keys=quxian.hub.neighbours.keys)
    (source,) = tongnan.hub.neighbours.asked.values()
    assert await issuing.withdraw(exchange, at=quxian.clock()) == 3
    assert await issuing.withdraw(exchange, at=quxian.clock()) == 0
    source.connector._status = (0.0, "")
    async with tongnan.line.session.get(quxian.url + STATUS_PATH) as published:
        assert published.content_type == "application/statuslist+jwt"
        listed = (await published.text())
    (agreement,) = tongnan.hub.neighbours.agreements.values()
    from_proof = verify(
        record["proof"], keys=agreement.parties[QUXIAN].signing, issuer=quxian.url,
        id_number=None, now=tongnan.clock(),
    )
    assert not standing(
        listed, from_proof.status_index, uri=from_proof.status_uri, keys=agreement.parties[QUXIAN].signing, now=tongnan.clock(),
    )
    told = await asked(tongnan, insured)
    assert {one["status"] for one in told} == {"MATCHED"}, "a new exchange issues new results"


async def test_a_question_is_read_strictly():
    good = {
        "exchange": "e", "agreement": "a", "from": TONGNAN, "to": QUXIAN, "purpose": "p", "kind": "k",
        "receiver": {"organisation": "o", "department": "d", "case": "c"}, "fields": ["category"],
        "subjects": [{"ref": "0", "idNumber": "n", "name": "m"}],
    }
    assert Recognition.parse(good, to=QUXIAN).fields == ("category",)
    for name in good:
        with pytest.raises(ExchangeRefused):
            Recognition.parse({**good, name: 7}, to=QUXIAN)
    twice = [good["subjects"][0], good["subjects"][0]]
    for subjects in (twice, [{"ref": str(n), "idNumber": "n", "name": "m"} for n in range(21)], [{"ref": "0", "idNumber": "n" * 300, "name": ""}]):
        with pytest.raises(ExchangeRefused):
            Recognition.parse({**good, "subjects": subjects}, to=QUXIAN)


async def test_agreements_read_before_one_was_ended_do_not_bring_it_back(neighbours, monkeypatch):
    known = neighbours[0].hub.neighbours
    (code,) = known.agreements
    honest = known._pool

    class Overtaken:
        """The database's answer lies ready when the notice arrives that an agreement ended."""

        async def fetch(self, query: str) -> list[Any]:
            rows = await honest.fetch(query)
            monkeypatch.setattr(known, "_pool", honest)
            known.follow(AGREEMENT, code)
            return rows

    monkeypatch.setattr(known, "_pool", Overtaken())
    await known.read()
    assert code not in known.agreements
    assert TONGNAN[:6] not in known.asked
    assert QUXIAN[:6] not in known.asked
    await until(lambda: code in known.agreements)  # it is in force: what is read after the notice says so


async def test_agreements_whose_reading_slips_are_read_again(both, monkeypatch):
    known = both[0].hub.neighbours
    (code,) = known.agreements
    ends = slips_once(monkeypatch, known, "read")
    known.follow("AGREEMENT", code)
    assert code not in known.agreements, "out at once, before anything is read"
    await until(lambda: len(ends) >= 2)
    assert list(known.agreements) == [code]
