"""How much the authorization server does at once, for anybody, and in a minute for each client."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from hub.oauth import posting as over_http
from hub.oauth.presenting import authenticated, household_facts, token_request
from hub.oauth.routes import Admission, routes
from hub.operations.quotas import ClientQuota, InFlight
from tests.hub.authorizations.family import HUB
from tests.waiting import until

AUDIT = household_facts(purpose="PRIVACY_AUDIT", basis={"kind": "audit"})
FORM = {"content-type": "application/x-www-form-urlencoded"}
ENDPOINTS = ("/oauth/token", "/oauth/introspect", "/oauth/revoke")


@pytest.fixture
async def counted(world):
    """A client of a server with two places and two requests a minute for each client; what was noted; the places."""
    noted: list[str] = []
    places = InFlight(2)
    quota = ClientQuota(rate_per_minute=2, concurrency=1, seconds=asyncio.get_running_loop().time)
    app = Starlette(routes=routes(world.desk.authorization, noted.append, Admission(places, quota)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HUB) as http:
        yield http, noted, places


async def never() -> bytes:
    await asyncio.sleep(60)
    yield b""


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_past_the_places_nothing_of_a_request_is_read(counted, path):
    http, noted, places = counted
    slow = [asyncio.create_task(http.post(path, content=never(), headers=FORM)) for _ in range(2)]
    await until(lambda: places.now == 2)
    shed = await http.post(path, content=b"x" * 100_000)
    assert (shed.status_code, shed.json()["error"], shed.headers["retry-after"]) == (503, "temporarily_unavailable", "1")
    assert noted == ["OAUTH_OVERLOADED"]
    for one in slow:
        one.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert places.now == 0
    assert (await http.post(path, data={"token": "x"})).status_code == 401


async def test_a_form_that_does_not_arrive_gives_its_place_back(counted, monkeypatch):
    http, _, places = counted
    monkeypatch.setattr(over_http, "FORM_SECONDS", 0.05)
    late = await http.post("/oauth/token", content=never(), headers=FORM)
    assert (late.status_code, late.json()["error"], places.now) == (408, "invalid_request", 0)


async def test_a_client_that_proved_itself_is_held_to_its_quota_at_every_endpoint(world, counted):
    http, noted, _ = counted
    first = await http.post("/oauth/token", data=token_request(world.assertion("officer"), AUDIT))
    assert first.status_code == 200, first.text
    token = first.json()["access_token"]
    seen = await http.post("/oauth/introspect", data=authenticated(world.assertion("officer"), token=token))
    assert seen.json()["active"] is True
    for path in ENDPOINTS:
        form = token_request(world.assertion("officer"), AUDIT) | {"token": token}
        refused = await http.post(path, data=form)
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["cache-control"] == "no-store"
    assert noted == ["OAUTH_RATE"] * 3
    again = await world.http.post("/oauth/introspect", data=authenticated(world.assertion("officer"), token=token))
    assert again.json()["active"] is True, "what was refused for its rate revoked nothing"
    assert (await http.post("/oauth/introspect", data=authenticated(world.assertion("hd"), token=token))).status_code == 200


async def test_whoever_only_names_a_client_uses_up_none_of_its_quota(world, counted):
    http, _, _ = counted
    for _ in range(4):
        forged = world.assertion("officer")[:-4] + "AAAA"
        assert (await http.post("/oauth/token", data=token_request(forged, AUDIT))).status_code == 401
    assert (await http.post("/oauth/token", data=token_request(world.assertion("officer"), AUDIT))).status_code == 200
