"""The neighbours of one hub, and the hubs below it: agreements that hold, the region's own keys, and a source for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp
import asyncpg
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from connectors.manifest import Manifest
from hub import manners
from hub.access_log.failures import FAILURES
from hub.authorizations.revocation import AGREEMENT
from hub.authorizations.watch import POLL, RevocationWatch
from hub.chore import Chore
from hub.keys import KeyRing, Use
from hub.regions.agreement import Agreement, AgreementRefused, open_agreement
from hub.regions.asking import NeighbourSource, RegionKeys
from hub.regions.below import HubBelow
from hub.settings import Settings
from hub.signatures import base64url
from hub.sources import Source

DEADLINE = 6.0
"""Seconds a neighbouring hub is given: it asks departments of its own."""

READ_SECONDS = 2.0
_log = structlog.get_logger("hub.regions")


class Neighbours:
    """Agreements by code, and the sources they open by the six digits of a region: as the database has them, within a second.

    A notice of a change takes the agreement out at once, and what the database says is read after it: an agreement that was ended is
    followed by nobody while somebody reads.
    """

    def __init__(
        self, settings: Settings, pool: asyncpg.Pool[asyncpg.Record], below: Sequence[HubBelow] = (), *, keys: RegionKeys, session: aiohttp.ClientSession,
        clock: Callable[[], datetime], random: Callable[[int], bytes],
    ) -> None:
        """Nothing is known before the first `read`."""
        self.keys = keys
        self.below = tuple(source for hub in below for source in hub.sources())
        self.agreements: dict[str, Agreement] = {}
        self.asked: dict[str, Source] = {}
        self._region = settings.region
        self._pool = pool
        self._session = session
        self._clock = clock
        self._random = random
        self._changed: list[Callable[[], None]] = []
        self._reading: asyncio.Task[None] | None = None
        self._chore = Chore("agreements read")
        self._again = False
        self._notices = 0

    def subscribe(self, changed: Callable[[], None]) -> None:
        """Have `changed` called whenever other neighbours can be asked than before."""
        self._changed.append(changed)

    def follow(self, kind: str, ref: str) -> None:
        """What the watch says: an AGREEMENT came, or ended."""
        if kind != AGREEMENT:
            return
        self._notices += 1
        ended = self.agreements.pop(ref, None)
        if ended is not None:
            for region in ended.parties:
                self.asked.pop(region[:6], None)
            self._tell()
        self._again = True
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_until_read())

    async def read(self) -> None:
        """Read the agreements; one that does not verify is left out and said so, it never opens anything."""
        agreements, asked = {}, {}
        noticed = self._notices
        rows = await self._pool.fetch("SELECT code, document, signatures FROM agreement WHERE active ORDER BY code")
        if self._notices != noticed:
            return  # seen before a change that is known by now: who heard of it reads after it
        for row in rows:
            try:
                agreement = open_agreement(
                    bytes(row["document"]), orjson.loads(row["signatures"]), own_region=self._region, own_key=self.keys.signing_jwk,
                )
            except AgreementRefused as refused:
                _log.error("agreement left out", code=row["code"], reason=str(refused))
                continue
            agreements[agreement.code] = agreement
            for region in agreement.parties.keys() - {self._region}:
                asked[region[:6]] = self._source(agreement, region)
        # In place: whoever holds the mappings sees what holds now.
        for held, now in ((self.agreements, agreements), (self.asked, asked)):
            held.clear()
            held.update(now)  # type: ignore[arg-type]
        self._tell()

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _source(self, agreement: Agreement, region: str) -> Source:
        connector = NeighbourSource(
            agreement, own_region=self._region, region=region, keys=self.keys, session=self._session,
            department_of=self._department, clock=self._clock, random=self._random,
        )
        return Source("confirmation", "MZ", region, f"hub/{region}", DEADLINE, gathers=False, connector=connector, one_matter=True)

    async def _department(self, organisation: str) -> str:
        """Looked up for each question, beside which it costs nothing: an organisation may have been enrolled since."""
        try:
            return str(await self._pool.fetchval("SELECT department FROM organisation WHERE code = $1", organisation) or "")
        except FAILURES as error:
            raise AgreementRefused("for whom it is asked cannot be read now") from error

    async def _read_until_read(self) -> None:
        while self._again:
            self._again = False
            with self._chore:
                async with asyncio.timeout(READ_SECONDS):
                    await self.read()
            if self._chore.failing:
                self._again = True
                await asyncio.sleep(POLL)

    def _tell(self) -> None:
        for changed in self._changed:
            changed()


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
    settings: Settings, pool: asyncpg.Pool[asyncpg.Record], hubs: Sequence[Manifest] = (), *, keys: KeyRing, session: aiohttp.ClientSession,
    clock: Callable[[], datetime], random: Callable[[int], bytes], watch: RevocationWatch | None = None,
) -> Neighbours:
    """The neighbours of a hub as they are now, and with a `watch` as they come to be. `hubs` are the manifests of hubs below."""
    own = region_keys(keys, settings.region)
    below = [
        HubBelow(manifest, keys=own, session=session, clock=clock, random=random, changed=manners.breaker, noted=manners.noted) for manifest in hubs
    ]
    neighbours = Neighbours(settings, pool, below, keys=own, session=session, clock=clock, random=random)
    if watch is not None:
        watch.subscribe(neighbours.follow)  # before reading: what changes meanwhile is not lost
    await neighbours.read()
    return neighbours
