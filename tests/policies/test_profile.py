"""A region's parameters: a missing standard computes nothing, a misspelt key refuses to start."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from policies.engine import ROOT, load
from policies.parameters import ParametersRefused, Table
from policies.profile import Profile, read_profile
from schema.forms import Threshold

TEXT = (ROOT / "regions" / "500152" / "profile.toml").read_text("utf-8")


def changed(old: str, new: str) -> Profile:
    assert old in TEXT
    return read_profile("profile.toml", TEXT.replace(old, new), "500152")


def test_every_amount_shipped_is_marked_as_an_example_and_says_where_it_is_from() -> None:
    for region in ("500152", "511725"):
        rows = load(region).profile.standards
        assert {row.area for row in rows} == {"URBAN", "RURAL"}
        assert all(row.example and row.source for row in rows)


def test_before_its_first_standard_a_region_has_none_and_computes_nothing() -> None:
    assert set(load("500152").thresholds("URBAN", date(2023, 8, 31)).values()) == {None}
    assert load("500152").thresholds("URBAN", date(2023, 9, 1))["LOW_INCOME_STANDARD"] == 735


def test_an_unknown_area_has_no_standard() -> None:
    assert set(load("500152").thresholds("SUBURBAN", date(2026, 1, 1)).values()) == {None}


def test_a_later_standard_takes_over_on_its_day() -> None:
    later = changed("[masks]", '[[standards]]\narea = "URBAN"\namount_yuan = "760"\nvalid_from = 2026-07-01\nsource = "s"\nexample = true\n[masks]')
    assert later.thresholds("URBAN", date(2026, 6, 30))["EDGE_RATIO"] == Decimal("1102.5")
    assert later.thresholds("URBAN", date(2026, 7, 1))["EDGE_RATIO"] == 1140


def test_an_asset_limit_is_told_where_a_region_has_one() -> None:
    with_limit = changed("[masks]", '[[asset_limits]]\narea = "RURAL"\namount_yuan = "30000"\nvalid_from = 2026-01-01\nsource = "s"\nexample = true\n[masks]')
    assert with_limit.thresholds("RURAL", date(2026, 2, 1))["ASSET_LIMIT"] == 30000
    assert with_limit.thresholds("URBAN", date(2026, 2, 1))["ASSET_LIMIT"] is None


def test_the_thresholds_are_the_ones_the_graph_lets_a_caller_name() -> None:
    assert set(load("500152").thresholds("URBAN", date(2026, 1, 1))) == {threshold.value for threshold in Threshold}


@pytest.mark.parametrize(("old", "new", "named"), [
    ('title_zh = "重庆市潼南区"', 'title_zh = ""', "title_zh is empty"),
    ('title_zh = "重庆市潼南区"', "", "title_zh is missing"),
    ('title_zh = "重庆市潼南区"', "title_zh = 3", "title_zh is not a str"),
    ("title_zh", 'titel = "x"\ntitle_zh', "unknown key titel"),
    ('ratio = "1.5"', 'ratio = "1.5"\nratoi = "2"', "[edge]: unknown key ratoi"),
    ('ratio = "1.5"', "ratio = 1.5", "ratio is not a str"),
    ('ratio = "1.5"', 'ratio = "one and a half"', "ratio is not a decimal above 0"),
    ('ratio = "1.5"', 'ratio = "NaN"', "ratio is not a decimal above 0"),
    ('amount_yuan = "735"', 'amount_yuan = "-735"', "[[standards]] 1: amount_yuan"),
    ("valid_from = 2023-09-01", 'valid_from = "2023-09-01"', "valid_from is not a date"),
    ("valid_from = 2023-09-01", "valid_from = 2023-09-01T00:00:00Z", "valid_from is not a date"),
    ('area = "URBAN"', 'area = "SUBURBAN"', "neither URBAN nor RURAL"),
    ('area = "RURAL"', 'area = "URBAN"', "begin on the same day"),
    ("example = true", "example = 1", "example is not a bool"),
    ("example = true", "example = true\nexmaple = true", "unknown key exmaple"),
    ('NEIGHBOUR = "STRICT"', 'NEIGHBOUR = "LAX"', "NEIGHBOUR names no mask profile"),
    ('NEIGHBOUR = "STRICT"', "", "NEIGHBOUR is missing"),
    ("facts = 12", "facts = 0", "facts is not a whole number above 0"),
    ("facts = 12", "facts = true", "facts is not a whole number above 0"),
    ('"SPOT_CHECK", "COMPLAINT_CHECK"', "1", "exempt is not an array of texts"),
    ('"SPOT_CHECK", "COMPLAINT_CHECK"', '"CURIOSITY"', "unknown purposes ['CURIOSITY']"),
    ("vehicle = 30", "vehicles = 30", "unknown fact groups ['vehicles']"),
    ("[[standards]]", "[standards]", "profile.toml: "),
    ('amount_yuan = "735"', 'amount_yuan = "990"', "narrower than narrowest_yuan"),
])
def test_a_mistake_refuses_to_start_and_is_named(old: str, new: str, named: str) -> None:
    with pytest.raises(ParametersRefused, match=re.escape(named)):
        changed(old, new)


def test_rows_that_are_no_rows_are_refused() -> None:
    with pytest.raises(ParametersRefused, match="standards is not an array of tables"):
        Table.parse("f.toml", "standards = [1]").rows("standards")
    with pytest.raises(ParametersRefused, match="standards is not an array of tables"):
        Table.parse("f.toml", "standards = 1").rows("standards")


def test_the_profile_of_another_region_is_refused() -> None:
    with pytest.raises(ParametersRefused, match="not the profile of 511725"):
        read_profile("profile.toml", TEXT, "511725")
