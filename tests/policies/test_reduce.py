"""What a leaf tells is a function of the full value and of policy's own tables: properties, and the edges of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policies.bands import YUAN, band_table
from policies.engine import load
from policies.forms import LEAVES, Form, Kind, leaf_form
from policies.masks import MASKS, MaskProfile
from policies.profile import cells
from policies.reduce import NotReducible, Raw, Told, reducer

PROFILE = load("500152").profile
LIMITS = [limit for limit in PROFILE.thresholds("URBAN", date(2026, 11, 23)).values() if limit is not None]

YUAN_VALUES = st.decimals(min_value=-1000, max_value=300_000, places=2)
RAW: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.PLAIN: st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.dates(), YUAN_VALUES),
    Kind.FLAG: st.booleans(),
    Kind.TEXT: st.one_of(
        st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4E20), min_size=1, max_size=4), st.text(max_size=6),
    ),
    Kind.AMOUNT: YUAN_VALUES,
    Kind.QUANTITY: st.one_of(st.integers(0, 5), st.decimals(0, 3, places=2)),
    Kind.DATED: st.dates(date(1950, 1, 1), date(1960, 1, 1)),
    Kind.CODED: st.one_of(st.integers(0, 9), st.sampled_from(["01", "1", "4", "7", "99"])),
    Kind.PSEUDONYM: st.text(min_size=1, max_size=2),
}


def asks(kind: Kind, verdict: Form, profile: MaskProfile) -> list[tuple[str, str | None]]:
    """Every (leaf, threshold) a verdict of this form lets a caller ask, thresholds being policy's own."""
    leaves = [leaf.name for leaf in LEAVES[kind] if leaf.form is not None and verdict.allows(leaf.form)]
    return [(leaf, limit) for leaf in leaves for limit in ([str(limit) for limit in LIMITS] if leaf == "atLeast" else [None])]


def told(kind: Kind, verdict: Form, profile: MaskProfile, raw: Raw) -> list[Told]:
    """Everything there is to learn of a value under a verdict."""
    return [reducer(
        kind, leaf, field="name", group="identity", mask_profile=profile, codes="1-7", parameter=limit, unit="units",
        pseudonym=lambda number: f"pid-{number}",
    )(raw) for leaf, limit in asks(kind, verdict, profile)]


KINDS = st.sampled_from(sorted(RAW))
PROFILES = st.sampled_from(list(MaskProfile))
VERDICTS = st.tuples(st.sampled_from(list(Form)), st.sampled_from(list(Form))).filter(lambda pair: pair[0].rank > pair[1].rank)


@given(KINDS, PROFILES, VERDICTS, st.data())
def test_values_alike_under_a_stronger_verdict_are_alike_under_a_weaker_one(
    kind: Kind, profile: MaskProfile, verdicts: tuple[Form, Form], data: st.DataObject,
) -> None:
    """Information-monotone: what a weaker verdict lets be told is derivable from what a stronger one does."""
    one, other = data.draw(RAW[kind]), data.draw(RAW[kind])
    stronger, weaker = verdicts
    if told(kind, stronger, profile, one) == told(kind, stronger, profile, other):
        assert told(kind, weaker, profile, one) == told(kind, weaker, profile, other)


@given(KINDS, PROFILES, st.data())
def test_a_withheld_value_tells_nothing_and_a_null_tells_null(kind: Kind, profile: MaskProfile, data: st.DataObject) -> None:
    assert told(kind, Form.WITHHELD, profile, data.draw(RAW[kind])) == []
    assert set(told(kind, Form.FULL, profile, None)) == {None}


WEAKER = st.sampled_from([Form.MASKED, Form.BAND, Form.BOOLEAN])


