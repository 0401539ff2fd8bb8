"""批量核查: which purposes are asked in batches is data that is read strictly, and decides how many cases a token names."""

from __future__ import annotations

import pytest

from policies.batches import NATIONAL, batches, read_batches
from policies.parameters import ParametersRefused
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

FILE = '[batches]\npurposes = ["PERIODIC_RECHECK", "SPOT_CHECK"]\ncases = 3\nsource = "x"\nexample = false\n'


def test_the_shipped_file_names_purposes_that_concern_many_households_and_calls_its_number_an_assumption() -> None:
    found = batches()
    assert {"PERIODIC_RECHECK", "SPOT_CHECK"} <= found.purposes < PURPOSES.keys()
    assert "DIBAO_REVIEW" not in found.purposes, "a decision about one application is one case"
    assert (found.cases, found.example) == (200, True)
    assert "[D]" in NATIONAL.read_text("utf-8")


@pytest.mark.parametrize(("purpose", "basis", "cases", "lets"), [
    ("SPOT_CHECK", BasisKind.LETTER, 3, True), ("SPOT_CHECK", BasisKind.STATUTE, 2, True), ("SPOT_CHECK", BasisKind.LETTER, 4, False),
    ("SPOT_CHECK", BasisKind.EMERGENCY, 2, False), ("SPOT_CHECK", BasisKind.SELF, 2, False), ("SPOT_CHECK", BasisKind.AUDIT, 2, False),
    ("DIBAO_REVIEW", BasisKind.LETTER, 2, False), ("DIBAO_REVIEW", BasisKind.LETTER, 1, True), ("SPOT_CHECK", BasisKind.EMERGENCY, 1, True),
])  # fmt: skip
def test_several_cases_need_the_purpose_the_basis_and_the_number(purpose, basis, cases, lets) -> None:
    assert read_batches("b.toml", FILE).together(purpose, basis, cases) is lets


@pytest.mark.parametrize("text", [
    FILE.replace("SPOT_CHECK", "GOSSIP"), FILE.replace("3", "0"), FILE.replace("3", '"3"'), FILE.replace('source = "x"\n', ""),
    FILE.replace("example = false\n", ""), FILE + "more = 1\n", FILE + "[other]\n", FILE.replace("[batches]", "[batch]"), "",
])  # fmt: skip
def test_what_cannot_be_read_is_refused(text) -> None:
    with pytest.raises(ParametersRefused):
        read_batches("b.toml", text)
