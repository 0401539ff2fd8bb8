"""SM2 with SM3: the standard's published example, edges no signature survives, letters signed with it, and the system's openssl as judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from hub import suites
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import verify
from hub.authorizations.signing import Sm2Key, sign_message, sign_raw
from hub.desk import open_desk
from hub.settings import Settings, SettingsError
from hub.signatures import base64url, key_set, open_jws, unbase64url
from hub.suites import SM2, SM2_ID, allow_list, document_digest, enrolled_key, platform_keys, signer_key
from tests.hub.authorizations.family import HUB, PLATFORM, letter, platform_jwks, registration, signs

# GB/T 32918.5-2017 annex A.2: the recommended curve, signer id ALICE's default, message "message digest".
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
X = bytes.fromhex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020")
Y = bytes.fromhex("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13")
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
MESSAGE = b"message digest"
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


def jwk(x: bytes = X, y: bytes = Y) -> dict[str, str]:
    return {"kty": "EC", "crv": "SM2", "x": base64url(x), "y": base64url(y)}


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


def sm2_key() -> Sm2Key:
    point, secret = gmssl_pyx.sm2_key_generate()
    return Sm2Key(point, secret)


def verified(clock, *signatories, change=None, **more):
    made = letter("H-1", signatories, now=clock())
    made["signers"][0] |= change or {}
    token = registration(clock(), jti="registration-1", letters=[made])
    return verify(token, key_set(platform_jwks()), platform=PLATFORM, audience=HUB, now=clock(), **more)


def flaw(clock, *signatories, **more) -> Flaw:
    with pytest.raises(Refused) as caught:
        verified(clock, *signatories, **more)
    return caught.value.flaw


def test_the_standards_own_example_holds():
    assert signer_key(jwk(), SM2).holds(raw(R, S), MESSAGE)


@pytest.mark.parametrize(
    "signature",
    [
        raw(0, 0), raw(0, S), raw(R, 0), raw(N, S), raw(R, N), raw(R, S ^ 1), raw(R ^ 1, S), raw(S, R), raw(R, N - S), raw(R, N - R),
        raw(2**256 - 1, 2**256 - 1), raw(R, S)[:-1], raw(R, S) + b"\0", b"", encode_dss_signature(R, S),
    ],
    ids=lambda signature: signature.hex()[:12] + f".{len(signature)}",
)
def test_no_edge_is_a_signature(signature):
    assert not signer_key(jwk(), SM2).holds(signature, MESSAGE)


def test_another_message_or_signer_id_does_not_hold():
    key = signer_key(jwk(), SM2)
    assert not key.holds(raw(R, S), MESSAGE + b"\0")
    r, s = decode_dss_signature(gmssl_pyx.sm2_sign(SECRET, X + Y, MESSAGE, b"ALICE123@YAHOO.COM"))
    assert not key.holds(raw(r, s), MESSAGE)


@pytest.mark.parametrize(
    "wrong",
    [
        jwk(Y, X), jwk(bytes(32), bytes(32)), jwk(P.to_bytes(32), Y), jwk(X[:-1]), jwk(X + b"\0", Y[:-1]), jwk() | {"crv": "P-256"},
        jwk() | {"kty": "OKP"}, jwk() | {"x": base64url(X) + "="}, jwk() | {"x": 5}, {"kty": "EC", "crv": "SM2"}, [], None,
    ],
    ids=range(12),
)
def test_no_other_key_is_taken_for_an_sm2_key(wrong):
    with pytest.raises(suites.BadSignature):
        signer_key(wrong, SM2)


def test_the_digest_of_an_sm2_letter_is_sm3():
    # GB/T 32905-2016 annex A.1
    assert document_digest(b"abc", SM2).hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_letter_may_bear_sm2_beside_other_signatures(clock):
    found = verified(clock, signs("head", key=sm2_key()), signs("wife")).letters[0]
    assert [one.alg for one in found.signatures] == [SM2, "Ed25519"]
    assert len({one.kid for one in found.signatures}) == 2


def test_an_sm2_signature_of_another_document_is_broken(clock):
    key = sm2_key()
    other = base64url(sign_raw(key, b"household-letter/1\n" + bytes(32)))
    assert flaw(clock, signs("head", key=key), change={"signature": other}) is Flaw.SIGNATURE_BROKEN


def test_one_sm2_key_is_one_person(clock):
    key = sm2_key()
    assert flaw(clock, signs("head", key=key), signs("wife", key=key)) is Flaw.SIGNATURE_REPEATED


def test_without_the_extra_an_sm2_signature_is_refused_saying_so(clock, monkeypatch):
    who = signs("head", key=sm2_key())
    made = letter("H-1", [who, signs("wife")], now=clock())
    monkeypatch.setattr(suites, "gmssl_pyx", None)
    with pytest.raises(Refused) as caught:
        verify(registration(clock(), jti="registration-1", letters=[made]), key_set(platform_jwks()), platform=PLATFORM, audience=HUB, now=clock())
    assert caught.value.flaw is Flaw.SIGNATURE_SUITE_MISSING
    assert verified(clock, signs("wife")).letters, "the other suites need nothing"


def test_what_is_off_the_list_is_refused_whether_or_not_it_verifies(clock):
    assert flaw(clock, signs("head", key=sm2_key()), suites=allow_list("Ed25519,ES256")) is Flaw.SIGNATURE_ALGORITHM
    assert flaw(clock, signs("wife"), suites=allow_list("SM2-SM3")) is Flaw.SIGNATURE_ALGORITHM
    assert verified(clock, signs("head", key=sm2_key()), suites=allow_list("SM2-SM3")).letters


def by_sm2(clock, key: Sm2Key, *, kid: str = "sm2", **more: object) -> str:
    told = {"case": {}, "household": {}, "letters": []}
    return sign_message(key, "household-registration+jws", told | more, kid=kid, issuer=PLATFORM, audience=HUB, jti="registration-1", now=clock())


def test_a_platforms_message_may_be_signed_by_sm2_under_a_key_of_its_own(clock, monkeypatch):
    key, other = sm2_key(), platform_jwks()["keys"]
    enrolled, digest = enrolled_key(key.as_dict(private=False))
    assert enrolled["kid"] == digest == key.thumbprint()
    rows = [*other, {**enrolled, "kid": "sm2"}]
    token = by_sm2(clock, key)
    assert open_jws(token, platform_keys(rows, "sm2"), typ=("household-registration+jws",))["iss"] == PLATFORM
    forged = by_sm2(clock, sm2_key())
    for wrong, kid in ((forged, "sm2"), (token[:-2], "sm2"), (by_sm2(clock, key, kid="platform-1"), "platform-1"), (token, "platform-1")):
        with pytest.raises(suites.BadSignature):
            open_jws(wrong, platform_keys(rows, kid), typ=("household-registration+jws",))
    with pytest.raises(suites.BadSignature, match="not allow-listed"):
        open_jws(token, key_set(platform_jwks()), typ=("household-registration+jws",))  # and nobody else's: clients, tokens, neighbours
    monkeypatch.setattr(suites, "gmssl_pyx", None)
    assert platform_keys(rows, "platform-1").others == {}, "without the extra the platform's other keys still sign"
    with pytest.raises(suites.SuiteMissing):
        platform_keys(rows, "sm2")


@pytest.mark.parametrize("text", ["", "RS256", "Ed25519,none", "Ed25519 ES256"])
async def test_a_list_that_names_no_suite_stops_the_hub(engine, pool, keys, database_url, clock, random, tmp_path, text):
    settings = Settings(region="500152", issuer=HUB, directory=tmp_path, database_url=database_url, signature_algorithms=text)
    with pytest.raises(SettingsError, match="HUB_SIGNATURE_ALGORITHMS"):
        await open_desk(settings, engine=engine, pool=pool, keys=keys, vault=None, clock=clock, random=random)


def openssl(*arguments: str) -> bytes:
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


SM3 = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{SM2_ID.decode()}")


@pytest.mark.system
def test_what_openssl_signs_the_hub_verifies(tmp_path: Path):
    message = tmp_path / "message"
    for number in range(20):
        private = str(tmp_path / f"{number}.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", private)
        point = openssl("pkey", "-in", private, "-pubout", "-outform", "DER")[-64:]
        message.write_bytes(b"household-letter/1\n" + bytes([number]) * 32)
        der = openssl("pkeyutl", "-sign", "-inkey", private, "-in", str(message), *SM3)
        key = signer_key(jwk(point[:32], point[32:]), SM2)
        assert key.holds(raw(*decode_dss_signature(der)), message.read_bytes())
        assert not key.holds(raw(*decode_dss_signature(der)), message.read_bytes() + b"x")


@pytest.mark.system
def test_what_a_platforms_reference_signs_openssl_verifies(tmp_path: Path):
    message, signature, public = tmp_path / "message", tmp_path / "signature", tmp_path / "public.der"
    for number in range(20):
        key = sm2_key()
        message.write_bytes(b"household-letter/1\n" + bytes([number]) * 32)
        made = sign_raw(key, message.read_bytes())
        signature.write_bytes(encode_dss_signature(int.from_bytes(made[:32]), int.from_bytes(made[32:])))
        public.write_bytes(SPKI + key.point)
        said = openssl(
            "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(public), "-in", str(message), "-sigfile", str(signature), *SM3,
        )
        assert b"Verified Successfully" in said


def test_the_reference_shows_no_secret():
    key = sm2_key()
    assert key.secret.hex() not in repr(key)
    with pytest.raises(ValueError, match="without its secret"):
        key.as_dict(private=True)
    assert unbase64url(key.as_dict(private=False)["x"]) == key.point[:32]
