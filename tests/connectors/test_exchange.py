"""A department reached through the exchange platform: the same answers, its own proof carried whole, the platform's faults told apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.interface import DepartmentBroke, DepartmentUnavailable
from connectors.manifest import parse
from connectors.registry import flattened, open_connectors
from connectors.sandbox.departments.human_resources import HUMAN_RESOURCES
from connectors.sandbox.departments.tax_bureau import TAX_BUREAU
from connectors.sandbox.exchange_platform import ExchangePlatform
from connectors.sandbox.rest_department import RestDepartment
from connectors.sandbox.soap_department import SoapDepartment
from connectors.section import ManifestFault
from tests.connectors.asking import ask, household
from tests.connectors.shipped import SETTINGS

TABLE = """
[exchange]
place = "${QJ_GOV_EXCHANGE_URL}"
resource = "500110/%s/0001"

[exchange.auth]
scheme = "api-key-hmac"
api_key = "${QJ_GOV_EXCHANGE_APP_KEY}"
secret = "${QJ_GOV_EXCHANGE_SECRET}"

[exchange.envelope]
resource = "zydm"
path = "lj"
headers = "bt"
content = "nr"
ok = "code"
ok_value = "200"
status = "zt"
kind = "lx"
answer = "nr"
"""
"""What docs/contracts/qj-gov-exchange.md says to add to a department's manifest."""

CASES = pytest.mark.parametrize(("code", "group", "make"), [
    ("RS", "socialInsurance", lambda population, clock: RestDepartment(population, HUMAN_RESOURCES, clock=clock)),
    ("SW", "tax", lambda population, clock: SoapDepartment(population, TAX_BUREAU, clock=clock)),
])


def through(code: str) -> str:
    return Path(f"connectors/manifests/{code}.toml").read_text("utf-8") + TABLE % code


@asynccontextmanager
async def opened(directory: Path, text: str, settings: dict) -> AsyncIterator:
    path = directory / "department.toml"
    path.write_text(text, encoding="utf-8")
    from_ = await open_connectors([path], {"REGION": "500110", **flattened(settings)}, clock=settings["clock"], random=settings["random"])
    yield from_
    await from_.close()


@pytest.fixture
async def carried(code, make, population, clock, random, tmp_path):
    """(department, platform, connector through the platform, connector to the department itself)."""
    department = make(population, clock)
    await department.start()
    platform = ExchangePlatform(population, {f"500110/{code}/0001": department.url}, clock=clock)
    await platform.start()
    settings = {code: dict(department.settings), "QJ_GOV_EXCHANGE": dict(platform.settings), "clock": clock, "random": random}
    plain = Path(f"connectors/manifests/{code}.toml").read_text("utf-8")
    async with opened(tmp_path, through(code), settings) as by_platform, opened(tmp_path, plain, settings) as direct:
        yield department, platform, by_platform, direct
    await platform.stop()
    await department.stop()


@CASES
async def test_a_department_answers_through_the_platform_what_it_answers_itself(carried, group, population):
    department, platform, by_platform, direct = carried
    question = ask(group, household(population, group))
    told = await by_platform[group].fetch(question)
    assert told == await direct[group].fetch(question)
    assert {one.status for one in told.values()} == {"MATCHED", "NO_RECORD"}
    assert platform.journal.entries
    assert department.journal.entries[0]["subjects"][0]["reference"] == "intent-0000"


@CASES
async def test_the_platforms_own_faults_are_not_the_departments_answers(carried, group, population):
    department, platform, by_platform, _ = carried
    question = ask(group, household(population, group))
    for settings, error in (
        ({"fail": 503}, DepartmentUnavailable), ({"fail": "drop"}, DepartmentUnavailable), ({"lie": "html"}, DepartmentUnavailable),
        ({"lie": "nothing"}, DepartmentBroke),
    ):
        await platform.control({**settings, "times": 2})
        with pytest.raises(error):
            await by_platform[group].fetch(question)
    await platform.control({})
    await department.control({"lie": "html", "times": 1})
    with pytest.raises(DepartmentBroke):
        await by_platform[group].fetch(question)


@CASES
async def test_another_resource_or_a_stranger_is_not_carried(carried, code, group, population, tmp_path, clock, random):
    department, platform, _, _ = carried
    settings = {code: dict(department.settings), "QJ_GOV_EXCHANGE": dict(platform.settings), "clock": clock, "random": random}
    calls = department.journal.calls
    async with opened(tmp_path, through(code).replace(f"500110/{code}/0001", "500110/XX/0001"), settings) as other:
        with pytest.raises(DepartmentUnavailable):
            await other[group].fetch(ask(group, household(population, group)))
    settings["QJ_GOV_EXCHANGE"]["secret"] = "another secret"
    async with opened(tmp_path, through(code), settings) as stranger:
        with pytest.raises(DepartmentUnavailable):
            await stranger[group].fetch(ask(group, household(population, group)))
    assert department.journal.calls == calls


@pytest.mark.parametrize(("code", "old", "new", "fault"), [
    ("RS", 'resource = "500110/RS/0001"', "", "exchange.resource: missing"),
    ("RS", 'resource = "500110/RS/0001"', 'resource = "500110 RS"', "not a resource code"),
    ("RS", 'secret = "${QJ_GOV_EXCHANGE_SECRET}"', 'secret = "hunter2"', "never plain text"),
    ("RS", 'lx"\n', 'lx"\ncolour = "red"\n', "exchange.envelope.colour: unknown key"),
    ("GZ", "", "", "not reached over HTTP"),
])
def test_a_fault_of_the_exchange_table_is_refused_by_name(code, old, new, fault):
    settings = SETTINGS | {"QJ_GOV_EXCHANGE_URL": "http://x", "QJ_GOV_EXCHANGE_APP_KEY": "k", "QJ_GOV_EXCHANGE_SECRET": "s"}
    with pytest.raises(ManifestFault, match=fault):
        parse(f"{code}.toml", through(code).replace(old, new) if old else through(code), settings)
