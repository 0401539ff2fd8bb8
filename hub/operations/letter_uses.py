"""次数: how often a letter itself says that it may be used, exactly, over all tokens, organisations, workers and replicas.

A use is a question under which the letter stands for anybody. Rules of this file:
- Only a letter that says so (`validity.maxUses`, `validity.frequency`) costs a look into the database; it is counted where it is asked, by one
  statement for every limit of all the question's letters, and a question counts all of them or none.
- A letter that is used up covers nobody, as if it had not been signed: the others of the question still stand, and it is planned anew.
- A letter is a letter of one case and counted once a question, however many limits it states and however often it is named.
- What was counted stays counted, also where the question then fails: the citizen's limit errs on the citizen's side.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

import asyncpg
import orjson

from hub.access_log.failures import FAILURES
from hub.authorizations.approved import with_approvals
from hub.authorizations.coverage import by_letters
from hub.authorizations.matter import Letter
from hub.authorizations.presented import NotStanding
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Standing
from hub.errors import Overloaded
from hub.operations.token_uses import BEGINNING, period
from policies.calendar import CHINA

EVER = "EVER"
"""The period of a letter that says how often it may be used at all."""
_FOR_EVER = datetime(9999, 1, 1, tzinfo=CHINA)
TAKE_EACH = """
INSERT INTO allowance AS held (kind, ref, period, used, refused, ends_at)
SELECT 'LETTER', ref, period, 1, 0, ends_at FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS one (ref, period, ends_at, place)
ORDER BY place
ON CONFLICT (kind, ref, period) DO UPDATE SET used = held.used + 1 WHERE held.used < ($4::jsonb -> held.ref)::int
RETURNING ref
"""
"""Counts those of some limits that are not used up, in their order, and names them; $4 says of each how often."""
_USED = "SELECT ref, period, used FROM allowance WHERE kind = 'LETTER' AND ref = ANY($1)"

Within = Callable[[Standing, Collection[str], datetime], Awaitable[Standing]]
"""Counts a use of the letters (ids) of a question; the same standing where that was done, and what is left of it where one was used up."""


class Use(NamedTuple):
    """A limit a letter states, how often it was used of it in the period that runs, and when the next begins; None where none does."""

    per: str
    times: int
    used: int
    again: datetime | None


class _Limit(NamedTuple):
    """One limit of one letter in the period that runs, as the table of allowances names it."""

    letter: str
    ref: str
    began: datetime
    ends: datetime
    times: int


class _UsedUp(Exception):
    """Ends the transaction, so that no letter of the question is counted."""


class LetterUses:
    """Counts uses of letters that state a limit."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` of records."""
        self._pool = pool

    async def within(self, standing: Standing, letters: Collection[str], now: datetime) -> Standing:
        """Count one use of each of `letters` that states a limit, and return `standing`; or, where some are used up, count none and return
        what stands without those: the question is to be planned again. Raises NotStanding (LETTER_USES_SPENT) where no letter is left,
        Overloaded where it cannot be counted.
        """
        limits = _limits(standing, letters, now)
        if not limits:
            return standing
        spent: set[str] = set()
        of_each = [one.ref for one in limits], [one.began for one in limits], [one.ends for one in limits]
        times = orjson.dumps({one.ref: one.times for one in limits}).decode()
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                counted = {row["ref"] for row in await connection.fetch(TAKE_EACH, *of_each, times)}
                spent.update(one.letter for one in limits if one.ref not in counted)
                _none_if(spent)
        except _UsedUp:
            return without(standing, spent, now)
        except FAILURES:
            raise Overloaded(retry_after=1) from None
        return standing

    async def spent(self, letters: Iterable[Letter], now: datetime) -> frozenset[str]:
        """Which of some letters are used up at a moment (ids); nothing is counted. Raises Overloaded."""
        counted = await self.counted(letters, now)
        return frozenset(letter for letter, uses in counted.items() if any(one.used >= one.times for one in uses))

    async def counted(self, letters: Iterable[Letter], now: datetime) -> Mapping[str, tuple[Use, ...]]:
        """The limits of some letters, by id, and what is used of each; a letter without any is not named. Raises Overloaded."""
        limited = [one for one in letters if one.uses]
        if not limited:
            return {}
        try:
            rows = await self._pool.fetch(_USED, [_ref(per, one.id) for one in limited for per, _ in one.uses])
        except FAILURES:
            raise Overloaded(retry_after=1) from None
        used = {(row["ref"], row["period"]): row["used"] for row in rows}
        return {one.id: tuple([_use(one.id, per, times, used, now) for per, times in one.uses]) for one in limited}


def without(standing: Standing, spent: Collection[str], at: datetime) -> Standing:
    """What stands when some letters (ids) are used up. Raises NotStanding where they are all the token names."""
    named = {letter for one in standing.each for letter, _ in one.caller.basis.letters}
    each = [_without(one, spent, at) for one in standing.each]
    held = {letter.id for one in each if one.matter is not None for letter in one.matter.letters if letter.id in named and not letter.spent}
    if not held:
        raise NotStanding(Reason.LETTER_USES_SPENT, "every letter of this token was used as often as it says")
    return standing.with_each(each)


def _without(standing: Standing, spent: Collection[str], at: datetime) -> Standing:
    matter, caller = standing.matter, standing.caller
    if matter is None or not any(letter.id in spent for letter in matter.limited):
        return standing
    marked = replace(matter, letters=tuple([replace(one, spent=True) if one.id in spent else one for one in matter.letters]))
    coverage = by_letters(
        marked, [letter for letter, _ in caller.basis.letters], purpose=caller.purpose, organisation=caller.organisation, region=caller.region, at=at,
    )
    return replace(standing, matter=marked, coverage=MappingProxyType(dict(with_approvals(coverage, marked, caller, at))))


def _none_if(spent: Collection[str]) -> None:
    """Leave the transaction without a count."""
    if spent:
        raise _UsedUp


def _limits(standing: Standing, letters: Collection[str], now: datetime) -> list[_Limit]:
    """Of those that state any, always in one order: two questions that meet wait for each other once, not in a ring."""
    found = {letter.id: letter for one in standing.each if one.matter is not None for letter in one.matter.limited if letter.id in letters}
    return [_Limit(name, _ref(per, name), *_period(per, now), times) for name in sorted(found) for per, times in found[name].uses]


def _use(letter: str, per: str, times: int, used: Mapping[tuple[str, datetime], int], now: datetime) -> Use:
    began, ends = _period(per, now)
    return Use(per, times, used.get((_ref(per, letter), began), 0), None if per == EVER else ends)


def _ref(per: str, letter: str) -> str:
    return f"{per} {letter}"


def _period(per: str, now: datetime) -> tuple[datetime, datetime]:
    return (BEGINNING, _FOR_EVER) if per == EVER else period(per, now)
