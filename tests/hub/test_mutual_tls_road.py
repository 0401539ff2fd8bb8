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
import structlog
from cryptography import x509
from joserfc import jws
from joserfc.jwk import ECKey

from hub.authorizations.revocation import revoke_client
from hub.canonical import canonical
from hub.enrolment import enrol_client, enrol_officer_issuer
from hub.oauth.assertion import ASSERTION_TYPE
from hub.oauth.grants import TOKEN_EXCHANGE
from hub.oauth.presenting import build_assertion, build_proof, household_facts, token_request
from hub.signatures import claims_unverified
from tests.conftest import FakeClock
from tests.hub.living import TAXES, TONGNAN, Living, Matter, Sent, live, prepare
from tests.hub.oauth.certificates import ClientCertificate

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = itertools.count()
BY_CERTIFICATE, IDP, IDP_KEY = "hd-by-certificate", "https://login.hd.test", ECKey.generate_key("P-256", {"kid": "idp-1"})
NAMED = (x509.DNSName("hd.tongnan.test"),)


@dataclass
class Office:
    """The check office: by the proxy's address (127.0.0.2) it sends what a proxy sends, by any other it is a stranger."""

    living: Living
    matter: Matter
    certificate: ClientCertificate
    proxy: aiohttp.ClientSession
    stranger: aiohttp.ClientSession
    url: str = ""  # of a proxy in front, where there is one
    issuer: ClientCertificate | None = None  # the authority the operator lists

    def shown(self, certificate: ClientCertificate, word: str = "SUCCESS") -> dict[str, str]:
        """What the proxy sends of a client and of what it found of its issuer."""
        return {"Client-Cert": certificate.percent, "Client-Cert-Verified": word}

    async def form(self, path: str, form: dict[str, str], headers, *, by: aiohttp.ClientSession | None = None) -> tuple[int, dict]:
        async with (by or self.proxy).post(f"{self.url or self.living.url}{path}", data=form, headers=headers) as reply:
            return reply.status, await reply.json(content_type=None)

    def exchange(self, client: str = BY_CERTIFICATE, officer: str = "zhang.san", **more: str) -> dict[str, str]:
        """A token request without assertion: the client by its certificate, the officer by their own log-in."""
        now = int(self.living.clock().timestamp())
        claims = {"iss": IDP, "sub": officer, "aud": self.living.url, "iat": now, "exp": now + 300, "auth_time": now - 60, "jti": str(next(_numbers))}
        details = household_facts(purpose="DIBAO_REVIEW", basis=self.matter.basis, case=self.matter.id)
        subject = jws.serialize_compact({"alg": "ES256", "typ": "JWT", "kid": "idp-1"}, canonical(claims), IDP_KEY, algorithms=["ES256"])
        return {
            "grant_type": TOKEN_EXCHANGE, "client_id": client, "subject_token": subject,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "authorization_details": orjson.dumps([details]).decode(),
        } | more

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


async def enrol_by_certificate(living: Living) -> None:
    """A system of the check office's that proves itself by its certificate, and the log-in of that office's officers."""
    organisation, now = living.offices["hd"].organisation, living.clock()
    await enrol_client(
        living.hub.engine, client_id=BY_CERTIFICATE, organisation=organisation, name="核对系统", jwks={"keys": []}, purposes=["DIBAO_REVIEW"], at=now,
        officer_identity="proven", certificate={"tls_client_auth_san_dns": "hd.tongnan.test"},
    )
    await enrol_officer_issuer(
        living.hub.engine, name="idp-hd", organisation=organisation, issuer=IDP, audience=living.url, at=now,
        jwks={"keys": [IDP_KEY.as_dict(private=False)]},
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(postgres, tmp_path_factory) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        directory, clock = tmp_path_factory.mktemp("mtls"), FakeClock()
        issuer = ClientCertificate.authority("区级系统签发", clock())
        (directory / "authorities.pem").write_bytes(issuer.pem)
        prepared = await prepare(
            stack, postgres, directory / "hub", TONGNAN, clock, people=100, require_dpop=True, client_certificate_header="Client-Cert",
            client_certificate_proxies="127.0.0.2", client_certificate_authorities=str(directory / "authorities.pem"),
        )
        living = await live(stack, prepared)
        proxy, stranger = [
            await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(address, 0))))
            for address in ("127.0.0.2", "127.0.0.3")
        ]
        await enrol_by_certificate(living)
        yield Office(living, await living.register(), ClientCertificate("hd", living.clock()), proxy, stranger, issuer=issuer)


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
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt", "tls_client_auth"]
    assert told["dpop_bound_access_tokens_required"] is False


async def test_a_client_proves_itself_by_its_certificate_and_its_officer_by_their_own_log_in(office):
    own = ClientCertificate("核对系统", office.living.clock(), by=office.issuer, names=NAMED)
    status, told = await office.form("/oauth/token", office.exchange(), office.shown(own))
    assert (status, told["token_type"]) == (200, "Bearer"), told
    claims = claims_unverified(told["access_token"])
    assert (claims["client_id"], claims["sub"], claims["cnf"]) == (BY_CERTIFICATE, "zhang.san", {"x5t#S256": own.thumbprint})
    assert (await office.asked(told["access_token"], [("Client-Cert", own.percent)])).status == 200
    token = {"client_id": BY_CERTIFICATE, "token": told["access_token"]}
    assert (await office.form("/oauth/introspect", token, office.shown(own)))[1]["active"] is True
    assert (await office.form("/oauth/introspect", token, office.shown(own, "NONE")))[0] == 401
    assert (await office.form("/oauth/revoke", token, office.shown(own)))[0] == 200
    await office.living.heard()
    await refused(office, told["access_token"], [("Client-Cert", own.percent)])


