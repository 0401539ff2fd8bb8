"""Reads a file of public keys (JWK set) for an enrolment; refuses private keys and those no signature may use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from hub.signatures import BadSignature, key_set
from hub.suites import enrolled_key

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


class PublicKeys(click.ParamType[dict[str, Any]]):
    """A file that holds a JWK set of Ed25519 or P-256 public keys, each with a kid; of a platform's also SM2."""

    name = "file"

    def __init__(self, *, of_a_platform: bool = False) -> None:
        """`of_a_platform`: which may be enrolled with any suite."""
        self._platform = of_a_platform

    def convert(self, value: str | dict[str, Any], param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The set as JSON. Fails naming what is wrong, never quoting the file."""
        if isinstance(value, dict):
            return value
        try:
            read = orjson.loads(Path(value).read_bytes())
        except OSError as fault:
            self.fail(f"{value}: {fault.strerror}", param, ctx)
        except orjson.JSONDecodeError:
            self.fail(f"{value} is not JSON", param, ctx)  # the parser's own message may quote the file
        keys = read.get("keys") if isinstance(read, dict) else None
        if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
            self.fail(f"{value} is no JWK set with keys", param, ctx)
        if any(_PRIVATE & key.keys() for key in keys):
            self.fail(f"{value} holds a private key: consider it known, and send public keys only", param, ctx)
        try:
            _read(read, any_suite=self._platform)
        except BadSignature as fault:
            self.fail(f"{value}: {fault}", param, ctx)
        return {"keys": keys}


def _read(jwks: dict[str, Any], *, any_suite: bool) -> None:
    """Raises `BadSignature`."""
    if not any_suite:
        key_set(jwks)
    for jwk in jwks["keys"] if any_suite else ():
        enrolled_key(jwk)
