"""合理使用: every purpose that tells facts has ceilings, a region may state its own, and a file that leaves one out is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from policies.fair_use import POLICIES, ceilings, complete, read_ceilings
from policies.parameters import ParametersRefused
from policies.purposes import PURPOSES, PurposeKind

ROW = '[[purpose]]\ncodes = "{codes}"\nquestions_a_case_a_day = 3\npeople_an_officer_an_hour = 7\nsource = "x"\n'
ROOT = Path(__file__).parents[2]


def test_every_purpose_that_tells_facts_has_ceilings_with_a_source() -> None:
    found = ceilings("500152")
    assert set(found) == {code for code, purpose in PURPOSES.items() if purpose.kind is not PurposeKind.NO_FACTS}
    rows = tomllib.loads((POLICIES / "national" / "fair_use.toml").read_text("utf-8"))["purpose"]
    assert all(row["source"].startswith("[D] ") for row in rows), "no law states a number: each says so, and why this one"


def test_a_measured_load_has_ceilings_for_every_purpose_too() -> None:
    complete("benchmarks", read_ceilings("benchmarks", (ROOT / "benchmarks" / "fair_use.toml").read_text("utf-8")))


def test_a_regions_row_takes_the_place_of_the_nations(tmp_path, monkeypatch) -> None:
    (tmp_path / "national").mkdir()
    (tmp_path / "national" / "fair_use.toml").write_text((POLICIES / "national" / "fair_use.toml").read_text("utf-8"))
    own = tmp_path / "regions" / "500152"
    own.mkdir(parents=True)
    (own / "fair_use.toml").write_text(ROW.format(codes="SPOT_CHECK") + "uses_a_token = 2\n")
    monkeypatch.setattr("policies.fair_use.POLICIES", tmp_path)
    assert (ceilings("500152")["SPOT_CHECK"].questions_a_case, ceilings("500152")["SPOT_CHECK"].uses_a_token) == (3, 2)
    assert ceilings("511725")["SPOT_CHECK"].questions_a_case == 20
    assert ceilings("500152")["DIBAO_REVIEW"] == ceilings("511725")["DIBAO_REVIEW"]


@pytest.mark.parametrize("text", [
    ROW.format(codes="NO_SUCH_PURPOSE"), ROW.format(codes="SPOT_CHECK SPOT_CHECK"), ROW.format(codes="SPOT_CHECK").replace("3", "0"),
    ROW.format(codes="SPOT_CHECK") + "more = 1\n", ROW.format(codes="SPOT_CHECK").replace('source = "x"\n', ""),
])  # fmt: skip
def test_what_is_no_ceiling_is_refused(text) -> None:
    with pytest.raises(ParametersRefused):
        read_ceilings("x", text)


def test_a_file_that_leaves_a_purpose_out_is_refused() -> None:
    with pytest.raises(ParametersRefused, match="has no ceilings"):
        complete("x", read_ceilings("x", ROW.format(codes="SPOT_CHECK")))
