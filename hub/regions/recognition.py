"""What a neighbour's question is to this hub: a caller, a matter of exactly the people asked about, a document of ours. Pure.

The neighbour's names for fields are looked up in our own register before they stand in a document; nothing else it sent does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.authorizations.matter import Matter, Member, Person
from hub.authorizations.standing import Coverage, Standing
from hub.caller import Basis, Caller
from hub.regions.exchange import ExchangeRefused
from policies.verdict import BasisKind, Relation

GROUP = "confirmation"
ARTICLE = "SAL §42"


@dataclass(frozen=True, slots=True)
class Recognition:
    """A neighbour's question as its sealed body says it."""

    exchange: str
    agreement: str
    region: str
    purpose: str
    kind: str
    organisation: str
    department: str
    case: str
    fields: tuple[str, ...]
    subjects: tuple[tuple[str, str, str], ...]  # ref, ID number, name

    @classmethod
    def parse(cls, content: Mapping[str, Any], *, to: str, most: int = 20) -> Recognition:
        """From the unsealed body; raises ExchangeRefused for anything else."""
        try:
            receiver = content["receiver"]
            parsed = cls(
                exchange=_text(content["exchange"]), agreement=_text(content["agreement"]), region=_text(content["from"]),
                purpose=_text(content["purpose"]), kind=_text(content["kind"]), organisation=_text(receiver["organisation"]),
                department=_text(receiver["department"]), case=_text(receiver["case"]),
                fields=tuple(_text(name) for name in content["fields"]),
                subjects=tuple((_text(s["ref"]), _text(s["idNumber"]), _text(s["name"])) for s in content["subjects"]),
            )
            addressee = _text(content["to"])
        except (KeyError, TypeError) as error:
            raise ExchangeRefused("the body is not a question") from error
        if addressee != to:
            raise ExchangeRefused("the question is to another region")
        if not 1 <= len(parsed.subjects) <= most or len({ref for ref, _, _ in parsed.subjects}) != len(parsed.subjects):
            raise ExchangeRefused(f"a question names 1 to {most} people, each once")
        return parsed

    def document(self, known: Iterable[str]) -> str:
        """Our own document for the asked fields. Raises ExchangeRefused for a field the register does not have."""
        allowed = set(known)
        if not self.fields or set(self.fields) - allowed:
            raise ExchangeRefused("the question names a field that is no field of a result")
        names = " ".join(sorted(set(self.fields)))
        return f"query($ids:[ID!]!){{people(ids:$ids){{id confirmation{{status asOf records{{{names}}}}}}}}}"

    def caller(self, now: datetime) -> Caller:
        """The asking organisation, as the neighbouring region vouches for it under the agreement."""
        return Caller(
            organisation=f"{self.region}/{self.organisation}", department=self.department, region=self.region,
            relation=Relation.NEIGHBOUR, role="REGION_LIAISON", client=f"region/{self.region}", officer="", purpose=self.purpose,
            basis=Basis(kind=BasisKind.STATUTE, article=ARTICLE), case=self.exchange, token="",
            expires_at=now + timedelta(minutes=1), groups=frozenset({GROUP}), exchange=self.exchange,
        )

    def standing(self, people: Iterable[Person], catalogue: Mapping[str, str], *, own_region: str, now: datetime) -> Standing:
        """The people asked about are the whole matter: no other can be reached from here."""
        members = tuple(Member(person, "99", "MEMBER", "FULL", ()) for person in people)
        matter = Matter(
            case=self.exchange, reference=self.case, platform=f"region/{self.region}", assistance_type="", stage="",
            region=own_region, organisations=frozenset(), opened_at=now, closed_at=None, household="", area="URBAN",
            hukou_region=own_region, residence_region=own_region, kin_of_staff=False, members=members, letters=(), version=0,
        )
        covered = Coverage(covered=True, code="", assurance="NONE", letters=(), groups=frozenset({GROUP}))
        return Standing(
            caller=self.caller(now), matter=matter, coverage={member.person.id: covered for member in members},
            catalogue=catalogue,
        )


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 256:
        raise TypeError
    return value
