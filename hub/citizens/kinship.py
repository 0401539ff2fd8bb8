"""近亲属: on what evidence somebody acts for themself in what concerns a person who died (PIPL §49; Civil Code §1045); pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ARTICLE = "PIPL §49"


@dataclass(frozen=True, slots=True)
class Kinship:
    """What a platform saw: what the person is of the deceased, for which interest of their own, and a digest for each paper. A digest is
    made over kind, number and scan together: whoever holds the paper finds it again, nobody guesses a number from it.
    """

    relation: str
    interest: str
    relation_paper: str
    death_paper: str

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Kinship:
        """From an object of `citizen.schema.json`'s definition `kinship`, whose shape was checked."""
        return cls(given["relation"], given["interest"], paper(given["relationDocument"]), paper(given["deathDocument"]))

    def text(self) -> str:
        """For the log: every question of the token says it."""
        return f"{self.relation} of the deceased, for {self.interest}, by {self.relation_paper}, death by {self.death_paper}"


def paper(document: Mapping[str, Any]) -> str:
    """A document's kind and digest: SHA-256 of "type, number, sha256", a line feed between."""
    committed = "\n".join((document["type"], document["number"], document["sha256"]))
    return f"{document['type']} {hashlib.sha256(committed.encode()).hexdigest()}"