async def test_whoever_is_not_that_client_by_that_certificate_is_told_one_thing(office):
    at, one = office.living.clock(), {"error": "invalid_client", "error_description": "client authentication failed"}
    own = ClientCertificate("核对系统", at, by=office.issuer, names=NAMED)
    namesake = ClientCertificate("核对系统", at, by=ClientCertificate.authority("区级系统签发", at), names=NAMED)
    other = ClientCertificate("核对系统", at, by=office.issuer, names=(x509.DNSName("jy.tongnan.test"),))
    asserting = office.living.offices["hd"].client
    for headers, form, by in (
        (office.shown(own, "FAILED:unable to verify the first certificate"), {}, None), ({"Client-Cert": own.percent}, {}, None), ({}, {}, None),
        (office.shown(namesake), {}, None), (office.shown(other), {}, None), (office.shown(own), {"client": asserting}, None),
        (office.shown(own), {"client": "nobody"}, None), (office.shown(own), {"client": ""}, None), (office.shown(own), {"client": "a\0"}, None),
        ({"Client-Cert-Verified": "SUCCESS"}, {}, office.stranger),
    ):  # fmt: skip
        assert await office.form("/oauth/token", office.exchange(**form), headers, by=by) == (401, one), (headers, form)
    spoofed = await office.form("/oauth/token", office.exchange(), office.shown(own), by=office.stranger)
    assert spoofed == (400, {"error": "invalid_request", "error_description": "the client certificate is refused"})
    status, told = await office.form("/oauth/token", office.exchange(client_assertion_type=ASSERTION_TYPE, client_assertion="x.y.z"), office.shown(own))
    assert (status, told) == (401, one), "an assertion beside the certificate is not read as none"


async def test_a_certificate_that_names_two_active_clients_proves_neither(office):
    living, by_subject = office.living, "hd-by-subject"
    await enrol_client(
        living.hub.engine, client_id=by_subject, organisation=living.offices["hd"].organisation, name="双名系统", jwks={"keys": []}, purposes=["DIBAO_REVIEW"],
        at=living.clock(), officer_identity="proven", certificate={"tls_client_auth_subject_dn": "CN=双名"},
    )  # fmt: skip
    both = ClientCertificate("双名", living.clock(), by=office.issuer, names=NAMED)
    one = {"error": "invalid_client", "error_description": "client authentication failed"}
    for client in (BY_CERTIFICATE, by_subject):
        with structlog.testing.capture_logs() as logged:
            assert await office.form("/oauth/token", office.exchange(client), office.shown(both)) == (401, one), client
        [line] = [line for line in logged if line["event"] == "refused"]
        assert line["detail"].startswith("CERTIFICATE_OF_TWO_CLIENTS: ")
        assert {BY_CERTIFICATE, by_subject} == set(line["detail"].partition(": ")[2].split(", "))
    for name, names, client in (("核对系统", NAMED, BY_CERTIFICATE), ("双名", (), by_subject)):
        alone = ClientCertificate(name, living.clock(), by=office.issuer, names=names)
        assert (await office.form("/oauth/token", office.exchange(client), office.shown(alone)))[0] == 200, "its own names are its own"
    await revoke_client(living.hub.engine, by_subject, by="test", at=living.clock())
    assert (await office.form("/oauth/token", office.exchange(), office.shown(both)))[0] == 200, "who is disabled is nobody's namesake"


async def test_a_certificate_names_no_officer_and_the_clients_own_word_none_either(office):
    own = ClientCertificate("核对系统", office.living.clock(), by=office.issuer, names=NAMED)
    form = office.exchange(grant_type="client_credentials")
    status, told = await office.form("/oauth/token", form, office.shown(own))
    assert (status, told["error_description"]) == (400, "OFFICER_NOT_PROVEN: this officer is not proven")
    for wrong in ({"officer_identity": "asserted"}, {"jwks": {"keys": [IDP_KEY.as_dict(private=False)]}}):
        told = {"jwks": {"keys": []}, "officer_identity": "proven"} | wrong
        with pytest.raises(ValueError, match="has no keys, and its officers prove themselves"):
            await enrol_client(
                office.living.hub.engine, client_id="x", organisation=office.living.offices["hd"].organisation, name="x", purposes=[],
                at=office.living.clock(), certificate={"tls_client_auth_san_dns": "x"}, **told,
            )  # fmt: skip


async def test_who_is_enrolled_for_a_certificate_brings_no_assertion(office):
    assertion = build_assertion(
        IDP_KEY, client=BY_CERTIFICATE, kid="idp-1", audience=office.living.url, jti=f"mtls-{next(_numbers):08d}", now=office.living.clock(),
        officer={"id": "zhang.san"},
    )
    status, told = await office.form("/oauth/token", token_request(assertion, household_facts(purpose="DIBAO_REVIEW", basis=office.matter.basis)), {})
    assert (status, told["error"]) == (401, "invalid_client")
