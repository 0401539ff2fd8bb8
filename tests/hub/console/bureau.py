"""A county bureau's two officers, five approvals of one case, and the privacy officer who looks at them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
from joserfc.jwk import OKPKey

from hub.cli.demo.enrolling import OFFICER
from hub.cli.demo.offices import Office
from hub.enrolment import enrol_client, enrol_organisation
from tests.conftest import administer
from tests.hub.living import TONGNAN, WHOLE, Living, Matter, people

ASKER, DECIDER = "MZ-0401", "MZ-0402"
REASON = "核实反映的车辆情况"
BUREAU = Office(
    client="500152-mz-40", organisation="500152-MZ-40", title="民政局社会救助科", department="MZ", role="DISTRICT_OFFICER", officer=ASKER,
    purposes=("COMPLAINT_CHECK",), key=OKPKey.generate_key("Ed25519"),
)


@dataclass(slots=True)
class Bureau:
    """A county bureau's officers in one case, and the privacy officer's browser."""

    living: Living
    matter: Matter
    browser: aiohttp.ClientSession
    second: Office
    made: dict[str, str] = field(default_factory=dict)

    async def token(self, officer: str) -> str:
        asking = replace(self.second if officer == DECIDER else BUREAU, officer=officer)
        return await self.living.line.token(asking, purpose="COMPLAINT_CHECK", basis=self.matter.basis, case=self.matter.id)

    async def send(self, officer: str, path: str, body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {await self.token(officer)}"}
        async with self.living.line.session.post(f"{self.living.url}/approvals{path}", json=body, headers=headers) as reply:
            assert reply.status in {200, 201}, await reply.text()
            return dict((await reply.json())["data"])

    async def read(self, officer: str = ASKER) -> dict[str, dict[str, Any]]:
        answer = await self.living.line.ask(await self.token(officer), WHOLE, {"id": self.matter.id})
        assert answer.status == 200, answer.raw
        return people(answer)

    async def page(self) -> str:
        async with self.browser.get(f"{self.living.url}/console/approvals") as told:
            assert (told.status, told.headers["cache-control"]) == (200, "no-store")
            assert "default-src 'none'" in told.headers["content-security-policy"]
            return await told.text()

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        key = re.search(r'name="key" value="([^"]+)"', await self.page())
        assert key
        sent = self.browser.post(f"{self.living.url}{path}", data={"key": key[1], **form}, headers={"Origin": self.living.url})
        async with sent as reply:
            return reply.status, await reply.text()

    async def rows(self, **form: str) -> dict[str, str]:
        """The approvals of a filter, each row by the approval's id; this case's alone."""
        status, text = await self.post("/console/approvals", case=self.matter.id, **form)
        assert status == 200
        return rows_of(text)


def rows_of(text: str) -> dict[str, str]:
    return {row[:30]: row.partition("</tr>")[0] for row in text.split('<tr id="')[1:]}


@asynccontextmanager
async def asked_and_decided(living: Living) -> AsyncIterator[Bureau]:
    """Five approvals of one case: granted and read under, waiting, refused, lapsed, taken back."""
    engine, at = living.hub.engine, living.clock()
    await enrol_organisation(engine, code=BUREAU.organisation, name=BUREAU.title, department="MZ", region=TONGNAN, role=BUREAU.role, at=at)
    await enrol_client(
        engine, client_id=BUREAU.client, organisation=BUREAU.organisation, name="x", jwks=BUREAU.jwks(), purposes=BUREAU.purposes, at=at,
    )
    living.offices["bureau-40"] = BUREAU
    matter = await living.register(purposes=("COMPLAINT_CHECK",), organisations=["bureau-40"], assistance="DIBAO")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        form = {"name": OFFICER, "password": "a long enough password"}
        await session.post(f"{living.url}/console/login", data=form, headers={"Origin": living.url})
        made = Bureau(living, matter, session, await living.second_system(BUREAU))
        head = (await made.read())[living.family.members[0].relation]["id"]
        body = {
            "kind": "COMPLAINT_CHECK", "groups": ["vehicle"], "people": [head], "reason": REASON,
            "validUntil": (living.clock() + timedelta(days=3)).isoformat(),
        }
        for name in ("STANDING", "WAITING", "REFUSED", "LAPSED", "WITHDRAWN"):
            made.made[name] = (await made.send(ASKER, "", body))["id"]
        for name in ("STANDING", "REFUSED", "WITHDRAWN"):
            await made.send(DECIDER, f"/{made.made[name]}/decision", {"approve": name != "REFUSED"})
        await made.send(DECIDER, f"/{made.made['WITHDRAWN']}/withdrawal", None)
        past = (at - timedelta(seconds=1)).isoformat()
        await administer(living.database_url, f"UPDATE approval SET valid_until = '{past}' WHERE id = '{made.made['LAPSED']}'")
        await living.hub.desk.watch._read(living.hub.records.fetch)
        await made.read()
        yield made
    del living.offices["bureau-40"]
