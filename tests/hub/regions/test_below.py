"""A hub of hubs: a municipal and a provincial hub whose sources are the two regions' hubs, each deciding again by its own law."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from connectors import manifest
from hub.access_log.entry import Kind
from hub.cli.demo.enrolling import enrol
from hub.cli.demo.offices import Reply, offices
from hub.cli.demo.registration import PlatformDesk
from hub.enrolment import enrol_client, enrol_organisation
from hub.keys import KeyRing
from hub.regions.below import HubBelow
from hub.regions.neighbours import region_keys
from hub.settings import Settings
from hub.ulid import new_id
from policies.purposes import PURPOSES
from schema.register import GROUPS
from tests.conftest import FakeClock, SeededRandom
from tests.hub.living import (
    LETTER_GROUPS,
    PLATFORM,
    TONGNAN,
    WHOLE,
    Living,
    Matter,
    Prepared,
    database,
    free_port,
    live,
    people,
    statuses,
)
from tests.hub.regions.test_below_manifest import BELOW
from tests.waiting import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = sorted(set(GROUPS) - {"identity"})
REAL_ESTATE = """query R($id: ID!) { case(id: $id) { household { members { relation person { realEstate { status asOf source { department region system }
  disclosure { fields { field form reason rule } } records { use areaSqm { value band any } } } } } } } }"""
_numbers = itertools.count(1)


@dataclass
class View:
    """An upper hub, the hub below that a case is at, and the cases the platform registered with both."""

    upper: Living
    lower: Living
    cases: dict[str, Matter] = field(default_factory=dict)

    async def both(
        self, *, unsigned: Collection[int] = (), unsigned_below: Collection[int] | None = None, purposes=("DIBAO_REVIEW",), family: Any = None,
    ) -> tuple[Matter, Matter]:
        """One case of the family, registered with both hubs under the platform's own number."""
        reference = f"V-{next(_numbers)}"
        organisation = self.upper.offices["hd"].organisation
        found = []
        for hub, held in ((self.upper, unsigned), (self.lower, unsigned if unsigned_below is None else unsigned_below)):
            message = hub.platform.registration(
                family or self.lower.family, reference=reference, assistance="DIBAO", purposes=purposes, unsigned=held,
                organisations=[organisation, self.lower.offices["hd"].organisation],
            )
            reply = await hub.line.send("/registrations", message)
            assert reply.status == 201, reply.raw
            letters = reply.body["letters"]
            found.append(Matter(
                reply.body["case"], reference, tuple({"id": one["id"], "hash": one["hash"]} for one in letters),
                {one["number"]: one["id"] for one in letters},
            ))
        return found[0], found[1]

    async def ask(self, matter: Matter, document: str = WHOLE, *, purpose: str = "DIBAO_REVIEW") -> Reply:
        reply = await self.upper.line.ask(await self.upper.token(matter, purpose=purpose), document, {"id": matter.id})
        assert reply.status == 200, reply.raw
        return reply


async def above(
    stack: AsyncExitStack, postgres: tuple[str, str], directory: Path, region: str, lower: Mapping[str, Living], home: str, clock: FakeClock,
) -> Living:
    """A hub of `region` over the hubs `lower`, whose platform is that of `home`."""
    random = SeededRandom(region.encode() + str(directory).encode())
    own, url = await stack.enter_async_context(database(postgres)), f"http://127.0.0.1:{free_port()}"
    KeyRing.create(directory / "keys", random=random, at=clock())
    jwk = region_keys(KeyRing.load(directory / "keys"), region).signing_jwk
    (directory / "manifests").mkdir()
    sources: dict[str, Any] = {}
    for code, hub in lower.items():
        organisation, client = f"{region[:6]}-MZ-HD", f"hub-{region[:6]}"
        await enrol_organisation(
            hub.hub.engine, code=organisation, name="上级核对枢纽", department="MZ-HD", region=region, role="CHECK_OPERATOR", at=clock(),
        )
        await enrol_client(
            hub.hub.engine, client_id=client, organisation=organisation, name="上级核对枢纽", at=clock(), look_ups_per_day=10_000,
            jwks={"keys": [{**jwk.as_dict(private=False), "kid": jwk.kid}]}, purposes=["DIBAO_REVIEW", "CROSS_REGION_CHECK"],
        )
        (directory / "manifests" / f"{code}.toml").write_text(
            BELOW.format(region=code, groups=", ".join(f'"{group}"' for group in ASKED)), encoding="utf-8",
        )
        sources[f"BELOW_{code}"] = {"url": hub.url, "region": code.ljust(12, "0"), "client": client}
    by_department = {d: [c for c, p in PURPOSES.items() if d in p.departments] for d in ("MZ-HD", "JY", "YB")}
    staff = {office.client.partition("-")[2]: office for office in offices(region, by_department)}
    below = lower[home]
    desk = PlatformDesk(PLATFORM, below.platform.population, url, below.platform.region, clock, lambda: new_id("msg", clock(), random(10)))
    await enrol(
        own, region=region, offices=list(staff.values()), platforms=[desk], officer_password="a long enough password", at=clock(), random=random,
    )
    settings = Settings(
        region=region, issuer=url, directory=directory, database_url=own, require_dpop=False, log_wait=PATIENCE, manifests=directory / "manifests",
    )
    return await live(stack, Prepared(settings, sources, below.government, desk, staff, clock, random))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def views(neighbours, postgres, tmp_path_factory) -> AsyncIterator[dict[str, View]]:
    """Chongqing over Tongnan, Sichuan over Quxian; Chongqing's hub knows Quxian's too, and has no business there."""
    async with AsyncExitStack() as stack:
        directory, lower = tmp_path_factory.mktemp("views"), dict(zip(("500152", "511725"), neighbours, strict=True))
        made = {}
        for region, home, known in (("500000000000", "500152", ("500152", "511725")), ("510000000000", "511725", ("511725",))):
            (directory / region).mkdir()
            upper = await above(stack, postgres, directory / region, region, {code: lower[code] for code in known}, home, neighbours[0].clock)
            made[home] = View(upper, lower[home])
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def view(views) -> View:
    view = views["500152"]
    view.lower.government.forget()
    return view


