"""Ids of cases, letters and tokens: a prefix and a ULID, sortable by the time they were given."""

from __future__ import annotations

from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32


def new_id(prefix: str, at: datetime, chance: bytes) -> str:
    """`<prefix>_` and 26 characters: 48 bits of milliseconds, 80 bits of `chance` (10 bytes)."""
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(chance[:10], "big")
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
