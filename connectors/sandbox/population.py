"""A deterministic synthetic population of one region: people, households and every department's records of them, made when asked.

Rules of this file:
- The same (region, seed, today) gives the same people; person i does not depend on how many there are or on what was asked before.
- Nobody here can exist: county codes 5099xx and 5199xx were never assigned (domain B1).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.sandbox import families, family_wellbeing
from connectors.sandbox.facts.by_group import GENERATORS
from connectors.sandbox.households import HOUSEHOLDS_A_BLOCK, MOST_PEOPLE, PEOPLE_A_BLOCK, block, index_of
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import TODAY, Setting

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Population:
    """`size` people of `region` (6 digits), rounded up to whole blocks of twenty, besides the two hand-shaped families."""

    def __init__(self, region: str, size: int = 10_000, seed: int = 1, *, today: date = TODAY) -> None:
        self.setting = Setting(region=region, seed=seed, today=today)
        self.size = -(-size // PEOPLE_A_BLOCK) * PEOPLE_A_BLOCK
        if self.size > MOST_PEOPLE:
            raise ValueError(f"at most {MOST_PEOPLE} people have ID numbers of their own in one region")
        self.gone_by = 0
        """People who went by in streams so far: how far a department is that writes everybody down."""
        self._block = functools.lru_cache(maxsize=1024)(functools.partial(block, self.setting))
        self._demo = families.demo_household(self.setting)
        self._edge = families.edge_household(self.setting)
        self._shaped = {
            **families.demo_records(self.setting, self._demo), **families.edge_records(self.setting, self._edge),
            **family_wellbeing.demo_records(self.setting), **family_wellbeing.edge_records(self.setting),
        }
        self._shaped_people = {member.person.index: member.person for member in self._demo.everyone() + self._edge.everyone()}
        self._shaped_numbers = {person.id_number: person for person in self._shaped_people.values()}

    @property
    def region(self) -> str:
        """The region's 6-digit code."""
        return self.setting.region

    @property
    def today(self) -> date:
        """The day the population takes for today."""
        return self.setting.today

    @property
    def household_count(self) -> int:
        """Households of the generated people."""
        return self.size // PEOPLE_A_BLOCK * HOUSEHOLDS_A_BLOCK

    def person(self, index: int) -> Person:
        """One person; negative indices are the hand-shaped families'. IndexError beyond the population."""
        if index in self._shaped_people:
            return self._shaped_people[index]
        if not 0 <= index < self.size:
            message = f"no person {index}"
            raise IndexError(message)
        people = (member.person for household in self._block(index // PEOPLE_A_BLOCK) for member in household.members)
        return next(person for person in people if person.index == index)

    def household(self, index: int) -> Household:
        """One household; IndexError beyond the population."""
        if index in {families.DEMO, families.EDGE}:
            return self._demo if index == families.DEMO else self._edge
        if not 0 <= index < self.household_count:
            message = f"no household {index}"
            raise IndexError(message)
        return self._block(index // HOUSEHOLDS_A_BLOCK)[index % HOUSEHOLDS_A_BLOCK]

    def people(self) -> Iterator[Person]:
        """Everybody, streaming: the hand-shaped families, then the generated people in order."""
        yield from self._shaped_people.values()
        for household in self.households():
            for member in household.members:
                yield member.person

    def households(self) -> Iterator[Household]:
        """The generated households in order, streaming."""
        for number in range(self.size // PEOPLE_A_BLOCK):
            yield from self._block(number)
            self.gone_by += PEOPLE_A_BLOCK

    def by_id_number(self, id_number: str) -> Person | None:
        """The person of an ID number, or None: worked out from the number, however many people there are."""
        shaped = self._shaped_numbers.get(id_number)
        if shaped is not None:
            return shaped
        index = index_of(self.setting, id_number)
        if index is None or index >= self.size:
            return None
        person = self.person(index)
        return person if person.id_number == id_number else None

    def demo_family(self) -> Household:
        """The hand-shaped family of five with an obligor outside the household."""
        return self._demo

    def edge_family(self) -> Household:
        """The family Quxian (511725) confirmed 低保边缘, living in Tongnan (500152)."""
        return self._edge

    def records(self, group: str, person: Person) -> tuple[Record, ...]:
        """What the group's department knows of a person, in standard codes and units; empty means no record. KeyError for an unknown group."""
        made = GENERATORS[group]
        if person.index < 0:
            return self._shaped.get((group, person.index), ())
        return made(person, self.household(person.household), self.setting)

    def signing_key(self, person: Person) -> Ed25519PrivateKey:
        """The Ed25519 key this synthetic person signs letters with: derived from the public seed, so good for nothing else."""
        return Ed25519PrivateKey.from_private_bytes(self._secret("person", person.id_number))

    def es256_key(self, person: Person) -> ec.EllipticCurvePrivateKey:
        """The same person's P-256 key, for signatures of the ES256 suite."""
        return _p256(self._secret("person es256", person.id_number))

    def platform_key(self) -> Ed25519PrivateKey:
        """The Ed25519 key the region's platform signs registrations with."""
        return Ed25519PrivateKey.from_private_bytes(self.secret("platform"))

    def secret(self, use: str) -> bytes:
        """32 bytes for one use of this sandbox (a password, a hub's key at a department), derived from the public seed."""
        return self._secret(use, self.region)

    def _secret(self, use: str, name: str) -> bytes:
        return hashlib.blake2b(f"{self.setting.seed}\x1f{use}\x1f{name}".encode(), digest_size=32).digest()


def _p256(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(secret, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())
