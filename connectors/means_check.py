"""A means-check system (核对系统): a check is submitted, answered in hours or days, and its sealed report fetched.

Rules of this file:
- What is submitted is the household, the letters' references, the purpose and the income period (domain B12), and nothing the hub was told.
- Submitting again under the same reference is the same check: the systems' contracts say so, so a lost answer is asked for again.
- A report counts only under the system's own seal and for the reference it was asked under; one line that cannot be read is told as
  `SOURCE_ERROR`, never left out, and `NO_RECORD` stays `NO_RECORD`: it is not "has none".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connectors.interface import DepartmentBroke
from connectors.platform_door import PlatformDoor
from connectors.platform_manifest import PlatformManifest
from connectors.signing import Clock, Random

STATES = frozenset({"PENDING", "COMPLETE", "PARTIAL", "FAILED"})
_LINES = 5000


@dataclass(frozen=True, slots=True)
class Checked:
    """One person of a check; `role` is MEMBER or OBLIGOR, `relation` GB/T 4761."""

    id_number: str = field(repr=False)
    name: str = field(repr=False)
    relation: str
    role: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. Months are "YYYY-MM"; `letters` are (number, SHA-256 hex); `intent` is the hub's log entry."""

    reference: str
    organisation: str
    purpose: str
    assistance: str
    income_from: str
    income_to: str
    people: tuple[Checked, ...]
    letters: tuple[tuple[str, str], ...]
    intent: str


class MeansCheckSystem:
    """One system behind its manifest. Raises DepartmentError."""

    def __init__(self, manifest: PlatformManifest, *, clock: Clock, random: Random) -> None:
        """Raises ValueError for a seal key that is none."""
        self.title = manifest.title
        self._manifest = manifest
        self._door = PlatformDoor(manifest, clock=clock, random=random)
        self._seal = Ed25519PublicKey.from_public_bytes(_bytes(manifest.seal_key))

    async def submit(self, order: Order) -> str:
        """The system's own number of the check."""
        words = self._manifest.parts["submit"]
        body = {
            words["organisation"]: order.organisation, words["purpose"]: order.purpose, words["assistance"]: order.assistance,
            words["income_from"]: order.income_from, words["income_to"]: order.income_to, words["reference"]: order.reference,
            words["people"]: [
                {
                    words["place"]: str(place), words["number"]: one.id_number, words["name"]: one.name, words["relation"]: one.relation,
                    words["role"]: words["obligor"] if one.role == "OBLIGOR" else words["member"],
                } for place, one in enumerate(order.people, 1)
            ],
            words["letters"]: [{words["letter_number"]: number, words["letter_hash"]: digest} for number, digest in order.letters],
        }
        answer = await self._door.call(words["path"], body, intent=order.intent)
        return self._door.text_at(answer, words["ticket"])

    async def state(self, ticket: str, *, intent: str) -> str:
        """PENDING, COMPLETE, PARTIAL or FAILED."""
        words = self._manifest.parts["status"]
        answer = await self._door.call(words["path"], {words["ticket"]: ticket}, intent=intent)
        state = self._manifest.codes["status.codes"].get(self._door.text_at(answer, words["state"]), "")
        if state not in STATES:
            raise DepartmentBroke(f"{self._manifest.platform} answered with a state its contract does not list")
        return state

    async def report(self, ticket: str, *, reference: str, people: int, intent: str) -> dict[str, Any]:
        """The report of a finished check, in the hub's words. `people` is how many were submitted."""
        words = self._manifest.parts["report"]
        answer = await self._door.call(words["path"], {words["ticket"]: ticket}, intent=intent)
        try:
            document = _bytes(self._door.text_at(answer, words["document"]))
            self._seal.verify(_bytes(self._door.text_at(answer, words["seal"])), document)
            said = orjson.loads(document)
        except (InvalidSignature, ValueError):
            raise DepartmentBroke(f"{self._manifest.platform} sent a report without its seal") from None
        if not isinstance(said, dict) or said.get(words["reference"]) != reference:
            raise DepartmentBroke(f"{self._manifest.platform} sent another check's report")
        return self._read(said, people)

    def _read(self, said: Mapping[str, Any], people: int) -> dict[str, Any]:
        words = self._manifest.parts["report"]
        lines, doubts = said.get(words["lines"]), said.get(words["doubts"])
        if not isinstance(lines, list) or len(lines) > _LINES or not isinstance(doubts, list):
            raise DepartmentBroke(f"{self._manifest.platform} sent a report without lines")
        return {
            "reportNo": self._door.text_at(said, words["number"]), "issuer": self._door.text_at(said, words["issuer"]),
            "issuedAt": self._door.text_at(said, words["issued_at"]), "validUntil": self._door.text_at(said, words["valid_until"]),
            "lines": [self._line(line, people) for line in lines], "doubts": [str(doubt) for doubt in doubts],
            "conclusion": "信息比对结果，不作为是否给予救助的决定",
        }

    def _line(self, line: object, people: int) -> dict[str, Any]:
        """One source's line about one person. `person` is their place among those submitted, 1 on."""
        words, codes = self._manifest.parts["report"], self._manifest.codes
        if not isinstance(line, dict):
            raise DepartmentBroke(f"{self._manifest.platform} sent a line that is none")
        place = str(line.get(words["line_place"]))
        if not place.isdecimal() or not 1 <= int(place) <= people:
            raise DepartmentBroke(f"{self._manifest.platform} sent a line about somebody nobody asked about")
        item = codes["report.items"].get(str(line.get(words["line_item"])))
        status = codes["report.statuses"].get(str(line.get(words["line_status"])), "SOURCE_ERROR") if item else "SOURCE_ERROR"
        comparison = codes["report.comparisons"].get(str(line.get(words["line_comparison"])), "CANNOT_COMPARE")
        return {
            "person": int(place), "item": item or "UNLISTED", "source": str(line.get(words["line_source"], "")),
            "dataAsOf": str(line.get(words["line_as_of"], "")), "status": status, "comparison": comparison,
        }

    async def close(self) -> None:
        """Give the sockets back."""
        await self._door.close()


def _bytes(text: str) -> bytes:
    """base64url, with or without padding. Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
