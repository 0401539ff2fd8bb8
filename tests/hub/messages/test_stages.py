"""The stages of an application: nobody reaches assistance around acceptance, survey, review and notice."""

from __future__ import annotations

import itertools

import pytest

from hub.messages.stages import NEXT, NOTHING, STAGES, may_follow, visible


def paths_to(goal: str, without: str) -> bool:
    """Whether the goal can be reached from nothing without passing a stage."""
    seen, todo = set(), [NOTHING]
    while todo:
        for following in NEXT[todo.pop()] - {without} - seen:
            seen.add(following)
            todo.append(following)
    return goal in seen


@pytest.mark.parametrize("needed", ["SUBMITTED", "ACCEPTED", "SURVEY", "FIRST_REVIEW", "NOTICE"])
def test_nobody_is_confirmed_around_a_step(needed):
    assert not paths_to("CONFIRMED", needed)
    assert paths_to("CONFIRMED", "DEMOCRATIC_REVIEW")


def test_every_stage_can_be_reached_and_every_stage_named_is_one():
    assert set().union(*NEXT.values()) == STAGES


def test_an_objection_during_notice_is_surveyed_again_and_posted_again():
    road = ["NOTICE", "NOTICE_OBJECTION", "RESURVEY", "FIRST_REVIEW", "NOTICE", "CONFIRMED"]
    assert all(may_follow(after, before) for before, after in itertools.pairwise(road))
    assert not may_follow("CONFIRMED", "NOTICE_OBJECTION")


def test_the_applicant_sees_three_stages():
    assert [visible(stage) for stage in ("SUBMITTED", "NOTICE", "CONFIRMED")] == ["救助申请", "救助审核", "救助确认"]
