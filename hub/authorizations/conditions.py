"""What a region's law asks of a letter beside its signatures: items consented to apart (PIPL §29), and a notice that is still true (§14, §17).

Worked out as a letter is read, so that a question looks at what is left and works nothing out.

Rules of this file:
- What is sensitive is carried by a signature alone that consented to it as an item of its own, or under words the region takes for one.
- A child under fourteen stands under a letter alone where the guardian consented to that as an item (PIPL §28, §31).
- What a later notice changed materially, a letter under an earlier one no longer carries from that day on; what was told before stays told.
- A letter under a notice that no register knows carries nothing: nobody can say what its signers were shown.
- What a notice did not tell of, no letter under it carries, whatever it lists (§17); of what is sensitive it tells the need and the effect (§30).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import MappingProxyType

from hub.authorizations.declared import DeclaredLetter
from hub.authorizations.matter import Part
from hub.authorizations.reasons import Flaw, Refused
from policies.calendar import CHINA
from policies.letters import UNDER_14
from policies.notices import Notices, notices
from policies.separate_consent import SeparateConsent, separate_consent
from schema.register import GROUPS

_NONE: frozenset[str] = frozenset()
LEVELS = MappingProxyType({code: frozenset([field.level for field in spec.fields.values()]) for code, spec in GROUPS.items()})
"""The sensitivities of each fact group's fields, as they are labelled."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """One region's, as of its files. `sensitive` are the groups that need an item; `untold` what each notice is silent about, by version."""

    consent: SeparateConsent | None
    notices: Notices | None
    sensitive: frozenset[str]
    untold: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, region: str) -> Conditions:
        """Those of a region (6 or 12 digits). Reads files. Raises ParametersRefused."""
        return cls.made(separate_consent(region[:6]), notices(region[:6]))

    @classmethod
    def made(cls, consent: SeparateConsent, register: Notices) -> Conditions:
        """From the two sets of rules."""
        sensitive = consent.needed(LEVELS)
        explained = sensitive | {UNDER_14} if consent.under_14 else sensitive
        untold = {version: one.silent(explained) for version, one in register.versions.items()}
        return cls(consent, register, sensitive, MappingProxyType(untold))

    def lacking(self, capacity: str, separately: Collection[str], template: str) -> frozenset[str]:
        """The fact groups a signature opens none of for want of an item, and UNDER_14 where a child is not covered for want of that.
        `separately` are its items, `template` the form whose words it stands under.
        """
        if self.consent is None:
            return _NONE
        given = frozenset(separately) if capacity != "AGENT" or self.consent.by_agent else _NONE
        # Nobody under sixteen signs for themselves (Civil Code §18): their own signature is never a child's.
        child = frozenset({UNDER_14}) - given if self.consent.under_14 and capacity != "SELF" else _NONE
        return (self.sensitive - given - self.consent.named(template)) | child

    def silent(self, version: str) -> frozenset[str]:
        """The fact groups, purposes and UNDER_14 that a notice does not tell of. Of one no register knows `outdated` says enough."""
        return self.untold.get(version, _NONE)

    def outdated(self, version: str) -> tuple[Part, ...]:
        """What later notices took from letters under this one, each from its day on."""
        if self.notices is None:
            return ()
        later = self.notices.later(version)
        if later is None:
            return (Part(_NONE, _NONE, _NONE, _NONE, by="", at=datetime.min.replace(tzinfo=UTC)),)
        return tuple([
            Part(_NONE, change.fact_groups, change.purposes, change.receivers, by="", at=datetime.combine(day, time(), CHINA)) for day, change in later
        ])

    def shown(self, on: date) -> tuple[str, ...]:
        """The notices that may be shown to who signs on a day."""
        return tuple([one.version for one in self.notices.versions.values() if one.shown(on)]) if self.notices is not None else ()

    def silent_on(self, day: date) -> frozenset[str]:
        """What the latest notice shown to who signs on a day does not tell of."""
        return self.silent(next(reversed(self.shown(day)), ""))

    def refuse_unshown(self, letters: Iterable[DeclaredLetter], held: Collection[bytes]) -> None:
        """Refuse a registration that brings a new letter under a notice nobody registered, or that was not shown on the day it was signed. One
        the hub holds (by hash) was taken in before, and carries what it still carries. Raises `Refused`.
        """
        for letter in letters:
            if self.notices is None or letter.hash in held:
                continue
            notice = self.notices.versions.get(letter.notice)
            if notice is None:
                raise Refused(Flaw.NOTICE_UNKNOWN, f"letter '{letter.number}' names a notice that is not in the register")
            if not notice.shown(letter.signed_at.astimezone(CHINA).date()):
                raise Refused(Flaw.NOTICE_NOT_SHOWN, f"letter '{letter.number}' names a notice that was not in force on the day of signing")


AS_SIGNED = Conditions(None, None, _NONE, MappingProxyType({}))
"""None: letters as they were signed, for who withdraws from them."""
