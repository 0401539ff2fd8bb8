"""hub hold: set, listed, lifted; each an entry on its way into the log; what names no entries or no end is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.actor import operator
from hub.clock import clock
from tests.hub.cli.privacy_officers import PASSWORD, enrol_privacy_officers, typed

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
    assert desk.said_by() == [("ACCESS_HOLD_SET", "PO-0001", "STATED", operator()), ("ACCESS_HOLD_LIFTED", "", "", operator())]


def test_an_officer_at_the_terminal_is_proven_or_sets_nothing(desk) -> None:
    desk.await_(lambda: enrol_privacy_officers(desk.url))
    proven = (*SET[:-1], "auditor", "--proven", "--until", _day(30))
    assert "wrong" in desk.run(*proven, input=typed("guessed"), code=1)
    assert desk.outbox() == []
    desk.run(*proven, input=typed(PASSWORD))
    assert desk.said_by() == [("ACCESS_HOLD_SET", "auditor", "CONSOLE_PASSWORD", operator())]


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
