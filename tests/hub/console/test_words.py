"""What the console says in words: no department that is connected stands as a bare code."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hub.approvals.listing import STATES
from hub.console.words import APPROVAL_CHIPS, APPROVAL_KINDS, APPROVAL_STATES, BASES, DEPARTMENTS, department_title
from policies.approvals import ApprovalKind
from policies.verdict import BasisKind

MANIFESTS = Path(__file__).parents[3] / "connectors" / "manifests"


def test_every_department_of_the_manifests_has_a_name() -> None:
    departments = {tomllib.loads(path.read_text("utf-8"))["department"] for path in MANIFESTS.glob("*.toml")}
    assert len(departments) > 20
    assert departments <= set(DEPARTMENTS)


def test_a_department_of_another_region_is_told_with_its_region() -> None:
    assert department_title("JR") == "金融"
    assert department_title("MZ@511725000000").startswith("民政（")
    assert department_title("XX") == "XX"


def test_every_basis_has_a_name() -> None:
    assert set(BASES) == {kind.value for kind in BasisKind}


def test_every_state_and_kind_of_an_approval_has_its_word() -> None:
    assert set(STATES) == set(APPROVAL_STATES) == set(APPROVAL_CHIPS)
    assert set(ApprovalKind) == set(APPROVAL_KINDS)
