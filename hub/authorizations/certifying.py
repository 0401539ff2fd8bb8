"""Whether a signer's certificate says whose key it is, by the operator's trust list (trust_list.py).

Without a trust list no certificate proves anything. With one, an electronic signature of a platform in `required_of` is refused without
its certificate, and what that platform's counters attest counts as LOW: their keys are its own word too (evidence.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.authorizations.declared import DeclaredPerson
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.trust_list import NotTrusted, TrustList
from hub.suites import SignerKey


@dataclass(frozen=True, slots=True)
class Certifying:
    """One registration's: the trust list as it is now, and which platform speaks."""

    trust: TrustList | None
    platform: str
    now: datetime

    @property
    def required(self) -> bool:
        """Whether the platform's word for a key is not enough."""
        return self.trust is not None and self.platform in self.trust.required

    def certified(self, number: str, given: Mapping[str, Any], signer: DeclaredPerson, key: SignerKey, at: datetime) -> bool:
        """Whether a certificate proves the key of a signature made at `at`. Raises `Refused` for one that does not hold, or is missing."""
        if self.trust is None:
            return False
        if "x5c" not in given:
            if self.required:
                raise Refused(Flaw.SIGNER_CERTIFICATE, f"letter '{number}': '{signer.ref}' signed without a certificate")
            return False
        try:
            self.trust.verify(given["x5c"], key, name=signer.name, id_number=signer.id_number, signed_at=at, now=self.now)
        except NotTrusted as error:
            raise Refused(Flaw.SIGNER_CERTIFICATE, f"letter '{number}' signer '{signer.ref}': {error}") from None
        return True
