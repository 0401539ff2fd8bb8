"""假名标识 (pid): a person a source names, as one organisation may know them under one purpose; never to be followed.

An HMAC of the ID number, so that the same person in two answers of one purpose and case is seen to be the same, and answers cannot be joined
across purposes, organisations or cases (domain: Pid differs per purpose).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from hub.keys import KeyRing, Use


class Pseudonyms:
    """Names people under a purpose."""

    def __init__(self, keys: KeyRing) -> None:
        """Rotating the key changes every pseudonym made afterwards."""
        self._keys = keys

    def pid(self, id_number: str, *, purpose: str, organisation: str, case: str) -> str:
        """`pid_` and 128 bits in base64url; `id_number` normalised."""
        # Length before each part: no two different scopes run together to the same bytes.
        parts = (purpose.encode(), organisation.encode(), case.encode(), id_number.encode())
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        digest = hmac.new(self._keys.current(Use.PSEUDONYM).secret, b"pid" + message, hashlib.sha256).digest()
        return "pid_" + base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
