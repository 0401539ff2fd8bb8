"""Which of the letters that list a fact group carry it: a job rests on those alone, so that it ends when the last of them does.

A letter whose notice told nothing of the group, or changed since, or whose signer gave no item for it, opened nothing when the question was let in
(`hub/authorizations/carried.py`); a job that rested on it too would outlive the consent it was asked under.
"""

from __future__ import annotations

from datetime import datetime

import asyncpg

from connectors.interface import Ask
from hub.authorizations.conditions import Conditions
from hub.authorizations.withdrawal import NOTHING, Told, less


def carries(signed: asyncpg.Record, ask: Ask, conditions: Conditions, at: datetime) -> bool:
    """Whether a signature under a letter (a row of `statements.LETTERS`) carries what is asked."""
    notice = signed["notice_version"]
    lacking = conditions.silent(notice) | conditions.lacking(signed["capacity"], signed["separately"], signed["template"])
    gone = [part for part in conditions.outdated(notice) if part.at <= at]
    told = Told(ask.purpose, ask.organisation, signed["region"])
    return lacking.isdisjoint((ask.group, ask.purpose)) and less(frozenset((ask.group,)), gone, "", told) != NOTHING
