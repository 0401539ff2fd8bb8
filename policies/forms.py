"""The forms a value can be told in, the levels and kinds a field is labelled with.

Rules of this file:
- `Form` is totally ordered: FULL > MASKED > BAND > BOOLEAN > WITHHELD. A verdict names the strongest form that may be told;
  every weaker form may then be told too (forms are information-monotone).
- A kind says which GraphQL leaves its type has and which form each leaf is. Nothing else in the hub repeats that table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How much of a value is told, strongest first."""

    FULL = "FULL"
    MASKED = "MASKED"
    BAND = "BAND"
    BOOLEAN = "BOOLEAN"
    WITHHELD = "WITHHELD"

    @property
    def rank(self) -> int:
        """4 for FULL down to 0 for WITHHELD."""
        return _RANK[self]

    def allows(self, other: Form) -> bool:
        """Whether a verdict of this form lets `other` be told."""
        return other is not Form.WITHHELD and self.rank >= other.rank


_RANK = {Form.FULL: 4, Form.MASKED: 3, Form.BAND: 2, Form.BOOLEAN: 1, Form.WITHHELD: 0}


class Level(StrEnum):
    """Sensitivity of a field: L1 may be public … L4 highly sensitive (domain vocabulary, C)."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"

    def uplifted(self) -> Level:
        """One level up, as for any field of a person under 14 (PIPL §28)."""
        return {Level.L1: Level.L2, Level.L2: Level.L3}.get(self, Level.L4)


class Kind(StrEnum):
    """What a field's value is, and so which leaves its GraphQL type has."""

    PLAIN = "PLAIN"          # a scalar no rule weakens
    FLAG = "FLAG"            # a Boolean scalar: its full form is already BOOLEAN
    TEXT = "TEXT"            # Text { full masked }
    AMOUNT = "AMOUNT"        # Amount { yuan band atLeast(threshold) }
    QUANTITY = "QUANTITY"    # Quantity { value unit band any }
    DATED = "DATED"          # Dated { on year known }
    CODED = "CODED"          # Coded { code label listed group any }
    PSEUDONYM = "PSEUDONYM"  # Pseudonym { pid known }: a person named by a source, never traversable
    PRESENCE = "PRESENCE"    # the record list of a group: FULL tells the rows, BOOLEAN only the status


@dataclass(frozen=True, slots=True)
class Leaf:
    """One GraphQL leaf of a form-bearing type and the form it is; `form` None is metadata about no value (a unit)."""

    name: str
    form: Form | None


LEAVES: dict[Kind, tuple[Leaf, ...]] = {
    Kind.PLAIN: (Leaf("", Form.FULL),),
    Kind.FLAG: (Leaf("", Form.BOOLEAN),),
    Kind.TEXT: (Leaf("full", Form.FULL), Leaf("masked", Form.MASKED)),
    Kind.AMOUNT: (Leaf("yuan", Form.FULL), Leaf("band", Form.BAND), Leaf("atLeast", Form.BOOLEAN)),
    Kind.QUANTITY: (Leaf("value", Form.FULL), Leaf("unit", None), Leaf("band", Form.BAND), Leaf("any", Form.BOOLEAN)),
    Kind.DATED: (Leaf("on", Form.FULL), Leaf("year", Form.BAND), Leaf("known", Form.BOOLEAN)),
    Kind.CODED: (
        Leaf("code", Form.FULL), Leaf("label", Form.FULL), Leaf("listed", Form.FULL), Leaf("group", Form.BAND), Leaf("any", Form.BOOLEAN),
    ),
    Kind.PSEUDONYM: (Leaf("pid", Form.FULL), Leaf("known", Form.BOOLEAN)),
    Kind.PRESENCE: (Leaf("records", Form.FULL), Leaf("status", Form.BOOLEAN)),
}


def leaf_form(kind: Kind, leaf: str) -> Form | None:
    """The form of one leaf of a kind; KeyError if the kind has no such leaf."""
    for candidate in LEAVES[kind]:
        if candidate.name == leaf:
            return candidate.form
    message = f"kind {kind} has no leaf {leaf!r}"
    raise KeyError(message)
