"""hub hold: set, listed, lifted; each an entry on its way into the log; what names no entries or no end is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.clock import clock

SET = ("hold", "set", "--organisation", "500152-JW", "--article", "PIPL §18(1), §35", "--by", "PO-0001")


def _day(days: int) -> str:
    return (clock() + timedelta(days=days)).date().isoformat()


def test_a_hold_is_set_listed_and_lifted(desk) -> None:
    said = desk.run(*SET, "--until", _day(30))
    hold = said.split()[1]
    assert "500152-JW" in desk.run("hold", "list")
    desk.run("hold", "lift", hold)
    assert "nothing is held back" in desk.run("hold", "list")
    assert "to lift" in desk.run("hold", "lift", hold, code=1)
    assert desk.outbox() == [("ACCESS_HOLD_SET", hold), ("ACCESS_HOLD_LIFTED", hold)]


@pytest.mark.parametrize(("given", "said"), [
    (("--article", "PIPL §35", "--by", "x"), "a case or an organisation"), ((*SET[2:4], "--article", " ", "--by", "x"), "article is empty"),
    (("--case", "case_none", "--article", "PIPL §35", "--by", "x"), "no case case_none"),
    (("--organisation", "500152-JW", "--purpose", "DIBAO", "--article", "PIPL §35", "--by", "x"), "no purpose DIBAO"),
])
def test_a_hold_without_entries_or_article_is_refused(desk, given, said) -> None:
    assert said in desk.run("hold", "set", *given, "--until", _day(30), code=1)


def test_a_hold_ends(desk) -> None:
    assert "ends within 366 days" in desk.run(*SET, "--until", _day(400), code=1)
    assert "ends within 366 days" in desk.run(*SET, "--until", _day(-1), code=1)
