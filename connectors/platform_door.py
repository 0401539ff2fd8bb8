"""One signed call to a platform and its answer by the manifest's words; what every kind of platform has in common."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from yarl import URL

from connectors.door import Door, accepted
from connectors.interface import DepartmentBroke, DepartmentTimeout, DepartmentUnavailable
from connectors.platform_manifest import PlatformManifest
from connectors.signing import Clock, Random, signer


class PlatformDoor:
    """A platform's endpoint. Raises DepartmentError and nothing else; no text of the platform's goes on."""

    def __init__(self, manifest: PlatformManifest, *, clock: Clock, random: Random) -> None:
        """Nothing is contacted yet."""
        self.manifest = manifest
        self._door = Door(manifest.platform, concurrency=manifest.concurrency, max_bytes=manifest.max_bytes)
        self._sign = signer(
            manifest.scheme, manifest.credentials, intent_header=manifest.answer.get("intent_header", ""), clock=clock, random=random,
        )

    async def call(self, path: str, body: Mapping[str, object], *, intent: str) -> Mapping[str, object]:
        """The answer's object, once it says that it succeeded. `intent` is the log entry the call stands under."""
        url = URL(self.manifest.place.rstrip("/") + path, encoded=True)
        content = orjson.dumps(body)

        def make() -> tuple[bytes, Mapping[str, str]]:
            return content, {"Content-Type": "application/json", **self._sign(str(url), url.raw_path, content, intent)}

        try:
            async with asyncio.timeout(self.manifest.deadline):
                whole = accepted(self.manifest.platform, await self._door.post(url, make), "application/json")
        except TimeoutError:
            raise DepartmentTimeout(f"{self.manifest.platform} did not answer before its deadline") from None
        try:
            answer = orjson.loads(whole)
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"{self.manifest.platform} answered with what is not JSON") from None
        if not isinstance(answer, dict) or str(answer.get(self.manifest.answer["ok"])) != self.manifest.answer["ok_value"]:
            raise DepartmentUnavailable(f"{self.manifest.platform} did not accept the call")
        return answer

    def text_at(self, answer: Mapping[str, object], path: str) -> str:
        """A text of the answer by dotted path. Raises DepartmentBroke where there is none."""
        value: object = answer
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str) or not value:
            raise DepartmentBroke(f"{self.manifest.platform} answered without {path}")
        return value

    async def close(self) -> None:
        """Give the sockets back."""
        await self._door.close()
