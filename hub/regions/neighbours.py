"""The neighbours of one hub: agreements that hold, the region's own keys, and a source for each neighbour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import asyncpg
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from hub.keys import KeyRing, Use
from hub.regions.agreement import Agreement, AgreementRefused, open_agreement
from hub.regions.asking import NeighbourSource, RegionKeys
from hub.settings import Settings
from hub.signatures import base64url
from hub.sources import Source

DEADLINE = 6.0
"""Seconds a neighbouring hub is given: it asks departments of its own."""

_log = structlog.get_logger("hub.regions")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Agreements by code, and the sources they open by region."""

    agreements: Mapping[str, Agreement]
    asked: Mapping[str, Source]
    keys: RegionKeys

    def sources(self) -> Mapping[str, Source]:
        """By 12-digit region code."""
        return self.asked


def region_keys(keys: KeyRing, region: str) -> RegionKeys:
    """A region's own keys in the forms the libraries take."""
    signing, encryption = keys.current(Use.REGION), keys.current(Use.REGION_ENC)
    private = Ed25519PrivateKey.from_private_bytes(signing.secret)
    kid = f"{region}-{signing.version}"
    jwk = OKPKey.import_key({
        "kty": "OKP", "crv": "Ed25519", "kid": kid, "d": base64url(signing.secret),
        "x": base64url(private.public_key().public_bytes_raw()),
    })
    public = X25519PrivateKey.from_private_bytes(encryption.secret).public_key().public_bytes_raw()
    enc = OKPKey.import_key({"kty": "OKP", "crv": "X25519", "d": base64url(encryption.secret), "x": base64url(public)})
    return RegionKeys(kid, private, jwk, enc)


async def open_neighbours(
    settings: Settings, pool: asyncpg.Pool[asyncpg.Record], *, keys: KeyRing, session: aiohttp.ClientSession,
    clock: Callable[[], datetime], random: Callable[[int], bytes],
) -> Neighbours:
    """Read the agreements of the database; one that does not verify is left out and said so, it never opens anything."""
    own = region_keys(keys, settings.region)
    departments = {row["code"]: row["department"] for row in await pool.fetch("SELECT code, department FROM organisation")}
    agreements: dict[str, Agreement] = {}
    asked: dict[str, Source] = {}
    for row in await pool.fetch("SELECT code, document, signatures FROM agreement WHERE active"):
        try:
            agreement = open_agreement(
                bytes(row["document"]), orjson.loads(row["signatures"]), own_region=settings.region, own_key=own.signing_jwk,
            )
        except AgreementRefused as refused:
            _log.error("agreement left out", code=row["code"], reason=str(refused))
            continue
        agreements[agreement.code] = agreement
        for region in agreement.parties.keys() - {settings.region}:
            connector = NeighbourSource(
                agreement, own_region=settings.region, region=region, keys=own, session=session,
                department_of=lambda code: departments.get(code, ""), clock=clock, random=random,
            )
            asked[region] = Source("confirmation", "MZ", region, f"hub/{region}", DEADLINE, gathers=False, connector=connector)
    return Neighbours(agreements, asked, own)
