"""Signers' certificates of SM2: the path to a trusted service, what breaks it, and the system's openssl as maker and judge of the same chains."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import verify
from hub.authorizations.sm2_certificates import IDENTIFY_CODE, identify_code, sm2_key, sm2_list_holds, sm2_path
from hub.authorizations.trust_list import NotTrusted, TrustList
from hub.signatures import BadSignature, key_set
from tests.hub.authorizations.authorities import Authority, SigningService, named
from tests.hub.authorizations.family import HUB, PLATFORM, family, letter, platform_jwks, registration, signs
from tests.hub.authorizations.openssl_service import AUTHORITY, DISTID, NAME, NUMBER, SIGNER, VECTOR, OpenSsl
from tests.hub.authorizations.sm2_authorities import CURVE, P256, Sm2Authority, Sm2Service
from tests.hub.authorizations.sm2_authorities import sm2_key as new_key

HEAD = family()[0]
SUBJECT = named(HEAD["name"], HEAD["idNumber"])
AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def service(tmp_path, clock) -> Sm2Service:
    return Sm2Service(tmp_path, clock())


def signed(clock, service, certificate, key, *, others=None, wife=False):
    """A registration with one letter the head signed with this certificate, as it was taken in."""
    chain = service.chain(certificate) if others is None else [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in (certificate, *others)]
    who = [replace(signs("head"), x5c=tuple(chain), key=key)] + ([signs("wife")] if wife else [])
    token = registration(clock(), jti="registration-1", letters=[letter("H-1", who, now=clock())])
    return verify(
        token, key_set(platform_jwks()), platform=PLATFORM, audience=HUB, now=clock(), trust=TrustList.read(service.directory),
    ).letters[0].signatures[0]  # fmt: skip


def refused(clock, service, certificate, key, **more) -> str:
    with pytest.raises(Refused) as caught:
        signed(clock, service, certificate, key, **more)
    assert caught.value.flaw is Flaw.SIGNER_CERTIFICATE
    return str(caught.value).rpartition(": ")[2]


def code(number: str, tagging: str) -> x509.UnrecognizedExtension:
    """个人身份标识码 as an issuer writes it."""
    whole = asn1.encode_der(asn1.PrintableString(number))
    value = bytes([0xA0, len(whole)]) + whole if tagging == "explicit" else bytes([0x80, len(number)]) + number.encode()
    return x509.UnrecognizedExtension(IDENTIFY_CODE, value)


def test_a_certificate_of_a_trusted_sm2_service_proves_who_signed(clock, service):
    key = new_key()
    service.trust(required_of=[PLATFORM])
    taken = signed(clock, service, service.issuing.certify(SUBJECT, key), key)
    assert (taken.alg, taken.assurance, taken.certified) == ("SM2-SM3", "HIGH", True)
    brought = (service.issuing.certificate, service.anchor.certificate)
    assert signed(clock, service, service.issuing.certify(SUBJECT, key), key, others=brought).certified, "with the anchor brought along"
    assert signed(clock, service, service.anchor.certify(SUBJECT, key), key, others=()).certified, "of the anchor itself"


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize("tagging", ["explicit", "implicit"])
def test_the_number_may_stand_as_identify_code_and_then_counts_alone(clock, service, tagging, critical):
    key = new_key()
    coded = service.issuing.certify(named(HEAD["name"]), key, extra=[(code(HEAD["idNumber"], tagging), critical)])
    assert signed(clock, service, coded, key).assurance == "HIGH"
    other = service.issuing.certify(SUBJECT, key, extra=[(code("509901198005010036", tagging), critical)])
    assert refused(clock, service, other, key) == "the certificate is of another number"


@pytest.mark.parametrize("value", [b"", b"\x81\x02AB", b"\xa0\x02\x02\x00", b"\xa0\x03\x13\x01\xff", b"\x80\x02\xff\xff", b"\xa0\x80\x00\x00"], ids=bytes.hex)
def test_a_code_of_another_document_or_that_cannot_be_read_is_nobodys(clock, service, value):
    found = service.issuing.certify(SUBJECT, new_key(), extra=[(x509.UnrecognizedExtension(IDENTIFY_CODE, value), False)])
    assert identify_code(found) == ""
    assert identify_code(service.issuing.certify(SUBJECT, new_key())) is None


def test_a_platform_that_makes_sm2_keys_itself_forges_no_consent(clock, service):
    key, forged = new_key(), new_key()
    assert refused(clock, service, service.issuing.certify(SUBJECT, key), forged) == "the certificate is of another key"
    assert refused(clock, service, service.issuing.certify(named("平台操作员", HEAD["idNumber"]), key), key) == "the certificate is of another name"
    assert refused(clock, service, service.issuing.certify(named(HEAD["name"]), key), key) == "the certificate is of another number"
    double = Sm2Authority("SM2 示例签发", clock(), by=Sm2Authority("SM2 示例根", clock()))
    untrusted = "the chain ends at no service trusted on the day of signing"
    assert refused(clock, service, double.certify(SUBJECT, key), key) == untrusted
    assert refused(clock, service, double.certify(SUBJECT, key), key, others=(double.certificate, double.by.certificate)) == untrusted


def test_suites_do_not_mix(clock, service, tmp_path):
    """An SM2 key is no other suite's to certify, nor another key SM2's; a service of the one helps nobody of the other."""
    key, other = new_key(), signs("head").key
    assert refused(clock, service, service.issuing.certify(SUBJECT, other.public_key), other) == "the chain ends at no service trusted on the day of signing"
    assert refused(clock, service, service.issuing.certify(SUBJECT, key), other) == "the certificate is of another key"
    (tmp_path / "p256").mkdir()
    elsewhere = SigningService(tmp_path / "p256", clock())
    plain = elsewhere.issuing.certify(SUBJECT, other.public_key)
    assert refused(clock, elsewhere, plain, key) == "the certificate is of another key"
    assert refused(clock, elsewhere, service.issuing.certify(SUBJECT, key), key) == "the chain ends at no service trusted on the day of signing"
    with pytest.raises(BadSignature, match="no SM2 certificate"):
        sm2_path(service.issuing.certify(SUBJECT, key), [], Authority("SM2 示例签发", clock()).certificate, at=clock(), longest=4)
    assert not sm2_list_holds(x509.load_pem_x509_crl(elsewhere.anchor.revocations()), service.anchor.certificate)


@pytest.mark.parametrize(("more", "kind"), [
    ({"days": (-100, -1)}, "expired"), ({"days": (1, 100)}, "not yet"), ({"signs": False}, "of the key pair for encryption"), ({"ca": True}, "an authority"),
    ({"distid": b"ALICE123@YAHOO.COM"}, "signed under another id"),
    ({"extra": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.156.1.1"), b"\x05\x00"), True)]}, "an unknown critical extension"),
    ({"change": lambda told: told.replace("测".encode(), "侧".encode(), 1)}, "signed, and of another name"),
], ids=lambda one: one if isinstance(one, str) else "")  # fmt: skip
def test_a_certificate_that_was_not_good_on_the_day_of_signing_is_none(clock, service, more, kind):
    key = new_key()
    assert refused(clock, service, service.issuing.certify(SUBJECT, key, **more), key) in (
        "the chain ends at no service trusted on the day of signing", "the certificate is of another name",
    )  # fmt: skip


def test_what_was_revoked_and_lists_that_are_missing_old_partial_or_anothers_refuse(clock, service):
    key, root = new_key(), service.anchor.revocations()
    certificate, stranger = service.issuing.certify(SUBJECT, key), new_key()
    for lists, why in {
        (root, service.issuing.revocations(certificate)): "a certificate was revoked",
        (service.anchor.revocations(service.issuing.certificate), service.issuing.revocations()): "a certificate was revoked",
        (root,): "no current revocation list of an issuer is here",
        (root, service.issuing.revocations(days=(-9, -1))): "no current revocation list of an issuer is here",
        (root, service.issuing.revocations(key=stranger)): "a revocation list is not its issuer's",
        (root, Authority("SM2 示例签发", clock()).revocations()): "a revocation list is not its issuer's",
        (root, service.issuing.revocations(part=True)): "a revocation list does not stand for all of its issuer's certificates",
    }.items():
        service.trust(lists=lists)
        assert refused(clock, service, certificate, key) == why


def path(leaf, *others, anchor, at=AT, longest=4):
    return sm2_path(leaf, others, anchor, at=at, longest=longest)


@pytest.fixture(scope="module")
def house() -> dict:
    """A root, two authorities below it, and a leaf."""
    root = Sm2Authority("根", AT)
    upper = Sm2Authority("上", AT, by=root)
    lower = Sm2Authority("下", AT, by=upper)
    return {"root": root, "upper": upper, "lower": lower, "leaf": lower.certify(SUBJECT, new_key())}


def test_a_path_of_two_authorities_holds_and_every_way_to_break_it_is_named(house):
    root, upper, lower, leaf = house["root"], house["upper"], house["lower"], house["leaf"]
    chain = (lower.certificate, upper.certificate)
    assert path(leaf, *chain, anchor=root.certificate) == (leaf, *chain, root.certificate)
    with pytest.raises(BadSignature, match="too long"):
        path(leaf, *chain, anchor=root.certificate, longest=1)
    for wrong in ((upper.certificate, lower.certificate), (upper.certificate,), (lower.certificate,), ()):
        with pytest.raises(BadSignature, match="names another issuer"):
            path(leaf, *wrong, anchor=root.certificate)
    with pytest.raises(BadSignature, match="comes back"):
        path(leaf, lower.certificate, upper.certificate, lower.certificate, anchor=root.certificate)
    with pytest.raises(BadSignature, match="comes back"):
        path(root.certificate, anchor=root.certificate)
    for moment in (AT - timedelta(days=401), AT + timedelta(days=401)):
        with pytest.raises(BadSignature, match="not valid on the day"):
            path(leaf, *chain, anchor=root.certificate, at=moment)


@pytest.mark.parametrize(("how", "why"), [
    ({"path_length": 0}, "further from the leaf"), ({"days": (-100, -1)}, "not valid on the day"), ({"distid": b"1234567812345679"}, "not signed by its issuer"),
    ({"extra": [(x509.NameConstraints([x509.DNSName("x.test")], None), True)]}, "not processed"),
    ({"change": lambda told: told.replace(CURVE, P256)}, "no SM2 key"),
])  # fmt: skip
def test_an_authority_in_between_that_may_not_issue_it_ends_the_path(house, how, why):
    root, key = house["root"], new_key()
    upper = Sm2Authority("上", AT, by=root, **how)
    lower = Sm2Authority("下", AT, by=upper)
    with pytest.raises(BadSignature, match=why):
        path(lower.certify(SUBJECT, key), lower.certificate, upper.certificate, anchor=root.certificate)


def test_who_is_no_authority_issues_nothing(house):
    signer = Sm2Authority("下", AT, by=house["root"])
    signer.certificate = house["root"].certify(named("下"), signer.own)
    with pytest.raises(BadSignature, match="no authority"):
        path(signer.certify(SUBJECT, new_key()), signer.certificate, anchor=house["root"].certificate)


@pytest.mark.parametrize(("old", "new", "why"), [
    ("a003020102", "a003020101", "not even read"), ("06082a811ccf55018375", "06082a8648ce3d040302", "no SM2 certificate"),
    ("0603551d23", "0603551d0e", "cannot be read"), ("0603551d0f", "0603551d13", "cannot be read"),
], ids=["version 2", "another suite inside", "an extension twice", "an extension of another's shape"])  # fmt: skip
def test_a_certificate_of_another_shape_is_no_sm2_certificate(house, old, new, why):
    def change(told: bytes) -> bytes:
        return told.replace(bytes.fromhex(old), bytes.fromhex(new))

    with pytest.raises((BadSignature, x509.InvalidVersion, ValueError), match=why if why != "not even read" else "version"):
        sm2_key(path(house["root"].certify(SUBJECT, new_key(), change=change), anchor=house["root"].certificate)[0])


def trusted(directory, *names: str, at=AT, name=NAME, number=NUMBER) -> None:
    """As the trust list judges what lies in a directory, for whoever holds the first certificate's key."""
    certificates = [x509.load_pem_x509_certificate((directory / f"{one}.pem").read_bytes()) for one in names]
    x5c = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in certificates]
    TrustList.read(directory).verify(x5c, sm2_key(certificates[0]), name=name, id_number=number, signed_at=at, now=at)


