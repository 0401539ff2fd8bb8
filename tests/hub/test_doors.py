"""The doors as docs/doors.md lists them: each path, each code; and the one shape of what is refused, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import aiohttp
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from connectors.ledger import REFUSALS
from hub.authorizations.reasons import Reason
from hub.doors import routes
from hub.problems import HANDLERS, MEDIA_TYPE, NUMBER
from tests.hub.living import free_port, served

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "doors.md").read_text(encoding="utf-8")
MODULES = {
    "/approvals": "hub/approvals/register.py hub/approvals/second_person.py", "/means-checks": "hub/means_check", "/case-file": "hub/case_file", "/credit-records": "hub/credit",
    "/disposals": "hub/disposal", "/regions/confirmations": "hub/regions/answering.py", "/departments/answers/{department}": "hub/deferred",
    "/operations": "hub/operations/registering.py",
}
"""Where each door's own codes stand."""
OAUTH = {"/oauth/token", "/oauth/introspect", "/oauth/revoke"}


def rows() -> Iterable[tuple[list[str], set[str]]]:
    """Paths and codes of each row of the table of doors."""
    for line in DOCUMENT.partition("## Codes of one door")[2].splitlines():
        if line.startswith("| `/"):
            doors, _, codes = [*line.strip("|").split("|"), ""][:3]
            yield re.findall(r"`([^`]+)`", doors), set(re.findall(r"`([A-Z_]+)`", codes))


def sources(names: str) -> str:
    files = [file for name in names.split() for file in ((ROOT / name).glob("*.py") if (ROOT / name).is_dir() else [ROOT / name])]
    return "".join(file.read_text(encoding="utf-8") for file in files)


async def test_every_door_has_its_row_and_every_row_its_door(living):
    paths = {re.sub(r":\w+}", "}", route.path) for route in routes(living.hub, living.graph) if isinstance(route, Route)}
    served_ = {path for path in paths - OAUTH if not path.startswith(("/console", "/graphiql"))}
    listed = {path for paths_, _ in rows() for path in paths_}
    # What this hub has nobody for: no department answers later, no credit platform.
    assert served_ <= listed
    assert {path for path in listed - served_ if not path.startswith(("/departments", "/credit-records"))} == set()


async def test_every_code_of_a_door_is_listed_and_none_that_is_not_said():
    of_checks = {reason.value for reason in Reason}
    for paths, listed in rows():
        if paths[0] not in MODULES:
            continue
        text = sources(MODULES[paths[0]])
        said = {one for found in re.findall(r'code ?= ?"([A-Z_]+)"|problem\(\w+, \d+, "([A-Z_]+)"|"([A-Z_]+)", status=\d', text) for one in found if one}
        said |= set(REFUSALS) if paths[0].startswith("/departments") else set()
        told = listed - {"INVALID_CLIENT", "INVALID_REQUEST", "DOCUMENT_INVALID", "OPERATIONS"}
        assert told - of_checks == said - of_checks, paths
    common = set(re.findall(r"`([A-Z_]+)`", DOCUMENT.partition("## Codes of every door")[2].partition("## ")[0]))
    known = sources("hub hub/operations/quotas.py hub/authorizations/intake.py")
    assert [code for code in common if f'"{code}"' not in known] == []


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nowhere", 404, "NOT_FOUND"), ("GET", "/approvals/x/y/z", 404, "NOT_FOUND"), ("DELETE", "/registrations", 405, "METHOD_NOT_ALLOWED"),
    ("POST", "/messages", 415, "UNSUPPORTED_MEDIA_TYPE"), ("GET", "/approvals", 401, "TOKEN_INVALID"), ("POST", "/operations", 401, "TOKEN_INVALID"),
    ("GET", "/receipts/x", 401, "TOKEN_INVALID"), ("GET", "/tile/entries/000", 404, "NOT_FOUND"), ("GET", "/schemas/none.json", 404, "NOT_FOUND"),
    ("POST", "/disposals", 400, "INVALID_REQUEST"), ("POST", "/regions/confirmations", 404, "NOT_FOUND"),
])
async def test_whatever_is_refused_has_one_shape(living, method, path, status, code):
    async with living.line.session.request(method, living.url + path) as reply:
        told = orjson.loads(await reply.read())
        assert (reply.status, reply.content_type, reply.headers["cache-control"]) == (status, MEDIA_TYPE, "no-store")
        assert set(told) <= {"type", "title", "status", "code", "detail", "request"}
        assert (told["type"], told["status"], told["code"]) == ("about:blank", status, code)
        assert re.fullmatch(r"[0-9a-f]{12}", told["request"])
        assert (reply.headers.get("www-authenticate") is not None) == (status == 401)


async def test_a_bug_tells_its_number_and_nothing_else():
    async def broken(_request: Request) -> None:
        raise ValueError("509900198005010010 was in there")

    app = Starlette(routes=[Route("/broken", broken)], exception_handlers=HANDLERS)

    async def numbered(scope, receive, send):
        scope[NUMBER] = "6f1d0c9a2b7e"
        await app(scope, receive, send)

    port = free_port()
    async with served(numbered, port), aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/broken") as reply:
        told = orjson.loads(await reply.read())
    assert (reply.status, reply.content_type, told["code"], told["request"]) == (500, MEDIA_TYPE, "INTERNAL", "6f1d0c9a2b7e")
    assert "5099" not in str(told)


async def test_a_platform_past_its_rate_comes_later_and_its_withdrawals_do_not(living, monkeypatch):
    monkeypatch.setattr(living.hub.desk.platforms, "_rate", 2)
    living.hub.desk.platforms._served.clear()
    matter = await living.register()
    await living.register()
    third = living.platform.registration(
        living.family, reference="RATE-1", assistance="DIBAO", purposes=("DIBAO_REVIEW",), organisations=[living.offices["hd"].organisation],
    )
    told = await living.line.send("/registrations", third)
    assert (told.status, told.body["code"]) == (429, "RATE")
    forged = await living.line.send("/registrations", "a.b.c")
    assert (forged.status, forged.body["code"]) == (401, "MESSAGE_UNSIGNED"), "who only names a platform is no platform, and counts for none"
    assert (await living.withdraw(matter))["revoked"]
    living.hub.desk.platforms._served.clear()
    async with living.line.session.get(f"{living.url}/metrics") as reply:
        assert 'hub_refusals_total{code="RATE"}' in await reply.text()
