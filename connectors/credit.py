"""社会信用信息平台: records of dishonesty go out to it; there is no call by which anything could be asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.platform_door import PlatformDoor
from connectors.platform_manifest import PlatformManifest
from connectors.signing import Clock, Random


@dataclass(frozen=True, slots=True)
class Filing:
    """What is recorded of whom: a decision that stands, by its number. `intent` is the hub's log entry; days are "YYYY-MM-DD"."""

    reference: str
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    decision: str
    decided_on: str
    issuer: str
    officer: str
    reason: str
    intent: str


class CreditPlatform:
    """The platform behind its manifest. Raises DepartmentError."""

    def __init__(self, manifest: PlatformManifest, *, clock: Clock, random: Random) -> None:
        """Nothing is contacted yet."""
        self._words = manifest.parts["submit"]
        self._door = PlatformDoor(manifest, clock=clock, random=random)

    async def submit(self, filing: Filing) -> str:
        """The platform's number of the record; the same reference again is the same record."""
        words = self._words
        body = {
            words["number"]: filing.id_number, words["name"]: filing.name, words["decision"]: filing.decision,
            words["decided_on"]: filing.decided_on, words["issuer"]: filing.issuer, words["officer"]: filing.officer,
            words["reason"]: filing.reason, words["reference"]: filing.reference,
        }
        return self._door.text_at(await self._door.call(words["path"], body, intent=filing.intent), words["ticket"])

    async def close(self) -> None:
        """Give the sockets back."""
        await self._door.close()