def test_the_chain_openssl_made_holds_and_a_bit_of_it_changed_does_not():
    trusted(VECTOR, "signer", "issuing")
    trusted(VECTOR, "signer", "issuing", "root")
    with pytest.raises(NotTrusted, match="ends at no service"):
        trusted(VECTOR, "signer")
    with pytest.raises(NotTrusted, match="another number"):
        trusted(VECTOR, "signer", "issuing", number="509901198005010036")
    root, issuing, leaf = [x509.load_pem_x509_certificate((VECTOR / f"{one}.pem").read_bytes()) for one in ("root", "issuing", "signer")]
    der = leaf.public_bytes(Encoding.DER)
    at = der.index(b"509901198005010039")
    altered = x509.load_der_x509_certificate(der[:at] + b"6" + der[at + 1 :])
    with pytest.raises(BadSignature, match="not signed by its issuer"):
        path(altered, issuing, anchor=root)


@pytest.mark.system
def test_chains_openssl_makes_hold_and_each_attack_on_one_does_not(tmp_path):
    made = OpenSsl(tmp_path)
    made.service(NAME, NUMBER)
    trusted(tmp_path, "signer", "issuing")
    for one, issuer in (("signer", "issuing"), ("issuing", "root")):  # pair by pair: openssl 3.0 gives its -vfyopt to the first certificate alone
        made.run("verify", "-partial_chain", "-trusted", f"{issuer}.pem", "-vfyopt", DISTID, f"{one}.pem")
    subject, numbered = f"/CN={NAME}", SIGNER + f"1.2.156.10260.4.1.1=ASN1:EXP:0,PRINTABLESTRING:{NUMBER}\n"
    made.certify("lower", "/CN=SM2 下", "issuing", extensions=AUTHORITY)
    made.revocations("lower")
    made.certify("deep", subject, "lower", extensions=numbered)
    text = (tmp_path / "trust.toml").read_text(encoding="utf-8")
    (tmp_path / "trust.toml").write_text(text.replace("'issuing.crl'", "'issuing.crl', 'lower.crl'"), encoding="utf-8")
    trusted(tmp_path, "deep", "lower", "issuing")
    made.certify("tight", "/CN=SM2 示例签发", "root", extensions=AUTHORITY.replace("CA:TRUE", "CA:TRUE,pathlen:0"))
    made.certify("tightlower", "/CN=SM2 下", "tight", extensions=AUTHORITY)
    made.certify("toodeep", subject, "tightlower", extensions=numbered)
    made.certify("expired", subject, "issuing", extensions=numbered, end="20261122000000Z")
    made.certify("encrypts", subject, "issuing", extensions=numbered.replace("digitalSignature,nonRepudiation", "keyEncipherment"))
    made.certify("otherid", subject, "issuing", extensions=numbered, distid="distid:ALICE123@YAHOO.COM")
    made.certify("critical", subject, "issuing", extensions=numbered + "1.2.156.1.1=critical,ASN1:NULL\n")
    made.certify("person", "/CN=SM2 人", "issuing")
    made.certify("byperson", subject, "person", extensions=numbered)
    made.certify("stranger", "/CN=SM2 示例签发", "stranger", extensions=AUTHORITY)
    made.certify("bystranger", subject, "stranger", extensions=numbered)
    for names in (
        ("toodeep", "tightlower", "tight"), ("expired", "issuing"), ("encrypts", "issuing"), ("otherid", "issuing"), ("critical", "issuing"),
        ("byperson", "person", "issuing"), ("bystranger", "stranger"), ("bystranger", "issuing"),
    ):
        with pytest.raises(NotTrusted, match="ends at no service"):
            trusted(tmp_path, *names)
    made.certify("p256", subject, "issuing", extensions=numbered, curve="P-256")
    mixed = x509.load_pem_x509_certificate((tmp_path / "p256.pem").read_bytes())
    assert isinstance(mixed.public_key(), ec.EllipticCurvePublicKey)
    with pytest.raises(BadSignature, match="no SM2 key"):
        sm2_key(mixed)