def told(reply: Reply) -> list[dict[str, Any]]:
    """The facts of everybody as told, without handles and without the rule that each hub names for itself."""
    def plain(group: dict[str, Any]) -> dict[str, Any]:
        lines = sorted((line["field"], line["form"], line["reason"]) for line in group["disclosure"]["fields"])
        return {**group, "disclosure": lines}

    return [{name: plain(person[name]) for name in LETTER_GROUPS} for _, person in sorted(people(reply).items())]


@pytest.mark.parametrize("home", ["500152", "511725"])
async def test_a_household_is_told_above_as_it_is_told_below(views, home):
    view = views[home]
    view.lower.government.forget()
    matter, below = await view.both()
    reply = await view.ask(matter)
    asked = view.lower.asked()
    direct = await view.lower.line.ask(await view.lower.token(below), WHOLE, {"id": below.id})
    for above, beneath in zip(told(reply), told(direct), strict=True):
        for group in LETTER_GROUPS:
            if above[group]["status"] == "NOT_COVERED":  # decided here already, and not asked of the hub below
                above[group]["source"] = beneath[group]["source"]
            assert above[group] == beneath[group]
    assert {person["vehicle"]["source"]["department"] for person in people(reply).values()} == {"GA"}
    assert "MATCHED" in {status for person in people(reply).values() for status in statuses(person).values()}
    assert all(person[group]["asOf"] for person in people(reply).values() for group in LETTER_GROUPS if person[group]["status"] == "MATCHED")
    assert all(asked.values()), "the hub below asked its departments"


async def test_both_logs_hold_the_question_under_one_id_with_the_officer_who_asked(view):
    matter, below = await view.both()
    reply = await view.ask(matter, "query T($id: ID!) { case(id: $id) { household { members { person { tax { status } vehicle { status } } } } } }")
    question = reply.body["extensions"]["question"]
    assert (await view.upper.hub.log.store.entry(question)) is not None
    entries = [one for one in await view.lower.entries(case=below.id) if one.parts()[0].get("exchange") == f"parent:{question}"]
    assert sorted(one.kind for one in entries) == [Kind.INTENT, Kind.INTENT, Kind.OUTCOME, Kind.OUTCOME]
    for head, rest in (one.parts() for one in entries):
        assert (head["organisation"], head["purpose"]) == ("500000-MZ-HD", "DIBAO_REVIEW")
        assert (rest["client"], rest["officer"]) == ("hub-500000", "500000-MZ-HD/HD-0107")
        assert rest["basis"] == "letter"
    (outcome,) = await view.upper.hub.log.store.closing(question)
    assert outcome.parts()[1]["statuses"]["tax"]


async def test_what_the_hub_below_weakens_stays_weak_and_its_reason_is_told(view):
    matter, _ = await view.both(purposes=("CROSS_REGION_CHECK",))
    reply = await view.ask(matter, REAL_ESTATE, purpose="CROSS_REGION_CHECK")
    facts = [one["person"]["realEstate"] for one in reply.body["data"]["case"]["household"]["members"]]
    adults = [one for one in facts if one["status"] == "MATCHED"]
    assert adults
    for one in adults:
        lines = {line["field"]: line for line in one["disclosure"]["fields"]}
        assert (lines["areaSqm"]["form"], lines["areaSqm"]["reason"], lines["areaSqm"]["rule"]) == ("BOOLEAN", "PROVIDER_CONSENT", None)
        assert {(row["areaSqm"]["value"], row["areaSqm"]["band"]) for row in one["records"]} == {(None, None)}
        assert {row["areaSqm"]["any"] for row in one["records"]} <= {True, False}


