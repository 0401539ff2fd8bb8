"""A system whose key was stolen, what it read of one family, the incident about it, and the privacy officer who looks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import aiohttp
from joserfc.jwk import OKPKey

from hub.actor import PASSWORD, STATED, Actor
from hub.cli.demo.enrolling import OFFICER
from hub.enrolment import enrol_client
from hub.incidents.register import Opening, open_incident
from tests.hub.living import WHOLE, Living, Matter

SYSTEM = "500152-hd-leaked"
CAUSE = "核对系统一把密钥被窃"
BY = Actor("PO-0001", PASSWORD, "hub (uid 998)")


@dataclass(slots=True)
class Leaked:
    """The incident, and the officer's browser."""

    living: Living
    matter: Matter
    incident: str
    browser: aiohttp.ClientSession

    async def page(self) -> tuple[int, str]:
        async with self.browser.get(f"{self.living.url}/console/incidents") as told:
            assert told.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in told.headers["content-security-policy"]
            return told.status, await told.text()

    async def row(self) -> str:
        """The incident's row of the list."""
        status, text = await self.page()
        assert status == 200
        return text.split(f'<tr id="{self.incident}">')[1].partition("</tr>")[0]

    async def report(self, incident: str) -> tuple[int, str]:
        """The page of one incident; its form's key is the list's."""
        key = re.search(r'name="key" value="([^"]+)"', (await self.page())[1])
        assert key
        form = {"key": key[1], "incident": incident}
        async with self.browser.post(f"{self.living.url}/console/incidents/report", data=form, headers={"Origin": self.living.url}) as reply:
            return reply.status, await reply.text()


@asynccontextmanager
async def leaked(living: Living) -> AsyncIterator[Leaked]:
    """One question by the stolen key over a whole family; one incident about it, opened on the operator's word and stopped, 80 hours ago."""
    office = replace(living.offices["hd"], client=SYSTEM, key=OKPKey.generate_key("Ed25519"))
    await enrol_client(
        living.hub.engine, client_id=SYSTEM, organisation=office.organisation, name="核对系统三", jwks=office.jwks(), purposes=office.purposes, at=living.clock(),
    )
    matter = await living.register()
    token = await living.line.token(office, purpose="DIBAO_REVIEW", basis=matter.basis, case=matter.id)
    assert (await living.line.ask(token, WHOLE, {"id": matter.id})).status == 200
    now = living.clock()
    opening = Opening(
        kind="LEAK", since=now - timedelta(days=1), until=now + timedelta(seconds=1), cause=CAUSE, harm="收入、财产情况可能被他人知悉", measures="已报主管部门",
        advice="警惕冒充工作人员的来电", contact="023-0000-0000", clients=(SYSTEM,), public_interest=True,
    )
    made, _ = await open_incident(
        living.hub.engine, opening, by=replace(BY, proof=STATED), stop=True, at=now + timedelta(seconds=2), random=living.hub.random,
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        form = {"name": OFFICER, "password": "a long enough password"}
        await session.post(f"{living.url}/console/login", data=form, headers={"Origin": living.url})
        yield Leaked(living, matter, made, session)
