"""The offices of the demonstration: who asks, with which key, and how a platform and an office speak to a hub over HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from joserfc import jws
from joserfc.jwk import OKPKey

from hub.ulid import new_id

FORM = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation's system with its own key; the hub holds only the public half."""

    client: str
    organisation: str
    title: str
    department: str
    role: str
    purposes: tuple[str, ...]
    officer: str
    key: OKPKey = field(repr=False)

    def jwks(self) -> dict[str, Any]:
        """The public key set the hub enrols."""
        return {"keys": [{**self.key.as_dict(private=False), "kid": f"{self.client}-1"}]}

    def keep_key(self, directory: Path) -> Path:
        """Write the private key (JWK) for whoever asks by hand, readable by this user alone; where it lies."""
        path = directory / f"{self.client}.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(orjson.dumps({**self.key.as_dict(private=True), "kid": f"{self.client}-1"}))
        return path


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: HTTP status, the body as it was sent, and as values."""

    status: int
    raw: bytes = field(repr=False)
    seconds: float

    @property
    def body(self) -> dict[str, Any]:
        """The body as JSON; {} if it is none."""
        try:
            value = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def code(self) -> str:
        """The reason code of a refusal, "" where there is none."""
        errors = self.body.get("errors") or [{}]
        code = errors[0].get("extensions", {}).get("code") or self.body.get("code") or self.body.get("error") or ""
        return str(code)


@dataclass(slots=True)
class Line:
    """An office's connection to one hub: takes tokens, asks questions."""

    hub: str
    session: aiohttp.ClientSession
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]

    async def token(self, office: Office, *, purpose: str, basis: Mapping[str, Any], case: str = "") -> str:
        """An access token of ten minutes for one purpose and case (RFC 7523, RFC 9396). Raises ValueError with the code."""
        details: dict[str, Any] = {"type": "household_facts", "purpose": purpose, "basis": dict(basis)}
        if case:
            details["case"] = case
        form = {
            "grant_type": "client_credentials", "client_assertion_type": FORM, "client_assertion": self._assertion(office),
            "authorization_details": orjson.dumps([details]).decode(),
        }
        async with self.session.post(f"{self.hub}/oauth/token", data=form) as reply:
            answer = await reply.json(content_type=None)
        if "access_token" not in answer:
            raise ValueError(str(answer.get("error_description") or answer.get("error")))
        return str(answer["access_token"])

    async def ask(self, token: str, document: str, variables: Mapping[str, Any] | None = None) -> Reply:
        """One question."""
        started = self.clock()
        body = orjson.dumps({"query": document, "variables": dict(variables or {})})
        headers = {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/graphql-response+json",
        }
        async with self.session.post(f"{self.hub}/graphql", data=body, headers=headers) as reply:
            raw = await reply.read()
        return Reply(reply.status, raw, (self.clock() - started).total_seconds())

    async def send(self, path: str, message: str) -> Reply:
        """A platform's signed document to /registrations or /revocations."""
        started = self.clock()
        async with self.session.post(self.hub + path, data=message, headers={"Content-Type": "application/jose"}) as reply:
            raw = await reply.read()
        return Reply(reply.status, raw, (self.clock() - started).total_seconds())

    async def report(self, office: Office, path: str, **fields: str) -> Reply:
        """A form an office's system signs for, to /disposals."""
        started = self.clock()
        form = {"client_assertion_type": FORM, "client_assertion": self._assertion(office), **fields}
        async with self.session.post(self.hub + path, data=form) as reply:
            raw = await reply.read()
        return Reply(reply.status, raw, (self.clock() - started).total_seconds())

    def _assertion(self, office: Office) -> str:
        now = self.clock()
        claims = {
            "iss": office.client, "sub": office.client, "aud": self.hub, "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 60, "jti": new_id("jti", now, self.random(10)), "officer": {"id": office.officer},
        }
        header = {"alg": "Ed25519", "kid": f"{office.client}-1", "typ": "JWT"}
        return jws.serialize_compact(header, orjson.dumps(claims), office.key, algorithms=["Ed25519"])


def offices(region: str, purposes_of: Mapping[str, Sequence[str]]) -> tuple[Office, ...]:
    """The offices of one region; each gets a fresh key. `purposes_of` by department code: whose is not named has none."""
    rows = (
        ("hd", "核对中心", "MZ-HD", "CHECK_OPERATOR", "HD-0107"),
        ("jy", "教育委员会", "JY", "DEPT_SYSTEM", "JY-0231"),
        ("yb", "医疗保障局", "YB", "DEPT_SYSTEM", "YB-0042"),
        ("yj", "应急管理局", "YJ", "DEPT_SYSTEM", "YJ-0013"),
        ("po", "民政局隐私保护负责人", "MZ", "PRIVACY_OFFICER", "PO-0001"),
    )
    return tuple(
        Office(
            client=f"{region[:6]}-{name}", organisation=f"{region[:6]}-{department}{'-PO' if name == 'po' else ''}", title=title,
            department=department, role=role, officer=officer,
            purposes=("PRIVACY_AUDIT",) if name == "po" else tuple(purposes_of[department]), key=OKPKey.generate_key("Ed25519"),
        )
        for name, title, department, role, officer in rows if name == "po" or department in purposes_of
    )