@given(WEAKER, YUAN_VALUES, YUAN_VALUES, st.lists(st.integers(0, 20), max_size=30))
def test_no_sequence_of_weaker_asks_tells_two_amounts_of_one_cell_apart(
    verdict: Form, one: Decimal, other: Decimal, order: Sequence[int],
) -> None:
    """However often and in whatever order a caller asks, all answers are a function of the cell an amount lies in. Cells are
    cut by the bands and by the thresholds policy names: a caller can add no cut, so no sequence adds up to the value.
    """
    edges = cells(LIMITS)
    assume(sum(edge <= one for edge in edges) == sum(edge <= other for edge in edges))
    possible = asks(Kind.AMOUNT, verdict, MaskProfile.STANDARD)
    for turn in order:
        leaf, limit = possible[turn % len(possible)]
        ask = reducer(Kind.AMOUNT, leaf, field="incomeBand", group="tax", parameter=limit)
        assert ask(one) == ask(other)


@given(st.lists(YUAN_VALUES, min_size=1, max_size=60))
def test_all_weaker_asks_together_tell_no_more_classes_than_there_are_cells(values: list[Decimal]) -> None:
    learnt = {tuple(told(Kind.AMOUNT, Form.MASKED, MaskProfile.STANDARD, value)) for value in values}
    assert len(learnt) <= len(cells(LIMITS)) + 1


@pytest.mark.parametrize("region", ["500152", "511725"])
@pytest.mark.parametrize("area", ["URBAN", "RURAL"])
def test_the_narrowest_cell_is_as_wide_as_the_profile_promises(region: str, area: str) -> None:
    profile = load(region).profile
    edges = cells(profile.thresholds(area, date(2026, 11, 23)).values())
    assert min(upper - lower for lower, upper in pairwise(edges)) >= profile.narrowest_yuan == Decimal(100)


@given(st.lists(st.dates(date(1930, 1, 1), date(2026, 1, 1)), min_size=2, max_size=2), PROFILES)
def test_days_of_one_year_are_not_told_apart(days: list[date], profile: MaskProfile) -> None:
    one = days[0]
    other = date(one.year, 1, 1) + timedelta(days=days[1].timetuple().tm_yday % 365)
    assert told(Kind.DATED, Form.MASKED, profile, one) == told(Kind.DATED, Form.MASKED, profile, other)


def test_the_strict_profile_tells_five_years_of_a_birth_date_and_the_year_of_any_other_day() -> None:
    born = reducer(Kind.DATED, "year", field="birthDate", group="identity", mask_profile="STRICT")
    registered = reducer(Kind.DATED, "year", field="registeredOn", group="realEstate", mask_profile="STRICT")
    assert (born(date(1958, 3, 1)), registered(date(1958, 3, 1))) == (1955, 1958)
    assert reducer(Kind.DATED, "year", field="birthDate", group="identity", mask_profile="STANDARD")(date(1958, 3, 1)) == 1958


