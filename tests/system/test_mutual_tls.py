"""Mutual TLS ended by a real nginx, configured as docs/operations.md says: whoever speaks through it is who the handshake proved."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from hub.signatures import claims_unverified
from tests.conftest import FakeClock
from tests.hub.living import TONGNAN, free_port, live, prepare
from tests.hub.oauth.certificates import ClientCertificate
from tests.hub.test_mutual_tls_road import NAMED, Office, enrol_by_certificate
from tests.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def documented(directory: Path, port: int, hub: str) -> str:
    """The server block of the document, its names replaced by this test's, inside the least nginx needs."""
    server = re.search(r"```nginx\n(.*?)```", DOCUMENT, re.DOTALL)
    assert server
    told = server[1]
    for written, here in (
        ("443 ssl", f"127.0.0.1:{port} ssl"), ("/etc/ssl/hub.pem", str(directory / "server.pem")), ("/etc/ssl/hub.key", str(directory / "server.key")),
        ("http://127.0.0.1:8152", hub), ("hub.example", "localhost"), ("/etc/ssl/hub-clients.pem", str(directory / "authorities.pem")),
    ):  # fmt: skip
        assert written in told, written
        told = told.replace(written, here)
    own = "".join(f"{name}_temp_path {directory}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"user root;\ndaemon off;\npid {directory}/pid;\nerror_log {directory}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{own}{told}\n}}\n"


@asynccontextmanager
async def nginx(directory: Path, hub: str) -> AsyncIterator[int]:
    """nginx before the hub; the port it speaks TLS on."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    configuration = directory / "nginx.conf"
    configuration.write_text(documented(directory, port, hub))

    async def serves() -> int | None:
        assert process.returncode is None, await process.stderr.read()
        try:
            async with aiohttp.ClientSession() as session, session.get(f"https://127.0.0.1:{port}/healthz", ssl=False) as reply:
                return reply.status
        except aiohttp.ClientConnectionError:
            return None

    process = await asyncio.create_subprocess_exec(program, "-p", str(directory), "-c", str(configuration), stderr=subprocess.PIPE)
    try:
        assert await until(serves) == 200
        yield port
    finally:
        process.terminate()
        await process.wait()


def speaking(server: Path, certificate: tuple[Path, Path] | None) -> aiohttp.ClientSession:
    """A client that knows the server's certificate, and shows its own or none."""
    context = ssl.create_default_context(cafile=server)
    if certificate is not None:
        context.load_cert_chain(*certificate)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind(postgres, tmp_path_factory) -> AsyncIterator[Office]:
    """`proxy` speaks through nginx with the office's certificate, `stranger` with none."""
    async with AsyncExitStack() as stack:
        directory, now = tmp_path_factory.mktemp("nginx"), datetime.now(UTC)  # OpenSSL asks the machine
        issuer = ClientCertificate.authority("区级系统签发", now)
        (directory / "authorities.pem").write_bytes(issuer.pem)
        prepared = await prepare(
            stack, postgres, directory / "hub", TONGNAN, FakeClock(now), people=100, require_dpop=True, client_certificate_header="Client-Cert",
            client_certificate_authorities=str(directory / "authorities.pem"),
        )
        living = await live(stack, prepared)
        await enrol_by_certificate(living)
        server, own = ClientCertificate("localhost", now), ClientCertificate("hd", now)
        server_file, _ = server.written(directory, "server")
        port = await stack.enter_async_context(nginx(directory, living.url))
        sessions = [
            await stack.enter_async_context(speaking(server_file, shown)) for shown in (own.written(directory, "own"), None)
        ]
        yield Office(living, await living.register(), own, *sessions, url=f"https://localhost:{port}", issuer=issuer)


async def test_the_handshakes_certificate_is_what_a_token_is_bound_to(behind):
    status, told = await behind.took({})
    assert (status, told["token_type"]) == (200, "Bearer")
    assert claims_unverified(told["access_token"])["cnf"] == {"x5t#S256": behind.certificate.thumbprint}
    assert (await behind.asked(told["access_token"])).status == 200


async def test_a_stolen_token_is_worth_nothing_whatever_header_the_thief_sends(behind, tmp_path):
    token = (await behind.took({}))[1]["access_token"]
    spoofed = behind.certificate.percent
    other = ClientCertificate("thief", datetime.now(UTC)).written(tmp_path, "thief")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=_showing(other))) as thief:
        for by in (behind.stranger, thief):
            for headers in (
                [], [("Client-Cert", spoofed)], [("client-cert", behind.certificate.sequence)], [("Client-Cert", spoofed), ("Client-Cert", spoofed)],
                [("Client_Cert", spoofed)], [("CLIENT-CERT", spoofed), ("X-Client-Cert", spoofed)],
            ):  # fmt: skip
                reply = await behind.asked(token, headers, by=by)
                assert (reply.status, reply.code) == (401, "TOKEN_INVALID"), headers
    assert (await behind.took({"Client-Cert": spoofed}, by=behind.stranger))[1]["error"] == "invalid_dpop_proof"


async def test_past_the_proxy_the_header_is_refused(behind):
    """Straight to the hub's port, from an address that is not the proxy's."""
    token = (await behind.took({}))[1]["access_token"]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.3", 0))) as around:
        url, behind.url = behind.url, ""
        try:
            reply = await behind.asked(token, [("Client-Cert", behind.certificate.percent)], by=around)
        finally:
            behind.url = url
    assert (reply.status, reply.code) == (401, "TOKEN_INVALID")


async def test_a_client_proves_itself_by_the_handshake_and_nobody_of_another_authority_does(behind, tmp_path):
    now = datetime.now(UTC)
    own = ClientCertificate("核对系统", now, by=behind.issuer, names=NAMED)
    other = ClientCertificate("核对系统", now, by=ClientCertificate.authority("别处签发", now), names=NAMED)
    for certificate, name, wanted in ((own, "own", 200), (other, "other", 401), (ClientCertificate("核对系统", now, names=NAMED), "self", 401)):
        context = _showing(certificate.written(tmp_path, name))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            for spoofed in ({}, behind.shown(own)):  # what a client sends under these names ends at the proxy
                status, told = await behind.form("/oauth/token", behind.exchange(), spoofed, by=session)
                assert status == wanted, told
            if wanted == 200:
                assert (await behind.asked(told["access_token"], by=session)).status == 200
    assert (await behind.form("/oauth/token", behind.exchange(), behind.shown(own), by=behind.stranger))[0] == 401


def _showing(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(*certificate)
    return context
