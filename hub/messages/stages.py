"""办理进度: the stages of an application and which may follow which (涪陵 2023 annex). Pure.

The guard of the annex is the shape of the table: nobody is confirmed who was not accepted, surveyed, reviewed and posted. What follows
a confirmation is told of those who receive assistance. No stage is reached by silence: each step is one signed message.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = """
-                       DRAFT SUBMITTED
DRAFT                   SUBMITTED ABANDONED
SUBMITTED               SUPPLEMENT_REQUESTED ACCEPTED
SUPPLEMENT_REQUESTED    SUBMITTED ABANDONED
ABANDONED
ACCEPTED                SURVEY
SURVEY                  NOT_QUALIFIED_NOTIFIED FIRST_REVIEW
NOT_QUALIFIED_NOTIFIED  OBJECTION REFUSED
OBJECTION               RESURVEY
RESURVEY                NOT_QUALIFIED_NOTIFIED FIRST_REVIEW
FIRST_REVIEW            NOTICE
NOTICE                  NOTICE_OBJECTION CONFIRMED REFUSED SUBMITTED_TO_DISTRICT
NOTICE_OBJECTION        RESURVEY DEMOCRATIC_REVIEW
DEMOCRATIC_REVIEW       FIRST_REVIEW
SUBMITTED_TO_DISTRICT   CONFIRMED REFUSED
CONFIRMED               FILED PUBLISHED
REFUSED                 FILED
FILED                   PUBLISHED
PUBLISHED               PAYING
PAYING                  RECHECK TAPERING ADJUSTED STOPPED
RECHECK                 PAYING TAPERING ADJUSTED STOPPED
TAPERING                RECHECK STOPPED
ADJUSTED                PAYING
STOPPED
"""

NOTHING = "-"
"""Before the first stage."""

NEXT: Mapping[str, frozenset[str]] = MappingProxyType({
    stage: frozenset(following) for stage, *following in (line.split() for line in _TABLE.strip().splitlines())
})
"""Which stages may follow a stage."""

STAGES = frozenset(NEXT) - {NOTHING}

DECIDED_BY_A_PERSON = frozenset({"NOT_QUALIFIED_NOTIFIED", "CONFIRMED", "REFUSED", "TAPERING", "ADJUSTED", "STOPPED"})
"""Stages that name the officer who decided: a system cannot refuse, lessen or stop assistance (PIPL §24)."""

WITH_A_REASON = frozenset({"NOT_QUALIFIED_NOTIFIED", "REFUSED", "STOPPED"})
"""Stages of which the applicant is told the reason in writing (涪陵: 书面告知申请人并说明理由)."""

ENDED = frozenset({"ABANDONED", "STOPPED"})
"""The applicant has left the matter: letters that last until then have run out (domain B17)."""

REFUSED = "REFUSED"
"""The household does not qualify: letters that say that a failed check ends them have run out."""

_BEFORE_REVIEW = frozenset({"DRAFT", "SUBMITTED", "SUPPLEMENT_REQUESTED", "ABANDONED", "ACCEPTED"})
_DECIDED = frozenset({"CONFIRMED", "REFUSED", "FILED", "PUBLISHED", "PAYING", "RECHECK", "TAPERING", "ADJUSTED", "STOPPED"})


def may_follow(stage: str, current: str) -> bool:
    """Whether a stage may follow the current one; a current stage the table does not know lets any known stage follow once."""
    return stage in STAGES and (current not in NEXT or stage in NEXT[current])


def visible(stage: str) -> str:
    """What the applicant sees: 救助申请—救助审核—救助确认 (涪陵)."""
    if stage in _BEFORE_REVIEW:
        return "救助申请"
    return "救助确认" if stage in _DECIDED else "救助审核"
