"""What a person reads of the ground a question rested on."""

from __future__ import annotations

from hub.citizens.accesses import LAW
from policies.verdict import BasisKind


def test_every_basis_without_letter_or_article_of_its_own_is_told_with_its_law() -> None:
    assert set(LAW) == {kind.value for kind in BasisKind} - {BasisKind.LETTER, BasisKind.STATUTE}
    assert all("PIPL" in law for law in LAW.values())
