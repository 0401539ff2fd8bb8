from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import sys

import aiohttp
import pytest

from connectors.sandbox.controls import BadControl
from tests.connectors import shipped
from tests.connectors.sandbox.conftest import family_numbers


async def test_the_settings_name_every_department_and_only_their_owner_may_read_them(government):
    path = government.directory / "settings.json"
    assert json.loads(path.read_text(encoding="utf-8")) == government.settings
    assert set(government.settings) >= {"region", "plain"} | {name.partition("_")[0] for name in shipped.SETTINGS if name != "REGION"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_every_http_department_can_be_slow_fail_be_cut_and_answer_something_else(government, http):
    for name, path in (("GA", "/api/v1/query/vehicle"), ("SW", "/services/TaxQuery"), ("RS", "/si/v2/payments"), ("MZ", "/graphql")):
        url = government.settings[name]["url"]

        async def tell(settings, url=url):
            async with http.put(f"{url}/_control", json=settings) as answer:
                assert answer.status == 204

        await tell({"fail": 503})
        async with http.post(url + path, data=b"{}") as answer:
            assert answer.status == 503
        await tell({"lie": "html", "times": 1})
        async with http.post(url + path, data=b"{}") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
        await tell({"lie": "nothing", "times": 1})
        async with http.post(url + path, data=b"{}") as answer:
            assert (answer.status, await answer.read()) == (200, b"")
        await tell({"lie": "huge", "times": 1})
        async with http.post(url + path, data=b"{}") as answer:
            assert (answer.status, answer.content_length > 50_000_000) == (200, True)
        await tell({"fail": "drop"})
        with pytest.raises(aiohttp.ClientError):
            await http.post(url + path, data=b"{}")
        await tell({"slow": 5})
        with pytest.raises(TimeoutError):
            await http.post(url + path, data=b"{}", timeout=aiohttp.ClientTimeout(total=0.1))
        await tell({})
        async with http.get(f"{url}/_calls") as answer:
            assert (await answer.json())["calls"] == 6


async def test_a_body_over_the_limit_is_refused_unread(government, http):
    for name, path in (("GA", "/api/v1/query/vehicle"), ("RS", "/si/v2/payments"), ("MZ", "/graphql")):
        async with http.post(government.settings[name]["url"] + path, data=b"x" * 300_000) as answer:
            assert answer.status == 413


@pytest.mark.parametrize("settings", [{"slow": -1}, {"slow": "long"}, {"fail": 200}, {"fail": "burn"}, {"lie": "white"}, {"times": 0}, {"speed": 1}])
async def test_settings_that_are_none_are_refused(government, http, settings):
    async with http.put(f"{government.settings['GA']['url']}/_control", json=settings) as answer:
        assert answer.status == 400
    with pytest.raises(BadControl):
        await government.control("SW", settings)


async def test_departments_without_http_have_their_desk_at_the_plain_face(government, http):
    plain = government.settings["plain"]["url"]
    async with http.put(f"{plain}/CL/_control", json={"lie": "renamed"}) as answer:
        assert answer.status == 204
    assert (government.disabled_federation.directory / "cjr_202611.csv").exists()
    async with http.put(f"{plain}/GZ/_control", json={"lie": "half"}) as answer:
        assert answer.status == 204
    assert government.registry.controls.mood.lie == "half"
    async with http.get(f"{plain}/GZ/_journal") as answer:
        assert await answer.json() == []
    async with http.get(f"{plain}/XX/_journal") as answer:
        assert answer.status == 404


async def test_the_plain_face_tells_the_standards_codes_and_only_the_fields_named(government, http, population):
    numbers = family_numbers(population)
    plain = government.settings["plain"]["url"]
    async with http.post(f"{plain}/plain/disability", json={"idNumbers": numbers[:3], "fields": ["category", "grade", "validTo"]}) as answer:
        assert await answer.json() == {numbers[0]: [], numbers[1]: [], numbers[2]: [{"category": "4", "grade": 2, "validTo": "2031-06-30"}]}
    async with http.post(f"{plain}/plain/realEstate", json={"idNumbers": numbers[:1], "fields": ["areaSqm", "ownershipShare"]}) as answer:
        assert await answer.json() == {numbers[0]: [{"areaSqm": "89.50", "ownershipShare": "0.5"}]}
    async with http.post(f"{plain}/plain/deposits", json={"idNumbers": [], "fields": []}) as answer:
        assert answer.status == 404


async def test_as_a_process_it_says_where_it_is_and_ends_on_a_signal(tmp_path, empty_database_url):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.sandbox", "--region", "511725", "--people", "200", "--dir", str(tmp_path / "s"), "--gz-url", empty_database_url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        ready = json.loads(line)
        assert ready["ready"]
        assert ready["region"] == "511725"
        async with aiohttp.ClientSession() as http, http.get(f"{ready['MZ']['url']}/_calls") as answer:
            assert await answer.json() == {"calls": 0}
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, errors) == (0, b"")
    assert not re.search(rb"\b5[01]99\d{13}[\dX]", line)
