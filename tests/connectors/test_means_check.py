"""Both means-check systems over real HTTP, each by its own contract: submitted once, followed, the sealed report read."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from connectors.interface import DepartmentBroke, DepartmentTimeout, DepartmentUnavailable
from connectors.means_check import Checked, MeansCheckSystem, Order
from connectors.sandbox.check_system import CheckSystem
from connectors.sandbox.check_systems import CHONGQING, SICHUAN
from tests.connectors.platforms import manifest

BOTH = pytest.mark.parametrize("dialect", [CHONGQING, SICHUAN], ids=lambda dialect: dialect.platform)


@pytest.fixture
async def server(population, clock, dialect):
    made = CheckSystem(population, dialect, clock=clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def system(server, dialect, clock, random):
    made = MeansCheckSystem(manifest(dialect.platform, server.settings), clock=clock, random=random)
    yield made
    await made.close()


@pytest.fixture
def order(population) -> Order:
    family = population.demo_family()
    people = tuple(Checked(one.person.id_number, one.person.name, one.relation, one.role) for one in family.everyone())
    return Order(
        reference="mc_1", organisation="500152-MZ-HD", purpose="DIBAO_REVIEW", assistance="DIBAO", income_from="2025-11", income_to="2026-10",
        people=people, letters=(("T-1-H", "ab" * 32),), intent="log_1",
    )


@BOTH
async def test_a_check_is_submitted_worked_on_and_reported_person_by_person(system, order, clock, population, dialect):
    ticket = await system.submit(order)
    assert ticket.startswith(dialect.prefix)
    assert await system.state(ticket, intent="log_2") == "PENDING"
    clock.advance(120)
    assert await system.state(ticket, intent="log_3") == "COMPLETE"
    report = await system.report(ticket, reference="mc_1", people=len(order.people), intent="log_4")
    head = population.demo_family().head
    told = {(line["person"], line["item"]): line["status"] for line in report["lines"]}
    assert len(told) == len(order.people) * len(dialect.items)
    assert told[1, "vehicle"] == ("MATCHED" if population.records("vehicle", head) else "NO_RECORD")
    assert {"MATCHED", "NO_RECORD"} == set(told.values())
    assert report["reportNo"].endswith(ticket)
    assert report["validUntil"] > report["issuedAt"][:10]
    assert "不作为" in report["conclusion"]


@BOTH
async def test_the_same_reference_is_the_same_check(system, order, server):
    assert await system.submit(order) == await system.submit(order)
    assert len(server.checks) == 1


@BOTH
async def test_what_is_submitted_is_the_household_and_its_letters_and_nothing_else(system, order, server, dialect):
    await system.submit(order)
    [asked] = server.journal.entries
    assert set(asked["columns"]) == dialect.required
    assert set(next(iter(server.checks.values())).people[0]) == {
        *(manifest(dialect.platform, server.settings).parts["submit"][word] for word in ("place", "number", "name", "relation", "role")),
    }


@BOTH
async def test_a_report_without_its_seal_or_of_another_check_is_none(system, order, server, clock):
    ticket = await system.submit(order)
    clock.advance(120)
    for lie, fault in (("types", "without its seal"), ("extra_people", "another check's report")):
        await server.control({"lie": lie})
        with pytest.raises(DepartmentBroke, match=fault):
            await system.report(ticket, reference="mc_1", people=6, intent="log_1")
    await server.control({})
    with pytest.raises(DepartmentBroke, match="nobody asked about"):
        await system.report(ticket, reference="mc_1", people=1, intent="log_1")


@BOTH
async def test_what_breaks_is_a_departments_error_and_tells_nothing(system, order, server):
    for settings, error in (
        ({"fail": 503}, DepartmentUnavailable), ({"fail": "drop"}, DepartmentUnavailable), ({"lie": "html"}, DepartmentBroke),
        ({"lie": "nothing"}, DepartmentBroke), ({"slow": 30}, DepartmentTimeout),
    ):
        await server.control(settings)
        system._door.manifest = dataclasses.replace(system._door.manifest, deadline=0.3)
        with pytest.raises(error) as caught:
            await system.submit(order)
        assert order.people[0].id_number not in str(caught.value)
    await server.control({})
    with pytest.raises(DepartmentUnavailable):
        await system.state("no such ticket", intent="log_1")
    with pytest.raises(DepartmentUnavailable):
        await system.submit(dataclasses.replace(order, letters=()))


@BOTH
async def test_who_does_not_prove_to_be_the_hub_is_refused(server, order, dialect, clock, random):
    settings = dict(server.settings)
    secret = "private_key" if "private_key" in settings else "secret"
    stranger = MeansCheckSystem(manifest(dialect.platform, settings | {secret: "A" * 43}), clock=clock, random=random)
    with pytest.raises(DepartmentUnavailable):
        await stranger.submit(order)
    await stranger.close()
    assert not server.checks


@BOTH
async def test_what_passes_between_hub_and_system_is_what_the_contract_file_says(system, order, server, dialect, clock):
    """Each body seen at the system's door, and each answer it gave, against docs/contracts/<id>.yaml."""
    contract = yaml.safe_load(Path(f"docs/contracts/{dialect.platform}.yaml").read_text())
    seen: list[tuple[str, dict, dict]] = []
    answer = server.answer

    async def watched(request, body, mood):
        told = await answer(request, body, mood)
        seen.append((request.path, json.loads(body), json.loads(told.body)))
        return told

    server.answer = watched
    ticket = await system.submit(order)
    clock.advance(120)
    await system.state(ticket, intent="log_2")
    await system.report(ticket, reference="mc_1", people=6, intent="log_3")
    assert [path for path, _, _ in seen] == list(contract["paths"])
    for path, asked, told in seen:
        post = contract["paths"][path]["post"]
        fits(contract, post["requestBody"]["content"]["application/json"]["schema"], asked)
        fits(contract, post["responses"]["200"]["content"]["application/json"]["schema"], told)
    words = manifest(dialect.platform, server.settings).parts["report"]
    document = functools.reduce(dict.__getitem__, words["document"].split("."), seen[-1][2])
    fits(contract, contract["components"]["schemas"]["Document"], json.loads(base64.urlsafe_b64decode(document + "==")))


def fits(contract: dict, schema: dict, value: object) -> None:
    jsonschema.Draft202012Validator({**schema, "components": contract["components"]}).validate(value)
