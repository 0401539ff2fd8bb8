"""Asking a neighbouring region's hub for confirmation results, as one more source behind the connector interface.

A neighbour is asked exactly the columns the plan named, for exactly one onward receiver; what comes back is believed only
after signature, response binding, credential, status list and subject binding were verified here. The exchange's id is the
asking hub's intent entry, so that both regions' logs hold it under one id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import KeySet, OKPKey

from connectors.interface import Ask, DepartmentBroke, DepartmentTimeout, DepartmentUnavailable, Raw, Records, Subject, Told
from hub.http_signatures import Request, Response
from hub.regions.agreement import Agreement, AgreementRefused
from hub.regions.credential import CredentialRefused, reduced, verify
from hub.regions.exchange import ExchangeRefused, sign_request, unseal, verify_response
from hub.regions.status_list import standing
from hub.sealed_bodies import seal

PATH = "/regions/confirmations"
STATUS_PATH = "/regions/status-list"
MEDIA_TYPE = "application/jose"
PROOF = "proof"
_DATES = frozenset({"confirmedOn", "validTo"})
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class RegionKeys:
    """A region's keys: Ed25519 to sign messages and credentials, X25519 to be written to."""

    kid: str
    signing: Ed25519PrivateKey
    signing_jwk: OKPKey
    encryption: OKPKey


class NeighbourSource:
    """One neighbouring region under one agreement, as a connector of the group `confirmation`."""

    def __init__(
        self, agreement: Agreement, *, own_region: str, region: str, keys: RegionKeys, session: aiohttp.ClientSession,
        department_of: Callable[[str], Awaitable[str]], clock: Callable[[], datetime], random: Callable[[int], bytes],
    ) -> None:
        """`department_of` gives the department code of an organisation: the onward receiver the agreement must name."""
        self._agreement = agreement
        self._own = own_region
        self._party = agreement.parties[region]
        self._keys = keys
        self._session = session
        self._department_of = department_of
        self._clock = clock
        self._random = random
        self._status: tuple[float, str] = (0.0, "")

    @property
    def department(self) -> str:
        """The neighbour's civil-affairs side, as the disclosure shows it."""
        return "MZ"

    @property
    def region(self) -> str:
        """The 12-digit region code of the neighbour."""
        return self._party.region

    @property
    def groups(self) -> frozenset[str]:
        """Confirmation results and nothing else: raw facts of another region need its departments' consent (GDS §25)."""
        return frozenset({"confirmation"})

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        """Verified results by subject key. Raises DepartmentError."""
        now = self._clock()
        try:
            department = await self._department_of(ask.organisation)
            self._agreement.allow(
                purpose=ask.purpose, kind="CONFIRMATION", group=ask.group, asking=self._own, department=department, on=now.date(),
            )
            async with asyncio.timeout(ask.deadline):
                answer = await self._exchange(ask, department, now)
                status_list = await self._status_list(now)
            return {subject.key: self._records(ask, subject, answer, status_list, now) for subject in ask.subjects}
        except TimeoutError as error:
            raise DepartmentTimeout("the neighbouring region did not answer in time") from error
        except (aiohttp.ClientError, AgreementRefused) as error:
            raise DepartmentUnavailable(f"the neighbouring region was not asked: {type(error).__name__}") from error
        except (ExchangeRefused, CredentialRefused, KeyError, TypeError, ValueError) as error:
            raise DepartmentBroke(f"the neighbouring region's answer does not hold: {type(error).__name__}") from error

    async def close(self) -> None:
        """The session belongs to whoever opened it."""

    async def _exchange(self, ask: Ask, department: str, now: datetime) -> dict[str, Any]:
        content = {
            "exchange": ask.subjects[0].intent,
            "agreement": self._agreement.code,
            "from": self._own,
            "to": self._party.region,
            "purpose": ask.purpose,
            "kind": "CONFIRMATION",
            "receiver": {"organisation": ask.organisation, "department": department, "case": ask.subjects[0].approval},
            "fields": sorted({column.field for column in ask.columns} - {PROOF}),
            "subjects": [{"ref": str(n), "idNumber": s.id_number, "name": s.name} for n, s in enumerate(ask.subjects)],
        }
        body = seal(content, recipient=self._party.encryption, kid=f"{self._party.region}-enc")
        request = Request("POST", self._party.url + PATH, {"Content-Type": MEDIA_TYPE})
        sign_request(
            request, body, kid=self._keys.kid, key=self._keys.signing, at=now, nonce=self._random(16).hex(),
        )
        async with self._session.post(request.url, data=body, headers=request.headers, allow_redirects=False) as reply:
            received = await whole(reply)
            response = Response(reply.status, request, dict(reply.headers))
        verify_response(response, received, keys=public_keys(self._party.signing), now=now)
        if response.status_code != 200:
            raise AgreementRefused("the neighbouring region refused")
        answer = unseal(received, self._keys.encryption)
        if answer["exchange"] != content["exchange"]:
            raise ExchangeRefused("the answer is to another question")
        results: dict[str, Any] = answer["results"]
        return results

    async def _status_list(self, now: datetime) -> str:
        """The neighbour's list of withdrawn results, kept no longer than a minute."""
        fetched, token = self._status
        if now.timestamp() - fetched > 60:
            async with self._session.get(self._party.url + STATUS_PATH, allow_redirects=False) as reply:
                token = (await whole(reply)).decode("ascii")
            self._status = (now.timestamp(), token)
        return token

    def _records(self, ask: Ask, subject: Subject, answer: dict[str, Any], status_list: str, now: datetime) -> Records:
        result = answer.get(str(ask.subjects.index(subject)))
        if result is None:
            return Records("SOURCE_ERROR", None, ())
        rows = []
        names = {column.field for column in ask.columns} - {PROOF}
        for compact in result["credentials"]:
            credential = verify(
                compact, keys=self._party.signing, issuer=self._party.url, id_number=subject.id_number, now=now,
            )
            if credential.status_uri != self._party.url + STATUS_PATH:
                raise CredentialRefused("the credential names another status list")
            if not standing(
                status_list, credential.status_index, uri=credential.status_uri, keys=self._party.signing, now=now,
            ):
                continue
            raw = {name: _typed(name, value) for name, value in credential.claims.items()}
            proof = reduced(compact, names)
            rows.append(tuple(_told(column.field, column.reduce, raw, proof) for column in ask.columns))
        return Records(str(result["status"]) if rows or result["status"] != "MATCHED" else "NO_RECORD", result["asOf"], tuple(rows))


async def whole(reply: aiohttp.ClientResponse) -> bytes:
    """A neighbour's answer to its end, however many pieces it comes in. Raises ExchangeRefused past the largest there may be."""
    received = bytearray()
    async for piece in reply.content.iter_any():
        received += piece
        if len(received) > _MAX_BYTES:
            raise ExchangeRefused("the answer is too large")
    return bytes(received)


def _typed(name: str, value: object) -> Raw:
    if value is None or isinstance(value, bool):
        return value
    return date.fromisoformat(str(value)) if name in _DATES else str(value)


def _told(field: str, reduce: Callable[[Raw], Told], raw: Mapping[str, Raw], proof: str) -> Told:
    return reduce(proof if field == PROOF else raw.get(field))


def public_keys(keys: KeySet) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a key set by kid, as the signature library takes them; other keys cannot sign exchanges."""
    found: dict[str, Ed25519PublicKey] = {}
    for key in keys.keys:
        if isinstance(key, OKPKey) and isinstance(key.public_key, Ed25519PublicKey) and key.kid:
            found[key.kid] = key.public_key
    return found
