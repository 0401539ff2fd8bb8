"""An incident over the whole hub: one of two systems' keys was stolen; who it read is found in the log, exactly, and nobody else (PIPL §57)."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import pytest
import pytest_asyncio
from click.testing import CliRunner
from joserfc.jwk import OKPKey
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from hub.access_log.outbox import drain
from hub.actor import PASSWORD, STATED, Actor, operator
from hub.authorizations.revocation import end_client
from hub.cli import main
from hub.cli.demo.enrolling import OFFICER as AUDITOR
from hub.enrolment import enrol_client
from hub.incidents.register import (
    IncidentRefused,
    Opening,
    close_incident,
    found,
    open_incident,
    reported,
    span_of,
    tell_authority,
    tell_party,
    tell_people,
)
from hub.incidents.reporting import Reporting
from hub.incidents.touched import groups_of
from hub.incidents.tracing import Tracing
from hub.people.handles import Handles
from hub.tables import Client
from tests.hub.citizens.counter import Counter
from tests.hub.living import LETTER_GROUPS, TAXES, WHOLE, Living, Matter, secrets_of
from tests.waiting import held_up, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICER = Actor("PO-0001", PASSWORD, "hub (uid 998)")
TWO = replace(OFFICER, second="PO-0002")
STOLEN = "500152-hd-stolen"
ORGANISATION = "500152-MZ-HD"
INCIDENTS = "{ me { incidents { id kind groups { group title region form } cause harm measures advice contact toldAt } } }"
TEXTS = {
    "cause": "核对系统一把密钥被窃", "harm": "收入、财产情况可能被他人知悉", "measures": "该密钥已停用，已报主管部门", "advice": "警惕冒充工作人员的来电", "contact": "023-0000-0000",
}


@dataclass
class Stolen:
    """What the stolen key, and what the good one, was used for."""

    affected: Matter
    unsigned: str
    whole: str
    taxes: str
    good: str
    refused: int


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stolen(living_hub: Living) -> Stolen:
    living = living_hub
    key = OKPKey.generate_key("Ed25519")
    office = replace(living.offices["hd"], client=STOLEN, key=key)
    await enrol_client(
        living.hub.engine, client_id=STOLEN, organisation=ORGANISATION, name="核对系统二", jwks=office.jwks(), purposes=office.purposes, at=living.clock(),
    )
    spouse = living.family.members[1].person
    affected = await living.register(unsigned=[spouse.index])
    other = await living.register(living.platform.population.household(41))

    async def asked(client: Any, matter: Matter, document: str) -> str:
        token = await living.line.token(client, purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id)
        reply = await living.line.ask(token, document, {"id": matter.id})
        assert reply.status == 200, reply.raw
        return str(reply.body["extensions"]["question"])

    whole, taxes = await asked(office, affected, WHOLE), await asked(office, affected, TAXES)
    good = await asked(living.offices["hd"], other, WHOLE)
    await asked(living.offices["hd"], affected, WHOLE)  # read by who may: no part of it
    token = await living.line.token(office, purpose="DIBAO_REVIEW", basis=affected.basis, case=affected.id)
    assert (await living.post(token, {"query": "{ nothing }"})).status >= 400
    return Stolen(affected, spouse.id_number, whole, taxes, good, 1)


def _opening(living: Living, **more: Any) -> Opening:
    now = living.clock()
    given = {"kind": "LEAK", "since": now - timedelta(days=400), "until": now + timedelta(seconds=1), **TEXTS}
    return Opening(**given | more)


async def _opened(living: Living, **more: Any) -> str:
    # The hub's clock stands still in tests: what was asked a moment ago has this moment's time.
    at = living.clock() + timedelta(seconds=2)
    return (await open_incident(living.hub.engine, _opening(living, **more), by=OFFICER, stop=False, at=at, random=living.hub.random))[0]


async def _report(living: Living, identifier: str) -> dict[str, Any]:
    reporting = Reporting(living.hub.engine, Tracing(living.hub.records, living.hub.vault), Handles(living.hub.keys))
    return (await reporting.report(identifier, by=OFFICER, at=living.clock()))[0]


async def test_only_what_the_compromised_system_read_is_in_the_report(living, stolen):
    told = await _report(living, await _opened(living, clients=(STOLEN,)))
    assert told["receivers"] == [{"organisation": ORGANISATION, "client": STOLEN, "officer": living.offices["hd"].officer, "questions": 2, "people": told["counts"]["people"]}]
    assert {one["id"] for person in told["people"] for one in person["questions"]} == {stolen.whole, stolen.taxes}
    assert told["counts"] == {"people": len(living.family.everyone()), "unnamed": 0, "questions": 2, "refused": stolen.refused, "open": 0}
    # The fields are those that were told, under the labels of the register.
    fields = {(one["group"], one["field"]): one for person in told["people"] for asked in person["questions"] for one in asked["fields"]}
    assert fields["tax", "income"]["label"] == "L3"
    assert {group for group, _ in fields} <= {"identity", *LETTER_GROUPS}


async def test_of_each_person_it_says_what_was_told_of_them(living, stolen):
    told = await _report(living, await _opened(living, clients=(STOLEN,)))
    reply = await living.ask(stolen.affected, WHOLE)  # the same answer, of today
    household = reply.body["data"]["case"]["household"]
    by_handle = {one["person"]["id"]: one["person"] for one in [*household["members"], *household["obligors"]]}
    for person in told["people"]:
        handle = next(case["handles"][ORGANISATION] for case in person["cases"] if case["case"] == stolen.affected.id)
        answer = by_handle.pop(handle)  # the handle the office knows the person by: it can ask who that is, in its own case
        asked = next(one for one in person["questions"] if one["id"] == stolen.whole)
        groups = {one["group"] for one in asked["fields"]} - {"identity"}
        assert groups == {name for name in LETTER_GROUPS if answer[name]["records"]}
    assert not by_handle


async def test_whoever_had_not_signed_was_told_nothing_of_and_it_says_so(living, stolen):
    told = await _report(living, await _opened(living, clients=(STOLEN,)))
    unsigned = [person for person in told["people"] if not any(asked["fields"] or asked["askedOnly"] for asked in person["questions"])]
    assert len(unsigned) == 1


async def test_it_names_nobody(living, stolen):
    identifier = await _opened(living, clients=(STOLEN,))
    text = orjson.dumps(await _report(living, identifier)).decode()
    for secret in secrets_of(living.platform.population):
        assert secret not in text
    assert await living.hub.desk.log_subject(living.family.head.id_number) not in text
    assert stolen.good not in text


async def test_the_command_writes_the_report_for_its_reader_alone_and_the_log_knows(living, stolen, tmp_path):
    identifier = await _opened(living, clients=(STOLEN,))
    file = tmp_path / "report.json"
    environment = {
        "HUB_REGION": living.hub.settings.region, "HUB_ISSUER": living.url, "HUB_DIRECTORY": str(living.hub.settings.directory),
        "HUB_DATABASE_URL": living.database_url, "HUB_SECURE_COOKIES": "0",
    }

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, main, ["incident", *arguments], env=environment, input="a long enough password\n")

    done = await run("report", identifier, str(file), "--by", AUDITOR)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert orjson.loads(file.read_bytes())["people"] == (await _report(living, identifier))["people"]
    assert (await run("report", identifier, str(file), "--by", AUDITOR)).exit_code == 1  # never over another
    await drain(living.hub.log)
    changes = [entry.parts() for entry in await living.entries(kind="CHANGE", limit=10)]
    about = next(rest["about"] for head, rest in changes if head["code"] == "INCIDENT_REPORTED" and rest["about"]["by"] == AUDITOR)
    assert (about["ref"], about["proof"], about["operator"], about["counts"]["questions"]) == (identifier, PASSWORD, operator(), 2)


async def test_who_was_touched_sees_it_once_it_is_told_and_nobody_else(living, counter: Counter, stolen):
    identifier = await _opened(living, clients=(STOLEN,))
    head, stranger = living.family.head, living.platform.population.household(41).head
    token = await counter.token(head.id_number)
    assert identifier not in {one["id"] for one in (await counter.me(token, INCIDENTS))["incidents"]}
    traced = await Tracing(living.hub.records, living.hub.vault).trace(span_of(await found(living.hub.engine, identifier)))
    people = {person for one in traced.questions for person in one.people}
    touched = {
        person: [{"group": group, "form": form.value if form else None} for group, form in groups_of(traced.questions, person).items()] for person in people
    }
    await tell_people(living.hub.engine, identifier, touched, by=OFFICER, at=living.clock())
    shown = next(one for one in (await counter.me(token, INCIDENTS))["incidents"] if one["id"] == identifier)
    assert {name: shown[name] for name in TEXTS} == TEXTS
    mine = {one["group"]: one["form"] for one in (await _mine(counter, head.id_number, stolen.whole))["groups"]}
    assert {one["group"]: one["form"] for one in shown["groups"]} == mine
    assert identifier not in {one["id"] for one in (await counter.me(await counter.token(stranger.id_number), INCIDENTS))["incidents"]}
    with pytest.raises(IncidentRefused, match="before"):
        await tell_people(living.hub.engine, identifier, {}, by=OFFICER, at=living.clock())


async def _mine(counter: Counter, number: str, question: str) -> dict[str, Any]:
    token, after = await counter.token(number), None
    while True:  # whatever other tests asked about this family meanwhile
        page = (await counter.me(token, first=100, after=after))["accesses"]
        for edge in page["edges"]:
            if edge["node"]["id"] == question:
                return edge["node"]
        assert page["pageInfo"]["hasNextPage"]
        after = page["pageInfo"]["endCursor"]


async def test_an_officer_is_found_under_any_spelling_and_cases_narrow_what_is_found(living, stolen):
    officer = living.offices["hd"].officer
    spelt = f"{ORGANISATION}  {officer.lower().replace('-', ' ')}"
    told = await _report(living, await _opened(living, officers=(spelt.replace("  ", " ", 1),), cases=(stolen.affected.id,)))
    assert {one["id"] for person in told["people"] for one in person["questions"]} >= {stolen.whole, stolen.taxes}
    assert {case for person in told["people"] for case in [one["case"] for one in person["cases"]]} >= {stolen.affected.id}
    assert stolen.good not in orjson.dumps(told).decode()
    other = await _report(living, await _opened(living, officers=("500152-JY X-1",), cases=(stolen.affected.id,)))
    assert other["counts"]["questions"] == 0


async def test_of_a_platform_what_rested_on_its_word_is_found(living, counter: Counter, stolen):
    question = (await counter.sent(await counter.token(living.family.head.id_number), "{ me { id } }")).body["extensions"]["question"]
    told = await _report(living, await _opened(living, platforms=(living.platform.platform,)))
    listed = {one["id"]: one for person in told["people"] for one in person["questions"]}
    assert {question, stolen.whole, stolen.good} <= listed.keys()
    assert listed[question]["documents"] == ["OWN_RECORDS"]


async def test_outside_its_span_nothing_is_found(living, stolen):
    before = living.clock() - timedelta(days=500)
    told = await _report(living, await _opened(living, clients=(STOLEN,), since=before - timedelta(days=1), until=before))
    assert (told["people"], told["notice"]["kinds"], told["counts"]["questions"]) == ([], [], 0)


async def test_stopping_ends_the_clients_tokens_with_the_opening(living):
    key = OKPKey.generate_key("Ed25519")
    office = replace(living.offices["hd"], client="500152-hd-third", key=key)
    await enrol_client(
        living.hub.engine, client_id=office.client, organisation=ORGANISATION, name="x", jwks=office.jwks(), purposes=office.purposes, at=living.clock(),
    )
    matter = await living.register()
    token = await living.line.token(office, purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id)
    assert (await living.line.ask(token, TAXES, {"id": matter.id})).status == 200
    at = living.clock() + timedelta(seconds=2)
    _, stopped = await open_incident(living.hub.engine, _opening(living, clients=(office.client,)), by=OFFICER, stop=True, at=at, random=living.hub.random)
    assert stopped == (f"client {office.client}",)
    await living.heard()
    assert (await living.line.ask(token, TAXES, {"id": matter.id})).status in {401, 403}


@pytest.mark.parametrize(("more", "said"), [
    ({"clients": ("500152-none",)}, "no client 500152-none"), ({"platforms": ("nobody",)}, "no platform nobody"), ({"cases": ("case_x",)}, "no case case_x"),
    ({"officers": ("500152-NO X-1",)}, "no organisation 500152-NO"), ({}, "names clients"), ({"clients": (STOLEN,), "until": None}, "began before"),
])
async def test_a_name_mistyped_or_a_span_that_is_none_opens_nothing(living, stolen, more, said):
    if "until" in more:
        more = {**more, "until": living.clock() - timedelta(days=500)}
    with pytest.raises(IncidentRefused, match=said):
        await _opened(living, **more)


async def test_it_is_closed_only_after_the_authority_was_told_and_the_people_or_why_not(living, stolen):
    engine, at = living.hub.engine, living.clock()
    identifier = await _opened(living, clients=(STOLEN,))
    with pytest.raises(IncidentRefused, match="authority was not"):
        await close_incident(engine, identifier, by=TWO, not_told="密钥未被使用", at=at)
    await tell_authority(engine, identifier, by=OFFICER, at=at)
    with pytest.raises(IncidentRefused, match="people are told"):
        await close_incident(engine, identifier, by=OFFICER, not_told="", at=at)
    for alone in (OFFICER, replace(OFFICER, second="po 0001")):
        with pytest.raises(IncidentRefused, match="two privacy officers"):
            await close_incident(engine, identifier, by=alone, not_told="密钥未被使用", at=at)
    await close_incident(engine, identifier, by=TWO, not_told="密钥未被使用", at=at)
    for late in (close_incident(engine, identifier, by=TWO, not_told="x", at=at), tell_authority(engine, identifier, by=OFFICER, at=at)):
        with pytest.raises(IncidentRefused, match="before"):
            await late
    with pytest.raises(IncidentRefused, match="no incident"):
        await found(engine, "inc_none")


async def test_only_an_opening_may_be_the_operators_word(living, stolen):
    engine, at = living.hub.engine, living.clock()
    identifier = await _opened(living, clients=(STOLEN,))
    stated = replace(OFFICER, proof=STATED, second="PO-0002")
    for act in (
        tell_authority(engine, identifier, by=stated, at=at), tell_people(engine, identifier, {}, by=stated, at=at),
        tell_party(engine, identifier, ORGANISATION, by=stated, at=at), close_incident(engine, identifier, by=stated, not_told="密钥未被使用", at=at),
        reported(engine, identifier, by=stated, digest="", counts={}, at=at),
    ):
        with pytest.raises(IncidentRefused, match="proves themselves"):
            await act


async def test_the_offices_of_the_touched_are_named_until_they_are_told(living, stolen):
    engine, identifier = living.hub.engine, await _opened(living, clients=(STOLEN,))
    offices = {one["organisation"]: one for one in (await _report(living, identifier))["toTell"]["offices"]}
    assert offices[ORGANISATION] == {"organisation": ORGANISATION, "people": len(living.family.everyone()), "toldAt": None}
    for party in (ORGANISATION, "511725000000"):
        await tell_party(engine, identifier, party, by=OFFICER, at=living.clock())
        with pytest.raises(IncidentRefused, match="told before"):
            await tell_party(engine, identifier, party, by=OFFICER, at=living.clock())
    with pytest.raises(IncidentRefused, match="neither"):
        await tell_party(engine, identifier, "500152-NO", by=OFFICER, at=living.clock())
    offices = {one["organisation"]: one for one in (await _report(living, identifier))["toTell"]["offices"]}
    assert offices[ORGANISATION]["toldAt"] == living.clock().isoformat()


async def test_whoever_dies_while_opening_leaves_neither_a_stop_nor_an_incident(living, stolen):
    """The session is ended at the incident's row: after the client was disabled, before anything says why."""
    engine, at = living.hub.engine, living.clock() + timedelta(seconds=2)
    key = OKPKey.generate_key("Ed25519")
    await enrol_client(
        engine, client_id="500152-hd-fourth", organisation=ORGANISATION, name="x", jwks=replace(living.offices["hd"], key=key).jwks(), purposes=("DIBAO_REVIEW",),
        at=living.clock(),
    )
    opening = _opening(living, clients=("500152-hd-fourth",))

    async def counted() -> tuple[Any, ...]:
        return tuple(await living.hub.records.fetchrow(
            "SELECT (SELECT active FROM client WHERE id = $1), (SELECT count(*) FROM incident WHERE clients = ARRAY[$1::text]), "
            "(SELECT count(*) FROM outbox WHERE body ->> 'client' = $1), (SELECT count(*) FROM revocation WHERE ref = $1)", "500152-hd-fourth",
        ))

    held = await asyncpg.connect(living.database_url)
    async with held.transaction():
        await held.execute("LOCK TABLE incident IN SHARE MODE")  # who reads goes on, who writes waits here
        opened = asyncio.create_task(open_incident(engine, opening, by=OFFICER, stop=True, at=at, random=living.hub.random))
        pid = await until(lambda: held_up(held))
        assert await held.fetchval("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(DBAPIError):
            await opened
    await held.close()
    assert await counted() == (True, 0, 0, 0)
    _, stopped = await open_incident(engine, opening, by=OFFICER, stop=True, at=at, random=living.hub.random)
    assert stopped == ("client 500152-hd-fourth",)
    assert await counted() == (False, 1, 1, 1)


async def test_a_stop_waits_for_who_is_ending_one_of_the_clients_and_neither_waits_for_the_other(living, stolen):
    """Rows first, then the workers' lock, as everybody takes them: the other way round PostgreSQL would have to end one of the two."""
    engine, at = living.hub.engine, living.clock() + timedelta(seconds=2)
    clients = ("500152-hd-fifth", "500152-hd-sixth")
    for name in clients:
        jwks = replace(living.offices["hd"], key=OKPKey.generate_key("Ed25519")).jwks()
        await enrol_client(engine, client_id=name, organisation=ORGANISATION, name="x", jwks=jwks, purposes=("DIBAO_REVIEW",), at=living.clock())
    looking = await asyncpg.connect(living.database_url)
    async with engine.connect() as other:
        await other.execute(update(Client).where(Client.id == clients[1]).values(name="y"))
        ending = (await other.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        opened = asyncio.create_task(open_incident(engine, _opening(living, clients=clients), by=OFFICER, stop=True, at=at, random=living.hub.random))
        await until(lambda: held_up(looking, by=ending))
        assert await end_client(other, clients[1], by="operator", at=at)
        await other.commit()
    await looking.close()
    assert (await opened)[1] == (f"client {clients[0]}",)
