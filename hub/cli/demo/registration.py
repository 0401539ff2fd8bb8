"""The platform's part of the demonstration: a family declared, its letters signed with the family's own keys, registered, revoked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import ECKey, OKPKey

from connectors.sandbox.people import Household, Member
from connectors.sandbox.population import Population
from hub.authorizations.drafting import Signatory, letter_document, letter_entry
from hub.authorizations.signing import sign_pause, sign_registration, sign_revocation
from hub.signatures import base64url
from policies.letter_templates import NATIONAL, TEMPLATES
from policies.letters import UNDER_14

TICKED = tuple(item for item in TEMPLATES[NATIONAL].separately if item != UNDER_14)
"""What everybody of the demonstration ticks on the nationwide form's sheet; a guardian also that it is a child's."""


def jwk(key: Ed25519PrivateKey, kid: str) -> OKPKey:
    """A raw Ed25519 key as a JWK."""
    public = base64url(key.public_key().public_bytes_raw())
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "kid": kid, "d": base64url(key.private_bytes_raw()), "x": public})


@dataclass(frozen=True, slots=True)
class PlatformDesk:
    """A platform that registers families of one population at one hub."""

    platform: str
    population: Population
    hub: str
    region: str
    clock: Callable[[], datetime]
    jti: Callable[[], str]

    @property
    def key(self) -> OKPKey:
        """The platform's signing key."""
        return jwk(self.population.platform_key(), self.kid)

    @property
    def kid(self) -> str:
        """Its key id, the same in the hub's trust list."""
        return "platform-1"

    def jwks(self) -> dict[str, Any]:
        """What the hub enrols."""
        return {"keys": [{**self.key.as_dict(private=False), "kid": self.kid}]}

    def registration(
        self, family: Household, *, reference: str, assistance: str, organisations: Sequence[str],
        purposes: Sequence[str] = (), unsigned: Collection[int] = (), kin_of_staff: Mapping[int, Sequence[str]] = MappingProxyType({}),
        edition: int = 1, limits: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        died: Mapping[int, str] = MappingProxyType({}),
    ) -> str:
        """The signed registration of a case; with `purposes`, its letters, signed by all but `unsigned` (person indices). `kin_of_staff`
        names for a person index the officers whose relative they are. Letters signed anew for the same reference are another `edition`: a
        number names one document. `limits` has by a letter's suffix how often it may be used (`letter_document`); `died`
        is the day of death of a person index.
        """
        now = self.clock()
        people = [self._person(member) for member in family.everyone()]
        letters = []
        for suffix, signers in self._signed(family, unsigned) if purposes else ():
            number = f"{reference}-{suffix}" + (f"-{edition}" if edition > 1 else "")
            document = letter_document(
                number=number, platform=self.platform, reference=reference, matter=assistance, purposes=list(purposes),
                people=people, signatories=signers, signed_at=now, **limits.get(suffix, {}),
            )
            letters.append(letter_entry(number, document, signers))
        return sign_registration(
            self.key, kid=self.kid, platform=self.platform, audience=self.hub, jti=self.jti(), now=now, letters=letters,
            case={
                "reference": reference, "assistanceType": assistance, "stage": "SURVEY", "region": self.region,
                "organisations": list(organisations), "openedAt": now.isoformat(),
            },
            household={
                "area": family.area, "hukouRegion": _twelve(family.hukou_region), "residenceRegion": _twelve(family.residence_region),
                "kinOfStaff": family.kin_of_staff,
                "people": [self._declared(member, kin_of_staff, died) for member in family.everyone()],
            },
        )

    def revocation(self, *, reference: str, letter: str = "", reason: str = "", **part: Any) -> str:
        """The signed withdrawal of one letter, or with `by` of a part of it (revocation.schema.json)."""
        return sign_revocation(
            self.key, kid=self.kid, platform=self.platform, audience=self.hub, jti=self.jti(), now=self.clock(),
            reference=reference, letter=letter, reason=reason, **part,
        )

    def pause(self, *, reference: str, state: str, letter: str = "") -> str:
        """The signed word that letters rest (PAUSED) or go on (ACTIVE)."""
        return sign_pause(
            self.key, kid=self.kid, platform=self.platform, audience=self.hub, jti=self.jti(), now=self.clock(), reference=reference,
            state=state, letter=letter,
        )

    def _declared(self, member: Member, kin_of_staff: Mapping[int, Sequence[str]], died: Mapping[int, str]) -> Mapping[str, Any]:
        index = member.person.index
        more = {"kinOfStaff": list(kin_of_staff.get(index, ()))} | ({"deathOn": died[index]} if index in died else {})
        return {**self._person(member), **{name: said for name, said in more.items() if said}}

    def _person(self, member: Member) -> Mapping[str, Any]:
        person = member.person
        return {
            "ref": _ref(person.index), "idNumber": person.id_number, "name": person.name, "sex": person.sex,
            "birthDate": person.birth_date.isoformat(), "relation": member.relation, "role": member.role,
            "capacity": member.capacity, "guardians": [_ref(index) for index in member.guardians],
        }

    def _signed(self, family: Household, unsigned: Collection[int]) -> list[tuple[str, list[Signatory]]]:
        """The letters and who signs each: the adults, their guardians for the wards, and the obligors on their own."""
        wards: dict[int, list[str]] = {}
        for member in family.members:
            if member.guardians:
                wards.setdefault(member.guardians[0], []).append(_ref(member.person.index))
        found = [
            ("H", [self._own(one) for one in family.members if not one.guardians and one.person.index not in unsigned]),
            *((f"G{n}", [self._for(family, index, tuple(refs))]) for n, (index, refs) in enumerate(wards.items(), 1)),
            ("O", [self._own(one) for one in family.obligors if one.person.index not in unsigned]),
        ]
        return [(suffix, signers) for suffix, signers in found if signers]

    def _own(self, member: Member) -> Signatory:
        ref = _ref(member.person.index)
        if member.role == "OBLIGOR":  # of another bank's or telecom's certificate: the other accepted suite
            key = ECKey.import_key(self.population.es256_key(member.person))
            return Signatory(ref, ECKey.import_key({**key.as_dict(private=True), "kid": f"signer-{ref}"}), separately=TICKED)
        return Signatory(ref, jwk(self.population.signing_key(member.person), f"signer-{ref}"), separately=TICKED)

    def _for(self, family: Household, guardian: int, wards: tuple[str, ...]) -> Signatory:
        member = next(one for one in family.members if one.person.index == guardian)
        return replace(self._own(member), capacity="LEGAL_REPRESENTATIVE", covers=wards, separately=(*TICKED, UNDER_14))


def _ref(index: int) -> str:
    return f"p{abs(index)}"


def _twelve(region: str) -> str:
    return region.ljust(12, "0")
