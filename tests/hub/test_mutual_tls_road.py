"""Tokens bound to a client certificate, over real sockets: the header counts from the proxy's address alone, and the certificate every time."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import orjson
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from hub.oauth.presenting import build_assertion, build_proof, household_facts, token_request
from hub.signatures import claims_unverified
from tests.conftest import FakeClock
from tests.hub.living import TAXES, TONGNAN, Living, Matter, Sent, live, prepare
from tests.hub.oauth.certificates import ClientCertificate

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = itertools.count()


@dataclass
class Office:
    """The check office: by the proxy's address (127.0.0.2) it sends what a proxy sends, by any other it is a stranger."""

    living: Living
    matter: Matter
    certificate: ClientCertificate
    proxy: aiohttp.ClientSession
    stranger: aiohttp.ClientSession
    url: str = ""  # of a proxy in front, where there is one

    @property
    def headers(self) -> dict[str, str]:
        return {"Client-Cert": self.certificate.percent}

    async def took(self, headers, *, by: aiohttp.ClientSession | None = None) -> tuple[int, dict]:
        office = self.living.offices["hd"]
        assertion = build_assertion(
            office.key, client=office.client, kid=f"{office.client}-1", audience=self.living.url, jti=f"mtls-{next(_numbers):08d}",
            now=self.living.clock(), officer={"id": office.officer},
        )
        form = token_request(assertion, household_facts(purpose="DIBAO_REVIEW", basis=self.matter.basis, case=self.matter.id))
        async with (by or self.proxy).post(f"{self.url or self.living.url}/oauth/token", data=form, headers=headers) as reply:
            return reply.status, await reply.json()

    async def asked(self, token: str, headers=(), *, scheme: str = "Bearer", by: aiohttp.ClientSession | None = None) -> Sent:
        told = [("Authorization", f"{scheme} {token}"), ("Content-Type", "application/json"), *headers]
        body = orjson.dumps({"query": TAXES, "variables": {"id": self.matter.id}})
        async with (by or self.proxy).post(f"{self.url or self.living.url}/graphql", data=body, headers=told) as reply:
            return Sent(reply.status, await reply.read(), reply.headers)

    def proof(self, key, path: str, **more) -> str:
        told = {"method": "POST", "url": self.living.url + path, "jti": f"mtls-{next(_numbers):08d}", "now": self.living.clock()}
        return build_proof(key, **told, **more)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(postgres, tmp_path_factory) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        prepared = await prepare(
            stack, postgres, tmp_path_factory.mktemp("mtls"), TONGNAN, FakeClock(), people=100, require_dpop=True,
            client_certificate_header="Client-Cert", client_certificate_proxies="127.0.0.2",
        )
        living = await live(stack, prepared)
        proxy, stranger = [
            await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(address, 0))))
            for address in ("127.0.0.2", "127.0.0.3")
        ]
        yield Office(living, await living.register(), ClientCertificate("hd", living.clock()), proxy, stranger)


async def refused(office: Office, token: str, headers=(), **more) -> None:
    office.living.government.forget()
    reply = await office.asked(token, headers, **more)
    assert (reply.status, reply.code) == (401, "TOKEN_INVALID")
    assert not any(office.living.asked().values())


async def test_a_certificates_token_asks_with_that_certificate_and_with_nothing_else(office):
    status, told = await office.took(office.headers)
    assert (status, told["token_type"]) == (200, "Bearer")
    token = told["access_token"]
    assert claims_unverified(token)["cnf"] == {"x5t#S256": office.certificate.thumbprint}
    own, other = office.certificate, ClientCertificate("other", office.living.clock())
    assert (await office.asked(token, [("Client-Cert", own.percent)])).status == 200
    assert (await office.asked(token, [("Client-Cert", own.sequence)])).status == 200, "the same certificate, spelt as RFC 9440 has it"
    await refused(office, token)  # as a bearer token
    await refused(office, token, [("Client-Cert", other.percent)])
    await refused(office, token, [("Client-Cert", own.percent), ("Client-Cert", own.percent)])
    await refused(office, token, [("Client-Cert", own.percent[:-40])])
    await refused(office, token, [("Client-Cert", "A" * 17_000)])
    await refused(office, token, [("Client-Cert", own.percent)], scheme="DPoP")
    key = ECKey.generate_key("P-256")
    await refused(office, token, [("DPoP", office.proof(key, "/graphql", token=token))], scheme="DPoP")


async def test_a_spoofed_header_is_worth_nothing_to_who_is_not_the_proxy(office):
    _, told = await office.took(office.headers)
    own = [("Client-Cert", office.certificate.percent)]
    assert (await office.asked(told["access_token"], own)).status == 200
    for stranger in (office.stranger, office.living.line.session):
        await refused(office, told["access_token"], own, by=stranger)
        await refused(office, told["access_token"], by=stranger)
        status, error = await office.took(office.headers, by=stranger)
        assert (status, error) == (400, {"error": "invalid_request", "error_description": "the client certificate is refused"})


async def test_a_token_is_bound_to_all_that_was_shown(office):
    key = ECKey.generate_key("P-256")
    status, told = await office.took(office.headers | {"DPoP": office.proof(key, "/oauth/token")})
    assert (status, told["token_type"]) == (200, "DPoP")
    token, own = told["access_token"], ("Client-Cert", office.certificate.percent)
    assert set(claims_unverified(token)["cnf"]) == {"jkt", "x5t#S256"}

    def proof() -> tuple[str, str]:
        return "DPoP", office.proof(key, "/graphql", token=token)

    assert (await office.asked(token, [own, proof()], scheme="DPoP")).status == 200
    await refused(office, token, [proof()], scheme="DPoP")
    await refused(office, token, [own], scheme="DPoP")
    await refused(office, token, [own])


async def test_who_shows_neither_gets_no_token(office):
    status, told = await office.took({})
    assert (status, told["error"]) == (400, "invalid_dpop_proof")
    for wrong in ([("Client-Cert", office.certificate.percent)] * 2, [("Client-Cert", "x")]):
        status, told = await office.took(wrong)
        assert (status, told["error_description"]) == (400, "the client certificate is refused")


async def test_the_metadata_says_that_certificates_bind(office):
    async with office.living.line.session.get(f"{office.living.url}/.well-known/oauth-authorization-server") as reply:
        told = await reply.json()
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert told["dpop_bound_access_tokens_required"] is False
