"""What ties a token to its holder: a DPoP key (RFC 9449), a client certificate (RFC 8705), or both; and who may use it then.

A token is bound to everything its request showed, and is good only with everything it is bound to: with a proof missing it is no bearer
token, and with the certificate alone it is none either.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.oauth.dpop import check_proof
from hub.oauth.single_use import SingleUse
from hub.signatures import BadSignature


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows beside its token or assertion: a DPoP proof and the method and URL it must speak of, and the thumbprint of a
    client certificate ("" for none).
    """

    proof: str | None = None
    certificate: str = ""
    method: str = "POST"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """`cnf` (RFC 7800): thumbprints of a key and of a certificate, "" where a token is not bound to one."""

    key: str = ""
    certificate: str = ""

    def __bool__(self) -> bool:
        """Whether the token is bound at all."""
        return bool(self.key or self.certificate)

    @property
    def scheme(self) -> str:
        """The scheme it is presented under (RFC 9449 §7.1; RFC 8705 changes none)."""
        return "DPoP" if self.key else "Bearer"

    def as_claim(self) -> dict[str, str]:
        """The members of `cnf` there are."""
        return {name: value for name, value in (("jkt", self.key), ("x5t#S256", self.certificate)) if value}

    @classmethod
    def of_claim(cls, claim: Any) -> Binding:
        """From a token's `cnf`. Raises `BadSignature` for one that names a way this hub does not know: it cannot be held to it."""
        given = dict(claim or {})
        key, certificate = given.pop("jkt", ""), given.pop("x5t#S256", "")
        if given or not isinstance(key, str) or not isinstance(certificate, str):
            raise BadSignature("the token is bound in a way nobody knows")
        return cls(key, certificate)


class Replayed(BadSignature):
    """A proof that was presented before."""


async def proven(shown: Shown, binding: Binding | None, used: SingleUse, *, token: str, now: datetime) -> Binding:
    """What the request proves of itself, against what its `token` is bound to; without a token, what a new one is to be bound to.

    Raises `BadSignature`, `OutOfTime`, `Replayed`.
    """
    if binding is not None and binding.certificate and not hmac.compare_digest(binding.certificate, shown.certificate):
        raise BadSignature("the token is bound to another certificate than was shown")
    key = ""
    if binding is None or binding.key:
        key = await _key(shown, binding, used, token=token, now=now)
    return Binding(key, shown.certificate)


async def _key(shown: Shown, binding: Binding | None, used: SingleUse, *, token: str, now: datetime) -> str:
    if shown.proof is None:
        if binding is not None:
            raise BadSignature("a bound token came without proof")
        return ""
    proof = check_proof(
        shown.proof, method=shown.method, url=shown.url, now=now, token=token, bound_to=binding.key if binding is not None else "",
    )
    if not await used.first(f"dpop:{proof.thumbprint}", proof.jti, expires_at=proof.expires_at, now=now):
        raise Replayed("TOKEN_REPLAYED: the proof was presented before")
    return proof.thumbprint
