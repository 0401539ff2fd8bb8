"""Two regions with deterministic keys and one agreement both signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import KeySet, OKPKey

from hub.canonical import canonical
from hub.regions.agreement import sign

TONGNAN, QUXIAN = "500152000000", "511725000000"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Region:
    code: str
    url: str
    jwk: OKPKey
    raw: Ed25519PrivateKey
    encryption: OKPKey

    @property
    def kid(self) -> str:
        return f"{self.code}-1"

    def published(self, receivers: list[str]) -> dict[str, Any]:
        return {
            "url": self.url,
            "jwks": {"keys": [{**self.jwk.as_dict(private=False), "kid": self.kid}]},
            "encryption": self.encryption.as_dict(private=False),
            "onwardReceivers": receivers,
        }

    @property
    def keys(self) -> KeySet:
        return KeySet.import_key_set({"keys": [{**self.jwk.as_dict(private=False), "kid": self.kid}]})


def make_region(code: str, url: str) -> Region:
    jwk = OKPKey.generate_key("Ed25519", {"kid": f"{code}-1"})
    return Region(code, url, jwk, jwk.private_key, OKPKey.generate_key("X25519"))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def tongnan() -> Region:
    return make_region(TONGNAN, "http://127.0.0.1:8152")


@pytest.fixture(scope="session")
def quxian() -> Region:
    return make_region(QUXIAN, "http://127.0.0.1:8725")


@pytest.fixture
def document(tongnan: Region, quxian: Region) -> dict[str, Any]:
    return {
        "code": "EXAMPLE-2026-01",
        "validFrom": "2026-11-01",
        "validTo": "2027-10-31",
        "purposes": ["RESULT_RECOGNITION"],
        "resultKinds": ["CONFIRMATION"],
        "factGroups": ["confirmation"],
        "freshDays": 90,
        "parties": {tongnan.code: tongnan.published(["YB", "MZ"]), quxian.code: quxian.published(["YB", "MZ"])},
    }


def signed(document: dict[str, Any], *regions: Region) -> tuple[bytes, dict[str, str]]:
    data = canonical(document)
    return data, {r.code: sign(data, code=document["code"], kid=r.kid, key=r.jwk) for r in regions}