@pytest.mark.parametrize(("kind", "leaf", "raw", "expected"), [
    (Kind.PLAIN, "", Decimal("1E+3"), "1000"),
    (Kind.PLAIN, "", date(2026, 1, 2), "2026-01-02"),
    (Kind.PLAIN, "", "2026-01", "2026-01"),
    (Kind.PLAIN, "", False, False),
    (Kind.FLAG, "", True, True),
    (Kind.FLAG, "", 1, None),
    (Kind.TEXT, "full", "张三", "张三"),
    (Kind.TEXT, "full", 3, None),
    (Kind.TEXT, "masked", 3, None),
    (Kind.AMOUNT, "yuan", Decimal("1234.50"), "1234.50"),
    (Kind.AMOUNT, "yuan", Decimal("1E+3"), "1000"),
    (Kind.AMOUNT, "yuan", Decimal("NaN"), None),
    (Kind.AMOUNT, "yuan", "1234", None),
    (Kind.AMOUNT, "band", Decimal("Infinity"), None),
    (Kind.AMOUNT, "band", 1200, "[1000,5000)"),
    (Kind.AMOUNT, "band", "[5000,20000)", "[5000,20000)"),
    (Kind.AMOUNT, "band", "[1200,1300)", None),
    (Kind.QUANTITY, "value", 3, "3"),
    (Kind.QUANTITY, "value", True, None),
    (Kind.QUANTITY, "any", 0, False),
    (Kind.QUANTITY, "any", 2, True),
    (Kind.QUANTITY, "any", "2", None),
    (Kind.QUANTITY, "band", 2, "[2,+)"),
    (Kind.DATED, "on", date(2026, 1, 2), "2026-01-02"),
    (Kind.DATED, "on", "2026-01-02", None),
    (Kind.DATED, "year", "2026", None),
    (Kind.DATED, "known", date(2026, 1, 2), True),
    (Kind.CODED, "code", 2, "2"),
    (Kind.CODED, "label", 2, "听力残疾"),
    (Kind.CODED, "group", "5", "智力与精神"),
    (Kind.CODED, "label", "X", None),
    (Kind.CODED, "listed", 2, True),
    (Kind.CODED, "listed", "CL:2", False),
    (Kind.CODED, "code", True, None),
    (Kind.CODED, "any", "5", True),
    (Kind.PSEUDONYM, "known", "509901195112310024", True),
])
def test_a_leaf_tells(kind: Kind, leaf: str, raw: Raw, expected: Told) -> None:
    assert reducer(kind, leaf, field="name", group="identity", codes="1-7", unit="units")(raw) == expected


def test_at_least_compares_inclusively_and_only_numbers() -> None:
    reaches = reducer(Kind.AMOUNT, "atLeast", field="incomeBand", group="tax", parameter="735")
    assert [reaches(Decimal("734.99")), reaches(Decimal(735)), reaches("735")] == [False, True, None]


def test_at_least_without_a_resolved_threshold_is_no_column() -> None:
    with pytest.raises(NotReducible, match=r"tax\.incomeBand"):
        reducer(Kind.AMOUNT, "atLeast", field="incomeBand", group="tax")


def test_a_unit_and_a_record_list_are_no_columns() -> None:
    for kind, leaf in ((Kind.QUANTITY, "unit"), (Kind.PRESENCE, "records"), (Kind.PRESENCE, "status")):
        with pytest.raises(NotReducible):
            reducer(kind, leaf, field="f", group="vehicle")


def test_a_code_without_a_list_has_no_label_and_no_group() -> None:
    assert reducer(Kind.CODED, "label", field="f", group="g", codes="nowhere")("1") is None
    assert reducer(Kind.CODED, "group", field="f", group="g")("1") is None


def test_an_id_number_never_stands_where_a_pseudonym_was_promised() -> None:
    assert reducer(Kind.PSEUDONYM, "pid", field="spousePid", group="marriage")("509901195112310024") is None
    pid = reducer(Kind.PSEUDONYM, "pid", field="spousePid", group="marriage", pseudonym=lambda _: "pid")
    assert [pid("509901195112310024"), pid(7), pid(None)] == ["pid", None, None]


def test_masks_follow_the_profile_and_default_to_the_strict_one() -> None:
    for group, field in MASKS:
        masked = [reducer(Kind.TEXT, "masked", field=field, group=group, mask_profile=profile) for profile in MaskProfile]
        assert reducer(Kind.TEXT, "masked", field=field, group=group)("张三丰") == masked[1]("张三丰")
    name = reducer(Kind.TEXT, "masked", field="name", group="identity", mask_profile="STANDARD")
    assert name("张三丰") == "张**"


def test_every_leaf_of_every_kind_is_reducible_or_said_not_to_be() -> None:
    for kind, leaves in LEAVES.items():
        for leaf in leaves:
            if leaf.form is None or kind is Kind.PRESENCE:
                continue
            assert leaf_form(kind, leaf.name) is leaf.form
            assert callable(reducer(kind, leaf.name, field="f", group="g", parameter="1"))
    assert band_table("yuan") is YUAN
