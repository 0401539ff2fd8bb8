"""Ids of cases, letters, tokens and log entries: a prefix and a ULID, sortable by the time they were given."""

from __future__ import annotations

from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def new_id(prefix: str, at: datetime, chance: bytes) -> str:
    """`<prefix>_` and 26 characters: 48 bits of milliseconds, 80 bits of `chance` (10 bytes)."""
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(chance[:10], "big")
    # Two characters at once: an entry of the log gets its id on the hot path.
    return f"{prefix}_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
