"""How strongly a signature proves who made it, once the hub has a trust list: by certificate, or no longer on the platform's word.

    ESIGN with a certificate that holds       as the platform says
    ESIGN without                             SUBSTANTIAL at most; refused of a platform of which certificates are required
    ink, fingerprint                          as before; LOW at most of such a platform, whose counter's key is its own word too

A region's rules see the assurance and may require more (policies/, `context.subject.assurance`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.authorizations.declared import DeclaredPerson
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.trust_list import NotTrusted, TrustList
from hub.signatures import PublicKey

_WEAKEST_FIRST = ("LOW", "SUBSTANTIAL", "HIGH")


@dataclass(frozen=True, slots=True)
class Certifying:
    """One registration's: the trust list as it is now, and which platform speaks."""

    trust: TrustList
    platform: str
    now: datetime

    def assurance(self, number: str, given: Mapping[str, Any], signer: DeclaredPerson, key: PublicKey | None, at: datetime) -> str:
        """The assurance of one signature made at `at`. Raises `Refused` for a certificate that does not hold, or is missing."""
        required = self.platform in self.trust.required
        if given["method"] != "ESIGN":
            return _at_most("LOW" if required else "SUBSTANTIAL", given["assurance"])
        if "x5c" not in given:
            if required:
                raise Refused(Flaw.SIGNER_CERTIFICATE, f"letter '{number}': '{signer.ref}' signed without a certificate")
            return _at_most("SUBSTANTIAL", given["assurance"])
        try:
            self.trust.verify(given["x5c"], key, name=signer.name, id_number=signer.id_number, signed_at=at, now=self.now)
        except NotTrusted as error:
            raise Refused(Flaw.SIGNER_CERTIFICATE, f"letter '{number}' signer '{signer.ref}': {error}") from None
        return str(given["assurance"])


def _at_most(most: str, claimed: str) -> str:
    return min(most, claimed, key=_WEAKEST_FIRST.index)