async def test_a_letter_fallen_below_is_not_authorised_above_though_it_still_stands_there(view):
    matter, below = await view.both()
    assert "NOT_AUTHORIZED" not in {status for person in people(await view.ask(matter)).values() for status in statuses(person).values()}
    message = view.lower.platform.revocation(reference=below.reference, letter=f"{below.reference}-O", reason="本人撤回")
    assert (await view.lower.line.send("/revocations", message)).status == 200
    await view.lower.heard()
    after = await view.ask(matter)
    household = after.body["data"]["case"]["household"]
    for one in household["obligors"]:
        assert one["coverage"]["covered"], "the upper hub still holds the letter"
        assert set(statuses(one["person"]).values()) <= {"NOT_AUTHORIZED", "NOT_COVERED"}, "not covered: decided here already"
        assert {line["reason"] for line in one["person"]["vehicle"]["disclosure"]["fields"]} == {"AUTH_REVOKED"}
        assert one["person"]["vehicle"]["records"] is None
    assert "MATCHED" in {status for one in household["members"] for status in statuses(one["person"]).values()}


async def test_who_withdraws_above_while_the_hub_below_answers_is_not_told_of(view):
    matter, _ = await view.both()
    token = await view.upper.token(matter)
    view.lower.government.forget()
    async with view.lower.holding("SW"):
        asking = asyncio.create_task(view.upper.line.ask(token, WHOLE, {"id": matter.id}))
        await view.lower.until_asked("SW")
        await view.upper.withdraw(matter, by="p3")
    told = people(await asking)
    assert set(statuses(told["52"]).values()) == {"NOT_AUTHORIZED"}, "his mother's, of whom the hub below told"
    assert "MATCHED" in set(statuses(told["02"]).values())


async def test_letters_the_hub_below_does_not_have_open_nothing_there(view):
    signer = view.lower.family.members[1].person.index
    matter, _ = await view.both(unsigned_below=[signer])
    reply = await view.ask(matter)
    for person in people(reply).values():
        assert set(statuses(person).values()) <= {"NOT_AUTHORIZED", "NOT_COVERED"}
        assert "AUTH_NOT_FOUND" in {line["reason"] for line in person["vehicle"]["disclosure"]["fields"]}
    assert not any(view.lower.asked().values())


async def test_a_case_the_hub_below_does_not_know_and_one_it_does_not_let_us_see_are_one_answer(view):
    matter = await view.upper.register(view.lower.family)
    unknown = await view.ask(matter)
    reference = f"V-{next(_numbers)}"
    for hub, organisation in ((view.upper, view.upper.offices["hd"].organisation), (view.lower, view.lower.offices["hd"].organisation)):
        message = hub.platform.registration(
            view.lower.family, reference=reference, assistance="DIBAO", purposes=("DIBAO_REVIEW",), organisations=[organisation],
        )
        reply = await hub.line.send("/registrations", message)
        if hub is view.upper:
            letters = tuple({"id": one["id"], "hash": one["hash"]} for one in reply.body["letters"])
            closed = Matter(reply.body["case"], reference, letters, {})
    assert told(unknown) == told(await view.ask(closed))
    assert {status for person in people(unknown).values() for status in statuses(person).values()} <= {"NOT_AUTHORIZED", "NOT_COVERED"}
    assert not any(view.lower.asked().values())


async def test_a_hub_below_that_is_slow_cannot_record_or_is_away_costs_its_groups_and_no_more(view):
    matter, _ = await view.both()
    document = "query T($id: ID!) { case(id: $id) { household { members { person { id tax { status records { month } } } } } } }"

    async def found() -> set[str]:
        members = (await view.ask(matter, document)).body["data"]["case"]["household"]["members"]
        assert all(one["person"]["id"] for one in members)
        return {one["person"]["tax"]["status"] for one in members}

    assert "MATCHED" in await found()
    async with view.lower.log_stopped():
        assert await found() == {"SOURCE_ERROR"}
    async with view.lower.misbehaving("SW", fail=500):
        assert await found() == {"SOURCE_ERROR"}
    source = next(one for one in view.upper.hub.neighbours.below if one.group == "tax" and one.region == TONGNAN)
    kept, source.connector._manifest = source.connector._manifest, _elsewhere(source.connector._manifest)
    try:
        assert await found() == {"SOURCE_ERROR"}
    finally:
        source.connector._manifest = kept
    assert "MATCHED" in await found()


def _elsewhere(known: manifest.Manifest) -> manifest.Manifest:
    return manifest.dataclasses.replace(known, place=f"http://127.0.0.1:{free_port()}")


async def test_a_token_is_taken_once_for_a_matter_and_anew_when_it_is_no_longer_known(view, monkeypatch):
    matter, _ = await view.both()
    source = next(one for one in view.upper.hub.neighbours.below if one.group == "tax" and one.region == TONGNAN)
    assert isinstance(source.connector, HubBelow)
    tokens, taken = source.connector._tokens, []
    honest = tokens._take

    async def counted(errand):
        taken.append(errand)
        return await honest(errand)

    monkeypatch.setattr(tokens, "_take", counted)
    await asyncio.gather(view.ask(matter), view.ask(matter))
    assert len(taken) == 1, "one for all groups of both questions"
    errand = taken[0]
    tokens._held.put(errand, ("a token of long ago", view.upper.clock().replace(year=2099)))
    reply = await view.ask(matter)
    assert len(taken) == 2, "one more for all groups"
    assert "MATCHED" in {status for person in people(reply).values() for status in statuses(person).values()}
