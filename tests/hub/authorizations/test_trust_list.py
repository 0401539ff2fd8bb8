"""Signers' certificates: who signed is the service's word, where the operator trusts one; nothing of what a platform says replaces it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from joserfc.jwk import OKPKey

from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import verify
from hub.authorizations.store import Registrar
from hub.authorizations.trust_list import TrustList, TrustListUnreadable
from hub.enrolment import enrol_platform
from hub.people.vault import Vault
from hub.signatures import key_set
from tests.hub.authorizations.authorities import Authority, SigningService, named
from tests.hub.authorizations.family import (
    CONDITIONS,
    COUNTER,
    HUB,
    PLATFORM,
    family,
    letter,
    platform_jwks,
    registration,
    signs,
)


@pytest.fixture
def service(tmp_path, clock) -> SigningService:
    return SigningService(tmp_path, clock())


@pytest.fixture
def head() -> dict:
    return next(one for one in family() if one["ref"] == "head")


def signed(clock, service, *certificates, key=None, **more):
    """A registration with one letter, signed by the head with these certificates; the signature as it was taken in."""
    who = signs("head")
    x5c = service.chain(*certificates) if certificates else ()
    who = replace(who, x5c=x5c, key=key or who.key, **more)
    token = registration(clock(), jti="registration-1", letters=[letter("H-1", [who], now=clock())])
    taken = verify(token, key_set(platform_jwks()), platform=PLATFORM, audience=HUB, now=clock(), trust=TrustList.read(service.directory))
    return taken.letters[0].signatures[0]


def own(service, head, *, name=None, number=None, key=None, by=None, **more):
    public = (key or signs("head").key).public_key
    return (by or service.issuing).certify(named(name or head["name"], number if number is not None else head["idNumber"]), public, **more)


def refused(clock, service, *certificates, **more) -> str:
    with pytest.raises(Refused) as caught:
        signed(clock, service, *certificates, **more)
    assert caught.value.flaw is Flaw.SIGNER_CERTIFICATE
    assert not any(one["idNumber"] in str(caught.value) or one["name"] in str(caught.value) for one in family())
    return str(caught.value).rpartition(": ")[2]


@pytest.mark.parametrize("prefix", ["", "IDCCN-"])
def test_a_certificate_of_a_trusted_service_keeps_high_assurance(clock, service, head, prefix):
    assert signed(clock, service, own(service, head, number=prefix + head["idNumber"])).assurance == "HIGH"
    service.trust(required_of=[PLATFORM])
    assert signed(clock, service, own(service, head, number=prefix + head["idNumber"])).assurance == "HIGH"


def test_without_a_certificate_an_electronic_signature_is_substantial_at_most_or_nothing(clock, service, head):
    assert signed(clock, service).assurance == "SUBSTANTIAL"
    phoned = {"method": "PHONE", "at": clock().isoformat(), "passed": True}
    assert signed(clock, service, proof=phoned).assurance == "LOW"
    assert signed(clock, service, own(service, head), proof=phoned).assurance == "LOW", "a certificate does not say who held the key that day"
    service.trust(required_of=["another-platform"])
    assert signed(clock, service).assurance == "SUBSTANTIAL"
    service.trust(required_of=[PLATFORM])
    assert refused(clock, service) == "'head' signed without a certificate"


def test_ink_witnessed_by_a_platform_that_needs_certificates_is_low(clock, service):
    paper = {"method": "HANDWRITTEN", "officers": COUNTER}
    assert signed(clock, service, **paper).assurance == "SUBSTANTIAL"
    service.trust(required_of=[PLATFORM])
    assert signed(clock, service, **paper).assurance == "LOW"


def test_a_platform_that_makes_keys_itself_forges_no_consent(clock, service, head):
    forged = OKPKey.generate_key("Ed25519")
    real = own(service, head)
    assert refused(clock, service, real, key=forged) == "the certificate is of another key"
    mine = own(service, head, name="平台操作员", number="509901199001011234", key=forged)
    assert refused(clock, service, mine, key=forged) == "the certificate is of another name"
    assert refused(clock, service, own(service, head, number="509901199001011234", key=forged), key=forged) == "the certificate is of another number"
    assert refused(clock, service, own(service, head, number="", key=forged), key=forged) == "the certificate is of another number"
    nobody = Authority("示例签发", clock(), by=Authority("示例根", clock()))
    chain = own(service, head, key=forged, by=nobody)
    assert refused(clock, service, chain, key=forged) == "the chain ends at no service trusted on the day of signing"


@pytest.mark.parametrize("kind", ["expired", "not yet", "not for signatures", "an authority"])
def test_a_certificate_that_was_not_good_on_the_day_of_signing_is_none(clock, service, head, kind):
    more = {
        "expired": {"days": (-100, -1)}, "not yet": {"days": (1, 100)}, "not for signatures": {"signs": False}, "an authority": {"ca": True},
    }[kind]
    assert refused(clock, service, own(service, head, **more)) == "the chain ends at no service trusted on the day of signing"


def test_a_service_is_trusted_for_its_years_only_and_another_anchor_not_at_all(clock, service, head):
    certificate = own(service, head)
    service.trust(years=(2027, 2029))
    assert "no service trusted" in refused(clock, service, certificate)
    service.trust(anchor=Authority("示例根", clock()))
    assert "no service trusted" in refused(clock, service, certificate)
    service.trust()
    assert signed(clock, service, certificate).assurance == "HIGH"


def test_what_was_revoked_is_not_believed_and_a_list_that_is_missing_old_or_anothers_refuses(clock, service, head):
    certificate, root = own(service, head), service.anchor.revocations()
    stranger = Authority("x", clock())
    for lists, why in {
        (root, service.issuing.revocations(certificate)): "a certificate was revoked",
        (service.anchor.revocations(service.issuing.certificate), service.issuing.revocations()): "a certificate was revoked",
        (root,): "no current revocation list of an issuer is here",
        (root, service.issuing.revocations(days=(-9, -1))): "no current revocation list of an issuer is here",
        (root, service.issuing.revocations(days=(1, 9))): "no current revocation list of an issuer is here",
        (root, service.issuing.revocations(key=stranger.key)): "a revocation list is not its issuer's",
    }.items():
        service.trust(lists=lists)
        assert refused(clock, service, certificate) == why


def test_what_is_no_certificate_is_refused(clock, service):
    who = replace(signs("head"), x5c=("AAAA",))
    token = registration(clock(), jti="registration-1", letters=[letter("H-1", [who], now=clock())])
    with pytest.raises(Refused, match="a certificate cannot be read"):
        verify(token, key_set(platform_jwks()), platform=PLATFORM, audience=HUB, now=clock(), trust=TrustList.read(service.directory))


@pytest.mark.parametrize("harm", ["missing", "not toml", "no lists", "outside", "no certificate"])
def test_a_list_that_cannot_be_read_refuses_everything_and_says_nothing_of_it(service, harm):
    path = service.directory / "trust.toml"
    text = path.read_text(encoding="utf-8")
    match harm:
        case "missing":
            path.unlink()
        case "not toml":
            path.write_text("[[", encoding="utf-8")
        case "no lists":
            path.write_text(text.replace("revocation_lists = ['0.crl', '1.crl']", "revocation_lists = []"), encoding="utf-8")
        case "outside":
            path.write_text(text.replace("anchor.pem", "../anchor.pem"), encoding="utf-8")
        case "no certificate":
            (service.directory / "anchor.pem").write_text("x", encoding="utf-8")
    with pytest.raises(TrustListUnreadable) as caught:
        TrustList.read(service.directory)
    assert caught.value.status == 503
    assert str(service.directory) not in caught.value.message


async def test_a_running_hub_follows_the_list_from_the_next_registration_on(database_url, engine, pool, keys, random, clock, service, tmp_path):
    registrar = Registrar(engine, Vault(keys, random), random=random, audience=HUB, conditions=CONDITIONS, trust=service.directory)
    await enrol_platform(engine, platform=PLATFORM, name="台", jwks=platform_jwks(), at=clock())
    made = [letter("H-1", [signs("head")], now=clock())]
    await registrar.accept(registration(clock(), jti="registration-1", letters=made), clock())
    assert await pool.fetchval("SELECT assurance FROM signer") == "SUBSTANTIAL"
    service.trust(required_of=[PLATFORM])
    with pytest.raises(Refused) as caught:
        await registrar.accept(registration(clock(), jti="registration-2", letters=made), clock())
    assert caught.value.flaw is Flaw.SIGNER_CERTIFICATE
