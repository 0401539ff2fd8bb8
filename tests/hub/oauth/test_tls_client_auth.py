"""Clients that prove themselves by a certificate (RFC 8705 §2.1): whose it is, who issued it, what the proxy said, and what breaks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hub.desk import open_desk
from hub.oauth.certificate import Certificates
from hub.oauth.tls_client_auth import NAMES, SAN_DNS, SAN_URI, SUBJECT_DN, ClientCertificates, NameRefused, expected_name
from hub.settings import Settings, SettingsError
from hub.signatures import BadSignature
from tests.hub.oauth.certificates import ClientCertificate

AT = datetime(2026, 11, 23, tzinfo=UTC)
ISSUER, STRANGER = ClientCertificate.authority("区级系统签发", AT), ClientCertificate.authority("区级系统签发", AT)
URI = x509.UniformResourceIdentifier("urn:hub:client:hd")
OWN = ClientCertificate("核对中心", AT, by=ISSUER, names=(x509.DNSName("HD.tongnan.test"), x509.DNSName("*.wild.test"), URI))
DN = {SUBJECT_DN: "CN=核对中心"}


@pytest.fixture(scope="module")
def authorities(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("authorities") / "authorities.pem"
    file.write_bytes(ISSUER.pem + ClientCertificate.authority("另一家", AT).pem)
    return file


async def proven(authorities, shown=OWN, expected=DN, *, headers=None, client=("127.0.0.1", 1), at=AT, said: bytes | None = b"SUCCESS") -> None:
    told = [(b"client-cert", shown.percent.encode())] + ([(b"client-cert-verified", said)] if said is not None else [])
    reader = ClientCertificates(Certificates("Client-Cert", "127.0.0.1"), authorities)
    await reader.prove(expected, {"headers": told if headers is None else headers, "client": client}, at)


async def refused(authorities, *arguments, **more) -> str:
    with pytest.raises(BadSignature) as caught:
        await proven(authorities, *arguments, **more)
    return str(caught.value).partition(":")[0]


@pytest.mark.parametrize("expected", [
    DN, {SAN_DNS: "hd.tongnan.test"}, {SAN_DNS: "hd.Tongnan.test"}, {SAN_URI: "urn:hub:client:hd"},
], ids=str)  # fmt: skip
async def test_a_certificate_of_a_listed_authority_with_the_clients_name_proves_it(authorities, expected):
    await proven(authorities, expected=expected)


@pytest.mark.parametrize("expected", [
    {SUBJECT_DN: "CN=核对中心,O=示例"}, {SUBJECT_DN: "O=核对中心"}, {SAN_DNS: "tongnan.test"}, {SAN_DNS: "a.wild.test"}, {SAN_DNS: "urn:hub:client:hd"},
    {SAN_URI: "urn:hub:client:HD"}, {SAN_URI: "hd.tongnan.test"}, {"tls_client_auth_san_ip": "127.0.0.1"},
], ids=str)  # fmt: skip
async def test_another_name_of_the_same_authority_is_somebody_else(authorities, expected):
    assert await refused(authorities, expected=expected) == "CERTIFICATE_OF_ANOTHER_NAME"


async def test_a_certificate_without_names_has_a_subject_alone(authorities):
    bare = ClientCertificate("核对中心", AT, by=ISSUER, names=())
    await proven(authorities, bare)
    assert await refused(authorities, bare, {SAN_DNS: "hd.tongnan.test"}) == "CERTIFICATE_OF_ANOTHER_NAME"


@pytest.mark.parametrize("kind", ["self-signed", "of a namesake", "not yet", "expired", "for servers", "for encryption", "an authority", "unknown and critical"])
async def test_whatever_the_proxy_says_the_hub_looks_itself(authorities, kind):
    usage = x509.KeyUsage(False, False, True, False, False, False, False, False, False)
    more = {
        "for servers": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False), "for encryption": (usage, True),
        "an authority": (x509.BasicConstraints(ca=True, path_length=None), True),
        "unknown and critical": (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.156.1.1"), b"\x05\x00"), True),
    }.get(kind)
    by = {"self-signed": None, "of a namesake": STRANGER}.get(kind, ISSUER)
    shown = ClientCertificate("核对中心", AT, by=by, more=(more,) if more else ())
    at = {"not yet": AT - timedelta(days=2), "expired": AT + timedelta(days=31)}.get(kind, AT)
    assert await refused(authorities, shown, at=at) == "CERTIFICATE_NOT_TRUSTED"


async def test_one_for_clients_is_one(authorities):
    await proven(authorities, ClientCertificate("核对中心", AT, by=ISSUER, more=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True),)))


@pytest.mark.parametrize("said", [None, b"", b"NONE", b"FAILED:self-signed certificate", b"success", b"SUCCESS ", b"0"])
async def test_what_the_proxy_does_not_vouch_for_is_not_verified(authorities, said):
    assert await refused(authorities, said=said) == "CERTIFICATE_NOT_VERIFIED"


async def test_the_proxys_word_is_the_proxys_and_said_once(authorities):
    certificate, word = (b"client-cert", OWN.percent.encode()), (b"client-cert-verified", b"SUCCESS")
    assert await refused(authorities, headers=[]) == await refused(authorities, headers=[word]) == "CERTIFICATE_MISSING"
    assert "not the proxy" in await refused(authorities, client=("10.0.0.9", 1))
    for headers in ([certificate, certificate, word], [certificate, word, word], [certificate, (b"client-cert-verified", b"FAILED:x"), word]):
        assert "two client certificates" in await refused(authorities, headers=headers)


async def test_an_authority_struck_off_the_list_counts_at_once_and_an_unreadable_list_proves_nobody(tmp_path):
    file = tmp_path / "authorities.pem"
    file.write_bytes(ISSUER.pem)
    await proven(file)
    file.write_bytes(STRANGER.pem)
    assert await refused(file) == "CERTIFICATE_NOT_TRUSTED"
    for broken in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        file.write_bytes(broken)
        assert await refused(file) == "CERTIFICATE_AUTHORITIES_UNREADABLE"
    file.unlink()
    assert await refused(file) == await refused(None) == "CERTIFICATE_AUTHORITIES_UNREADABLE"


def test_a_client_has_exactly_one_name_and_it_is_one():
    assert expected_name({SUBJECT_DN: "CN=核对中心,C=CN", SAN_DNS: None, SAN_URI: None}) == {SUBJECT_DN: "CN=核对中心,C=CN"}
    for wrong in (
        dict.fromkeys(NAMES), {SAN_DNS: "a", SAN_URI: "b"}, {SAN_DNS: ""}, {SAN_DNS: "*.a.test"}, {SAN_URI: "a\n"}, {SAN_URI: "a" * 401},
        {SUBJECT_DN: "核对中心"}, {SUBJECT_DN: "CN="}, {"tls_client_auth_san_ip": "127.0.0.1"},
    ):
        with pytest.raises(NameRefused):
            expected_name(wrong)


@pytest.mark.parametrize(("header", "content"), [("Client-Cert", None), ("Client-Cert", b"x"), ("", ISSUER.pem)], ids=["missing", "no certificate", "no proxy"])
async def test_a_list_nobody_can_be_judged_by_stops_the_hub(engine, pool, keys, database_url, clock, random, tmp_path, header, content):
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_bytes(content)
    settings = Settings(
        region="500152", issuer="https://hub.test", directory=tmp_path, database_url=database_url, client_certificate_header=header,
        client_certificate_authorities=str(file),
    )  # fmt: skip
    with pytest.raises(SettingsError, match="HUB_CLIENT_CERTIFICATE_AUTHORITIES"):
        await open_desk(settings, engine=engine, pool=pool, keys=keys, vault=None, clock=clock, random=random)
