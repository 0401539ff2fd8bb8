"""Access tokens of a hub below: taken with the region's own key, one for each officer, purpose, basis and matter.

Rules of this file:
- The assertion names who really asks, "organisation/officer"; purpose, basis and matter stand in the authorization details. The hub
  below runs its own checks over them: our word opens nothing there that its own letters do not.
- A token is bound to our key (RFC 9449) and kept until a minute before its end, at most; those who need it together take it once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson

from connectors.interface import DepartmentBroke, DepartmentUnavailable, Mandate
from hub.bounded import Bounded
from hub.oauth.presenting import build_assertion, build_proof, household_facts, token_request
from hub.regions.asking import RegionKeys, whole

KEPT = 256
MARGIN = timedelta(minutes=1)
LONGEST_OFFICER = 80
_CODE = re.compile(r"([A-Z][A-Z_]{2,39})\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Errand:
    """What one token is for."""

    organisation: str
    purpose: str
    mandate: Mandate


class RefusedBelow(Exception):
    """The hub below may not tell: its reason code."""

    def __init__(self, code: str) -> None:
        """`code` is one of its reason codes."""
        super().__init__(code)
        self.code = code


class TokensBelow:
    """The tokens of one hub below. One event loop's thread only."""

    def __init__(
        self, *, url: str, client: str, keys: RegionKeys, session: aiohttp.ClientSession, clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        """`client` is what the hub below enrolled our region's key under."""
        self._url = url
        self._client = client
        self._keys = keys
        self._session = session
        self._clock = clock
        self._random = random
        self._held: Bounded[Errand, tuple[str, datetime]] = Bounded(KEPT)
        self._taking: dict[Errand, asyncio.Task[str]] = {}

    async def token(self, errand: Errand) -> str:
        """A token good now. Raises RefusedBelow, DepartmentError, aiohttp's errors."""
        held = self._held.get(errand)
        if held is not None and self._clock() < held[1]:
            return held[0]
        task = self._taking.get(errand)
        if task is None:
            task = self._taking[errand] = asyncio.ensure_future(self._take(errand))
            task.add_done_callback(lambda done: self._taken(errand, done))
        return await asyncio.shield(task)

    def drop(self, errand: Errand) -> None:
        """Take a new one next time: the hub below no longer knows this one."""
        self._held.drop(errand)

    def proof(self, url: str, token: str = "") -> str:
        """A DPoP proof for one POST."""
        return build_proof(
            self._keys.signing_jwk, method="POST", url=url, jti=self._random(16).hex(), now=self._clock(), token=token,
        )

    def _taken(self, errand: Errand, done: asyncio.Task[str]) -> None:
        self._taking.pop(errand, None)
        if not done.cancelled():
            done.exception()  # retrieved: whoever waited hears of it, and nobody may be waiting any more

    async def _take(self, errand: Errand) -> str:
        now, url = self._clock(), f"{self._url}/oauth/token"
        assertion = build_assertion(
            self._keys.signing_jwk, client=self._client, kid=self._keys.kid, audience=self._url, jti=self._random(16).hex(), now=now,
            officer={"id": f"{errand.organisation}/{errand.mandate.officer}"[:LONGEST_OFFICER]},
        )
        form = token_request(assertion, _details(errand))
        async with self._session.post(url, data=form, headers={"DPoP": self.proof(url)}, allow_redirects=False) as reply:
            status, answer = reply.status, _json(await whole(reply))
        if status == 400 and answer.get("error") == "invalid_authorization_details":
            said = _CODE.match(str(answer.get("error_description")))
            raise RefusedBelow(said[1] if said else "REFUSED_BELOW")
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if status != 200:
            raise DepartmentUnavailable(f"the hub below gave no token, status {status}")
        if type(token) is not str or type(seconds) is not int or answer.get("token_type") != "DPoP":
            raise DepartmentBroke("the hub below answered with what is no bound token")
        self._held.put(errand, (token, now + timedelta(seconds=seconds) - MARGIN))
        return token


def _details(errand: Errand) -> Mapping[str, Any]:
    mandate = errand.mandate
    match mandate.basis:
        case "letter":
            basis: dict[str, Any] = {"kind": "letter", "letters": [{"hash": digest} for digest in mandate.letters]}
        case "statute":
            basis = {"kind": "statute", "article": mandate.article}
        case "emergency":
            basis = {"kind": "emergency", "reason": mandate.reason}
        case _:  # a person's own look at themselves is the platform's and this hub's to answer
            raise RefusedBelow("BASIS_NOT_PASSED_ON")
    matter = {"platform": mandate.platform, "reference": mandate.reference}
    return household_facts(purpose=errand.purpose, basis=basis) | {"matter": matter}


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
