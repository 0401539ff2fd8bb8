"""Public attacks on JWS as tables: what no door of the hub may let in (RFC 7515, 8725, 8037, 7518; known edges of EdDSA and ECDSA).

Each forgery is made of a good message: its key, header and claims. Some are no signature of the key; others are signed well by the right
key, and say something in a way two readers could read differently, or at another time or place.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import gmssl_pyx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from joserfc.jwk import ECKey, OKPKey

from hub.authorizations.signing import Sm2Key, algorithm, sign_raw
from hub.signatures import base64url, unbase64url

P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # order of the group
ED25519 = 2**252 + 27742317777372353535851937790883648493
SM2 = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
FAR = 2**33
DEEP = 900  # orjson reads it, and a recursive reader still stands


@dataclass(frozen=True)
class Good:
    """A message a door lets in, taken apart."""

    key: OKPKey | ECKey | Sm2Key
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    never: frozenset[str] = field(default=frozenset())  # claims a door does not ask for

    def signed(self, head: bytes | None = None, body: bytes | None = None, *, key: OKPKey | ECKey | Sm2Key | None = None) -> str:
        """Signed by its key, or another, whatever its parts are."""
        text = f"{base64url(dumped(self.header) if head is None else head)}.{base64url(dumped(self.claims) if body is None else body)}"
        return f"{text}.{base64url(sign_raw(key or self.key, text.encode()))}"

    def saying(self, **claims: Any) -> str:
        return self.signed(body=dumped({**self.claims, **claims}))

    def without(self, name: str) -> str:
        return self.signed(body=dumped({one: told for one, told in self.claims.items() if one != name}))

    def headed(self, **header: Any) -> str:
        return self.signed(dumped({**self.header, **header}))


def taken_apart(token: str, key: OKPKey | ECKey | Sm2Key, **more: Any) -> Good:
    """A good message from its text."""
    header, claims = (json.loads(unbase64url(part)) for part in token.split(".")[:2])
    return Good(key, header, claims, **more)


def dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def forgeries(good: Good, *, claims: bool = True) -> Iterator[tuple[str, str]]:
    """Every attack, by name; without those on `claims` for what is read by other rules than a message of one use."""
    for table in (_algorithms, _keys, _kids, _readings, _spellings, _json, _edges, *((_times, _places) if claims else ())):
        for name, token in table(good):
            yield f"{table.__name__[1:]}: {name}", token


def _algorithms(good: Good) -> Iterator[tuple[str, str]]:
    token = good.signed()
    unsigned, signature = token.rpartition(".")[0], token.rpartition(".")[2]
    payload = unsigned.partition(".")[2]
    for alg in ("none", "None", "NONE", "nOnE", "", " ", "null"):
        head = base64url(dumped({**good.header, "alg": alg}))
        yield f"alg {alg!r} unsigned", f"{head}.{payload}."
        yield f"alg {alg!r} signed", f"{head}.{payload}.{signature}"
    yield "no signature", f"{unsigned}."
    yield "no alg", good.signed(dumped({name: told for name, told in good.header.items() if name != "alg"}))
    odd = ("EdDSA", "ed25519", "Ed25519 ", "Ed448", "ES384", "ES512", "ES256K", "RS256", "PS256", "SM2-SM3", "Ｅｄ25519", "ЕS256", "ES256\0")
    for other in (*odd, ["Ed25519"], ["ES256"], {"Ed25519": 1}, None, 1, True):
        if other != algorithm(good.key):
            yield f"alg {other!r}", good.headed(alg=other)
    swapped = "ES256" if algorithm(good.key) == "Ed25519" else "Ed25519"
    yield "the other listed algorithm", good.headed(alg=swapped)
    public = good.key.as_dict(private=False)
    pem = b"" if isinstance(good.key, Sm2Key) else good.key.as_pem(private=False)
    secrets = (pem, pem.strip(), dumped(public), unbase64url(public["x"]), b"")
    for name, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        text = f"{base64url(dumped({**good.header, 'alg': name}))}.{payload}"
        for place, secret in enumerate(secrets):
            yield f"{name} under the public key, {place}", f"{text}.{base64url(hmac.digest(secret, text.encode(), digest))}"
    text = f"{base64url(dumped({**good.header, 'alg': algorithm(good.key)}))}.{payload}"
    yield "an HMAC under the right alg", f"{text}.{base64url(hmac.digest(secrets[0], text.encode(), 'sha512'))}"


def _keys(good: Good) -> Iterator[tuple[str, str]]:
    if isinstance(good.key, Sm2Key):
        other: OKPKey | ECKey | Sm2Key = Sm2Key(*gmssl_pyx.sm2_key_generate())
    else:
        other = type(good.key).generate_key("Ed25519" if isinstance(good.key, OKPKey) else "P-256")
    shown = other.as_dict(private=False)
    if "jwk" not in good.header:  # a proof shows its key: that it is the token's is another question
        yield "a key of nobody", good.signed(key=other)
        yield "jwk, by its key", good.signed(dumped({**good.header, "jwk": shown}), key=other)
        yield "jwk, by the right key", good.headed(jwk=good.key.as_dict(private=False))
    for name, told in (
        ("jku", "https://attacker.example/jwks.json"), ("jku", "http://127.0.0.1:9/"), ("jku", "file:///etc/passwd"), ("x5u", "https://attacker.example/x.pem"),
        ("x5c", ["MIIB"]), ("x5c", []), ("jku", None),
    ):
        yield f"{name} {told!r} by another key", good.signed(dumped({**good.header, name: told}), key=other)
        yield f"{name} {told!r} by the right key", good.headed(**{name: told})
    payload = good.signed().split(".")[1]
    for curve, digest, size in ((ec.SECP384R1(), hashes.SHA256(), 48), (ec.SECP256K1(), hashes.SHA256(), 32), (ec.SECP521R1(), hashes.SHA256(), 66)):
        text = f"{base64url(dumped({**good.header, 'alg': 'ES256'}))}.{payload}"
        r, s = decode_dss_signature(ec.generate_private_key(curve).sign(text.encode(), ec.ECDSA(digest)))
        yield f"ES256 by {curve.name}", f"{text}.{base64url(r.to_bytes(size) + s.to_bytes(size))}"


def _kids(good: Good) -> Iterator[tuple[str, str]]:
    if "kid" not in good.header:
        return
    kid = good.header["kid"]
    for other in (
        "../../../../dev/null", "/proc/self/environ", "' OR '1'='1", "x'; DROP TABLE platform; --", "k" * 1500, "k" * 30_000, "", " ", "\0", f"{kid}\0", f"{kid} ",
        kid.upper() + "̈", [kid], {"kid": kid}, None, 0, True, "https://attacker.example/key", "|id",
    ):
        yield f"kid {str(other)[:30]!r}", good.headed(kid=other)
    yield "no kid", good.signed(dumped({name: told for name, told in good.header.items() if name != "kid"}))


def _readings(good: Good) -> Iterator[tuple[str, str]]:
    for critical in (["exp"], ["b64"], ["http://example.com/UNDEFINED"], [], "exp", None, ["alg"]):
        yield f"crit {critical!r}", good.headed(crit=critical, **({"exp": FAR} if critical == ["exp"] else {}))
    for unencoded in (False, True, None):
        yield f"b64 {unencoded}", good.headed(b64=unencoded)
    head = base64url(dumped({**good.header, "b64": False, "crit": ["b64"]}))
    text = f"{head}.".encode() + dumped(good.claims)
    yield "an unencoded payload", f"{head}.{dumped(good.claims).decode()}.{base64url(sign_raw(good.key, text))}"
    yield "a nested JWT", good.signed(dumped({**good.header, "cty": "JWT"}), good.signed().encode())
    yield "cty alone", good.headed(cty="JWT")
    yield "zip", good.headed(zip="DEF")
    yield "enc", good.headed(enc="A256GCM")
    others = {
        "household-registration+jws", "household-revocation+jws", "household-message+jws", "household-collection+jws", "dpop+jwt", "at+jwt", "dc+sd-jwt",
        "agreement+jws", "JWE", "secevent+jwt", "JOSE+JSON",
    }
    own = str(good.header.get("typ", "")).lower()
    for typ in sorted(others - {own}):
        yield f"typ {typ}", good.headed(typ=typ)
    for typ in ([own], {own: 1}, 1, None, own + "\0", own + " ", "application/application/" + own):
        yield f"typ {typ!r}", good.headed(typ=typ)


def _spellings(good: Good) -> Iterator[tuple[str, str]]:
    token = good.signed()
    head, payload, signature = token.split(".")
    for place in range(3):
        parts = [head, payload, signature]
        for name, changed in (
            ("padding", parts[place] + "="), ("double padding", parts[place] + "=="), ("a blank", parts[place][:8] + " " + parts[place][8:]),
            ("a line", parts[place][:8] + "\n" + parts[place][8:]), ("a tab", parts[place][:8] + "\t" + parts[place][8:]),
            ("another alphabet", parts[place] + "+/"), ("a stray character", parts[place] + "A"), ("a bar", parts[place][:4] + "|" + parts[place][4:]),
            ("a wide letter", parts[place] + "Ａ"), ("a NUL", parts[place] + "\0"), ("per cent", parts[place] + "%3D"),
        ):
            parts[place] = changed
            yield f"{name} in part {place}", ".".join(parts)
            parts = [head, payload, signature]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])  # 64 bytes leave four bits of the last character unused
    for stray in range(1, 16):
        yield f"stray bits {stray} of the signature", f"{head}.{payload}.{signature[:-1]}{alphabet[(last & 0x30) | stray]}"
    yield "a fourth part", f"{token}."
    yield "a fifth part", f"{token}.."
    yield "one part", head
    yield "dots", ".."
    yield "an empty header", f".{payload}.{signature}"
    yield "an empty payload", f"{head}..{signature}"
    flat = {"protected": head, "payload": payload, "signature": signature}
    yield "flattened JSON", json.dumps(flat)
    yield "general JSON", json.dumps({"payload": payload, "signatures": [{"protected": head, "signature": signature}]})
    yield "flattened JSON with dots", json.dumps({**flat, "header": {"kid": "a.b.c"}})
    yield "a quoted token", f'"{token}"'
    yield "a bearer token", f"Bearer {token}"


def _json(good: Good) -> Iterator[tuple[str, str]]:
    head, body = dumped(good.header), dumped(good.claims)
    for name, told in (("alg", good.header["alg"]), ("alg", "none"), ("typ", good.header.get("typ", "JWT")), ("kid", "x"), ("x", 1)):
        twice = dumped({name: told})[:-1] + b"," + (head[1:] if name in good.header else dumped({**good.header, name: told})[1:])
        yield f"header member {name} {told!r} twice", good.signed(twice)
    for name, told in [(name, good.claims[name]) for name in good.claims] + [("iss", "x"), ("aud", "x"), ("jti", "x" * 10), ("iat", 0), ("exp", 0)]:
        if name in good.claims:
            yield f"claim {name} twice", good.signed(body=dumped({name: told})[:-1] + b"," + body[1:])
            yield f"claim {name} twice, last", good.signed(body=body[:-1] + b"," + dumped({name: told})[1:])
    yield "an escaped name twice", good.signed(body=b'{"\\u0069at":0,' + body[1:]) if "iat" in good.claims else ""
    yield "a nested member twice", good.signed(body=body[:-1] + b',"x":{"a":1,"a":2}}')
    nested, far = b"[" * DEEP + b"]" * DEEP, b"[" * 15_000 + b"]" * 15_000
    yield "a deep header", good.signed(head[:-1] + b',"x":' + nested + b"}")
    yield "a deeper header", good.signed(head[:-1] + b',"x":' + far + b"}")
    yield "deeper claims", good.signed(body=body[:-1] + b',"x":' + far + b"}")
    yield "objects without end", good.signed(body=body[:-1] + b',"x":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}")
    yield "a huge header", good.headed(x="x" * 30_000)
    yield "a large header", good.headed(x="x" * 3_000)
    yield "a thousand header members", good.headed(**{f"x{number}": number for number in range(1_000)})
    for name, text in (
        ("a list", b"[]"), ("a string", b'"x"'), ("null", b"null"), ("a number", b"1"), ("nothing", b""), ("half an object", b"{"), ("NaN", b'{"exp":NaN}'),
        ("infinity", b'{"exp":1e999}'), ("a lone surrogate", b'{"iss":"\\ud800"}'), ("not UTF-8", b'{"iss":"\xff\xfe"}'), ("a comment", b"{}//"),
        ("two objects", b"{}{}"), ("a byte-order mark", b"\xef\xbb\xbf" + body), ("UTF-16", body.decode().encode("utf-16")), ("single quotes", b"{'iss':'x'}"),
    ):
        yield f"{name} for claims", good.signed(body=text)
        yield f"{name} for a header", good.signed(text if name != "a byte-order mark" else b"\xef\xbb\xbf" + head)


def _times(good: Good) -> Iterator[tuple[str, str]]:
    at = good.claims["iat"]
    strange = (True, False, "", str(at), str(FAR), f"{at}", [at], {"at": at}, "2026-11-23T09:00:00+08:00", -at, -1, 10**30, 2**63, float(2**40), "１７")
    for told in strange:
        yield f"iat {told!r}", good.saying(iat=told)
    for told in (at + 3600, at + 60, at - 86_400 * 3, at - 86_400 * 365):
        yield f"iat {told - at:+}", good.saying(iat=told)
    yield "no iat", good.without("iat")
    yield "iat null", good.saying(iat=None)
    if "exp" in good.claims:
        for told in (*strange, at - 10, at - 3600, 0, at + 86_400 * 30, FAR, at + 0.5 - 3600):
            yield f"exp {told!r}", good.saying(exp=told)
        yield "exp null", good.saying(exp=None)
        yield "no exp", good.without("exp")
    if "nbf" not in good.never:
        yield "nbf to come", good.saying(nbf=at + 3600)


def _places(good: Good) -> Iterator[tuple[str, str]]:
    wrong: tuple[Any, ...] = ("", " ", "https://attacker.example", [], ["https://attacker.example"], {}, None, 1, True, "*")
    if "iss" not in good.never:
        iss = good.claims["iss"]
        for told in (*wrong, [iss], f"{iss} ", f"{iss}\0", iss.upper() + "Ｘ", iss + "\u200b", {"iss": iss}):
            yield f"iss {told!r}", good.saying(iss=told)
        yield "no iss", good.without("iss")
    if "aud" not in good.never:
        aud = good.claims["aud"]
        for told in (*wrong, [aud, "https://attacker.example"], ["https://attacker.example", aud], [aud, aud], [[aud]], {"aud": aud}, aud + "/", aud.upper(), aud + "@x", aud + "\u200b"):
            yield f"aud {told!r}", good.saying(aud=told)
        yield "no aud", good.without("aud")
    if "jti" not in good.never:
        for told in ("", None, 1, True, ["x" * 12], {}, "x" * 5_000, "a\0bcdefghij"):
            yield f"jti {str(told)[:20]!r}", good.saying(jti=told)
        yield "no jti", good.without("jti")


def _edges(good: Good) -> Iterator[tuple[str, str]]:
    token = good.signed()
    text, _, last = token.rpartition(".")
    signature = unbase64url(last)
    if isinstance(good.key, Sm2Key):
        found = _sm2(signature)
    else:
        found = _ed25519(signature) if isinstance(good.key, OKPKey) else _es256(signature, text.encode(), good.key)
    for name, raw in found:
        yield name, f"{text}.{base64url(raw)}"
    for name, raw in (
        ("no bytes", b""), ("63 bytes", signature[:-1]), ("65 bytes", signature + b"\0"), ("65 bytes before", b"\0" + signature), ("twice", signature * 2),
        ("zeros", bytes(64)), ("ones", b"\xff" * 64), ("one bit", bytes([signature[0] ^ 1]) + signature[1:]), ("halves swapped", signature[32:] + signature[:32]),
        ("32 bytes", signature[:32]), ("of another text", sign_raw(good.key, text.encode() + b".")),
    ):
        yield f"a signature: {name}", f"{text}.{base64url(raw)}"


def _ed25519(signature: bytes) -> Iterator[tuple[str, bytes]]:
    point, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    for times in range(1, 8):  # RFC 8032 §5.1.7: S of [0, L)
        if scalar + times * ED25519 < 2**256:
            yield f"S + {times}L", point + (scalar + times * ED25519).to_bytes(32, "little")
    yield "-S", point + (ED25519 - scalar).to_bytes(32, "little")
    yield "S = L", point + ED25519.to_bytes(32, "little")
    for name, small in (("identity", b"\1" + bytes(31)), ("zero", bytes(32)), ("-1", b"\xec" + b"\xff" * 30 + b"\x7f")):
        yield f"R of small order: {name}, S = 0", small + bytes(32)
        yield f"R of small order: {name}, own S", small + signature[32:]
    yield "the sign of R", signature[:31] + bytes([signature[31] ^ 0x80]) + signature[32:]


def _es256(signature: bytes, text: bytes, key: ECKey) -> Iterator[tuple[str, bytes]]:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    top = 2**256 - 1
    for name, one, other in (
        ("r = s = 0", 0, 0), ("r = 0", 0, s), ("s = 0", r, 0), ("r = s = 1", 1, 1), ("r = n", P256, s), ("s = n", r, P256), ("r = n, s = n", P256, P256),
        ("r = n, s = 1", P256, 1), ("r = 1, s = n", 1, P256), ("r = n - 1", P256 - 1, s), ("the largest", top, top), ("n - r", P256 - r, s),
    ):
        yield name, one.to_bytes(32) + other.to_bytes(32)
    for name, one, other in (("r + n", r + P256, s), ("s + n", r, s + P256)):
        if max(one, other) <= top:
            yield name, one.to_bytes(32) + other.to_bytes(32)
        yield f"{name}, longer", one.to_bytes(33) + other.to_bytes(33)
    yield "DER", encode_dss_signature(r, s)
    yield "DER of a fresh signature", key.private_key.sign(text, ec.ECDSA(hashes.SHA256()))
    yield "another hash", _raw(key.private_key.sign(text, ec.ECDSA(hashes.SHA384())))
    yield "the hash of the hash", _raw(key.private_key.sign(hashlib.sha256(text).digest(), ec.ECDSA(hashes.SHA256())))


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)


def other_spelling(token: str) -> str:
    """An ES256 message under the other signature anybody can make of one: (r, n − s) holds as well."""
    text, _, signature = token.rpartition(".")
    raw = unbase64url(signature)
    return f"{text}.{base64url(raw[:32] + (P256 - int.from_bytes(raw[32:])).to_bytes(32))}"


WRONG_KEYS: Mapping[str, Mapping[str, Any]] = {
    "P-384": ECKey.generate_key("P-384").as_dict(private=False),
    "secp256k1": ECKey.generate_key("secp256k1").as_dict(private=False),
    "P-521": ECKey.generate_key("P-521").as_dict(private=False),
    "Ed448": OKPKey.generate_key("Ed448").as_dict(private=False),
    "X25519": OKPKey.generate_key("X25519").as_dict(private=False),
    "P-384 called P-256": {**ECKey.generate_key("P-384").as_dict(private=False), "crv": "P-256"},
    "secp256k1 called P-256": {**ECKey.generate_key("secp256k1").as_dict(private=False), "crv": "P-256"},
    "Ed448 called Ed25519": {**OKPKey.generate_key("Ed448").as_dict(private=False), "crv": "Ed25519"},
    "off the curve": {"kty": "EC", "crv": "P-256", "x": base64url(b"\1" * 32), "y": base64url(b"\1" * 32)},
    "at infinity": {"kty": "EC", "crv": "P-256", "x": base64url(bytes(32)), "y": base64url(bytes(32))},
    "beyond the field": {"kty": "EC", "crv": "P-256", "x": base64url(b"\xff" * 32), "y": base64url(b"\xff" * 32)},
    "x too short": {"kty": "OKP", "crv": "Ed25519", "x": base64url(bytes(31))},
    "x too long": {"kty": "OKP", "crv": "Ed25519", "x": base64url(bytes(33))},
    "no x": {"kty": "OKP", "crv": "Ed25519"},
    "x a number": {"kty": "OKP", "crv": "Ed25519", "x": 5},
    "a secret": {"kty": "oct", "k": "AAAA"},
    "RSA": {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    "no key": {},
    **{
        f"small order {point}": {"kty": "OKP", "crv": "Ed25519", "x": base64url(bytes.fromhex(point))}
        for point in (
            "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "01" + "00" * 30 + "80",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        )
    },
}
"""Public keys that are none the hub verifies by."""


def _sm2(signature: bytes) -> Iterator[tuple[str, bytes]]:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    for name, told in (
        ("r of 0", (0, s)), ("s of 0", (r, 0)), ("r of n", (SM2, s)), ("s of n", (r, SM2)), ("r + s = n", (r, SM2 - r)), ("s negated", (r, SM2 - s)),
        ("r beyond n", ((r + SM2) % 2**256, s)),
    ):
        yield f"SM2 {name}", told[0].to_bytes(32) + told[1].to_bytes(32)
    yield "SM2 in DER", encode_dss_signature(r, s)
