"""What a question needs of a department: the least, each column once, the weaker form where the department can give it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.conversion import Unreadable
from connectors.interface import Column, DepartmentBroke
from connectors.manifest import parse
from connectors.selection import SHAPES_KEPT, Selections, select
from tests.connectors.asking import column
from tests.connectors.shipped import SETTINGS


def group(department: str, code: str):
    path = Path(f"connectors/manifests/{department}.toml")
    return parse(path.name, path.read_text(encoding="utf-8"), SETTINGS).groups[code]


VEHICLE, DISABILITY = group("GA", "vehicle"), group("CL", "disability")


def test_a_band_is_asked_of_the_department_that_computes_it_and_the_value_is_not():
    band = column("vehicle", "value", "band")
    chosen = select(VEHICLE, (band,))
    assert (chosen.names, chosen.thresholds) == (("pgqj",), ())
    assert chosen.rows([["4"], [""]], (band,)) == (("[20000,50000)",), (None,))


def test_a_comparison_is_asked_with_its_threshold_and_neither_value_nor_band():
    limit = column("vehicle", "value", "atLeast")
    chosen = select(VEHICLE, (limit, column("vehicle", "status")))
    assert (chosen.names, chosen.thresholds, chosen.comparison) == (("jdczt",), (("pgjz", "50000"),), "pgjz_db")
    assert chosen.rows([["A", ["1"]], ["E", ["0"]], ["B", [""]]], (limit, column("vehicle", "status"))) == (
        (True, "NORMAL"), (False, "SCRAPPED"), (None, "TRANSFERRED"),
    )


def test_a_value_asked_in_full_is_asked_once_and_its_weaker_forms_are_made_here():
    asked = tuple(column("vehicle", "value", leaf) for leaf in ("yuan", "band", "atLeast"))
    chosen = select(VEHICLE, asked)
    assert (chosen.names, chosen.thresholds) == (("pgjz",), ())
    assert chosen.rows([["56000.00"]], asked) == (("56000.00", "[50000,100000)", True),)


@pytest.mark.parametrize("row", [["7"], ["56000.00"], [4.0], [["4"]], [{"band": "4"}]])
def test_a_computed_answer_outside_its_table_is_unreadable(row):
    band = column("vehicle", "value", "band")
    with pytest.raises(Unreadable):
        select(VEHICLE, (band,)).rows([row], (band,))


@pytest.mark.parametrize("results", [[], "1", None, ["yes"], [1.0]])
def test_a_comparison_that_does_not_fit_is_unreadable(results):
    limit = column("vehicle", "value", "atLeast")
    with pytest.raises(Unreadable):
        select(VEHICLE, (limit,)).rows([[results]], (limit,))


def test_a_derived_field_asks_only_what_it_follows_from():
    asked = tuple(column("disability", field) for field in ("severe", "grade", "certNoTail"))
    chosen = select(DISABILITY, asked)
    assert chosen.names == ("cjrzh",)
    assert chosen.rows([["50990119850101001X53"]], asked) == ((True, "3", "1X53"),)


def test_equal_questions_of_different_askers_share_a_shape_and_not_a_reduction():
    kept = Selections(VEHICLE)
    mine = Column("plateNo", "masked", "MASKED", None, lambda raw: f"mine {raw}")
    yours = Column("plateNo", "masked", "MASKED", None, lambda raw: f"yours {raw}")
    assert kept.of((mine,)) is kept.of((yours,))
    assert kept.of((mine,)).rows([["x"]], (mine,)) == (("mine x",),)
    assert kept.of((yours,)).rows([["x"]], (yours,)) == (("yours x",),)


def test_shapes_are_kept_within_bounds():
    kept = Selections(VEHICLE)
    for number in range(SHAPES_KEPT + 10):
        kept.of((Column("value", "atLeast", "BOOLEAN", str(number), str),))
    assert len(kept._kept) == SHAPES_KEPT


def test_an_undeclared_field_is_refused():
    with pytest.raises(DepartmentBroke, match="the manifest declares no field 'owner' of vehicle"):
        select(VEHICLE, (Column("owner", "full", "FULL", None, str),))
