"""敏感聚合 (GB/T 45574): how many ordinary facts about a person an organisation was told within the days of the region's line; past it a second officer approves.

Rules of this file:
- A purpose that is exempt costs nothing. Any other costs one statement a question, by primary key, before a department is asked: what it counts is
  durable before anything is told, and two questions at once cannot pass the line together, since each takes the rows it counts in.
- Counted is what a question would be told of each person, over all cases of its organisation. Who passes the line is told nothing in this question, and
  nothing more is counted of them; the others' answer stands (hub/planner.py plans it anew). An approval opens its fact groups beyond the line.
- What was counted stays counted, also where a department then fails: asking the same again adds nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

import asyncpg
import orjson

from hub.access_log.failures import FAILURES
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Coverage, Standing
from hub.errors import Overloaded
from hub.plan import Plan
from policies.aggregation import Aggregation, Line, open_groups

TELL = """
INSERT INTO told_fields AS held (subject, organisation, fields, first_at)
SELECT asked.subject, $1, asked.fields::jsonb, to_timestamp($4::bigint) FROM unnest($2::text[], $3::text[]) AS asked (subject, fields)
ORDER BY asked.subject
ON CONFLICT (subject, organisation) DO UPDATE SET (fields, first_at) = (
    SELECT jsonb_object_agg(key, value), to_timestamp(min(value::bigint)) FROM jsonb_each(held.fields || excluded.fields) WHERE value::bigint > $5::bigint)
WHERE excluded.subject = ANY($8::text[]) OR $7::bigint >= (SELECT count(*) FROM (
    SELECT key FROM jsonb_each(held.fields) WHERE value::bigint > $6::bigint UNION SELECT jsonb_object_keys(excluded.fields)) AS together)
RETURNING subject
"""
"""Counts each person in or leaves them out: subjects in one order, so that questions that meet never wait for each other in a ring."""
_TOLD = "SELECT subject, fields FROM told_fields WHERE organisation = $1 AND subject = ANY($2::text[])"
_DROP = "DELETE FROM told_fields WHERE first_at <= to_timestamp($1::bigint) AND NOT EXISTS (SELECT FROM jsonb_each(fields) WHERE value::bigint > $1::bigint)"
_SHED = """
UPDATE told_fields SET (fields, first_at) = (
    SELECT jsonb_object_agg(key, value), to_timestamp(min(value::bigint)) FROM jsonb_each(fields) WHERE value::bigint > $1::bigint)
WHERE first_at <= to_timestamp($1::bigint) AND EXISTS (SELECT FROM jsonb_each(fields) WHERE value::bigint > $1::bigint)
"""
_REFUSED = Coverage(covered=False, code=Reason.AGGREGATION_NEEDS_APPROVAL.value, assurance="NONE", letters=(), groups=frozenset())

Aggregate = Callable[[Plan, datetime], Awaitable[Standing]]
"""Counts what a planned question would be told; its standing where that was done, and what is left of it where somebody passes the line."""


class Weighed(NamedTuple):
    """Of one person: what a question asks, what was told before, and whether both together pass the line without an approval."""

    asked: frozenset[str]
    before: frozenset[str]
    refused: bool


class _Person(NamedTuple):
    facts: frozenset[str]
    approved: bool  # everything of it, in each case of the question


class ToldBefore:
    """The counts of one hub."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], aggregation: Aggregation) -> None:
        """`pool` of records; the region's lines."""
        self._pool = pool
        self._aggregation = aggregation

    async def within(self, plan: Plan, now: datetime) -> Standing:
        """Count what the plan would tell and return its standing; or, where somebody passes the line, what stands without them: the question is
        to be planned again. Raises Overloaded where it cannot be counted.
        """
        counting = self._counting(plan)
        if counting is None:
            return plan.standing
        line, people = counting
        fit = {subject: one for subject, one in people.items() if one.approved or not line.passed((), one.facts)}
        counted = await self._count(plan.standing.caller.organisation, fit, line, now) if fit else frozenset()
        refused = people.keys() - counted
        return without(plan, refused) if refused else plan.standing

    async def weighed(self, plan: Plan, now: datetime) -> Mapping[str, Weighed]:
        """What `within` would find of each person (by pseudonym) a plan would tell ordinary facts of; nothing is counted. Raises Overloaded."""
        counting = self._counting(plan)
        if counting is None:
            return {}
        line, people = counting
        since = _seconds(now - timedelta(days=line.days))
        try:
            rows = await self._pool.fetch(_TOLD, plan.standing.caller.organisation, list(people))
        except FAILURES:
            raise Overloaded(retry_after=1) from None
        told = {row["subject"]: frozenset(name for name, at in orjson.loads(row["fields"]).items() if at > since) for row in rows}
        return {subject: _weigh(line, one, told.get(subject, frozenset())) for subject, one in people.items()}

    async def forget(self, now: datetime) -> None:
        """Drop what no line looks at any more."""
        horizon = _seconds(now - timedelta(days=self._aggregation.days))
        await self._pool.execute(_DROP, horizon)
        await self._pool.execute(_SHED, horizon)

    def _counting(self, plan: Plan) -> tuple[Line, Mapping[str, _Person]] | None:
        """The line of the plan's purpose and whom it is counted of; None where nothing is counted."""
        line = self._aggregation.of(plan.standing.caller.purpose)
        people = _people(plan) if line is not None else {}
        return (line, people) if line is not None and people else None

    async def _count(self, organisation: str, people: Mapping[str, _Person], line: Line, now: datetime) -> frozenset[str]:
        at, days, longest = _seconds(now), timedelta(days=line.days), timedelta(days=self._aggregation.days)
        fields = [orjson.dumps(dict.fromkeys(sorted(one.facts), at)).decode() for one in people.values()]
        approved = [subject for subject, one in people.items() if one.approved]
        try:
            rows = await self._pool.fetch(
                TELL, organisation, list(people), fields, at, _seconds(now - longest), _seconds(now - days), line.facts, approved,
            )
        except FAILURES:
            raise Overloaded(retry_after=1) from None
        return frozenset(row["subject"] for row in rows)


def without(plan: Plan, refused: Collection[str]) -> Standing:
    """What stands of a plan when some people (pseudonyms) are told nothing."""
    gone = {(one.standing.caller.case, one.member.person.id) for one in plan.joins if one.member.person.log_subject in refused}
    each = [_without(one, {person for case, person in gone if case == one.caller.case}) for one in plan.standing.each]
    return plan.standing.with_each(each)


def explained(weighed: Mapping[str, Weighed], line: Line | None) -> Iterator[str]:
    """Lines of `hub explain`: what adds up, of whom, by pseudonym."""
    if line is None or not weighed:
        return
    yield f"ordinary facts of one person to one organisation: {line.facts} in {line.days} days without an approval"
    for subject, one in weighed.items():
        verdict = f"{Reason.AGGREGATION_NEEDS_APPROVAL}, told nothing" if one.refused else "told"
        yield f"  {subject[:12]}: {len(one.asked)} asked, {len(one.before)} told before, together {len(one.asked | one.before)}: {verdict}"


def _weigh(line: Line, one: _Person, before: frozenset[str]) -> Weighed:
    return Weighed(one.facts, before, line.passed(before, one.facts) and not one.approved)


def _without(standing: Standing, people: Collection[str]) -> Standing:
    if not people:
        return standing
    return replace(standing, coverage=MappingProxyType({**standing.coverage, **dict.fromkeys(people, _REFUSED)}))


def _people(plan: Plan) -> dict[str, _Person]:
    """Who would be told ordinary facts of, by pseudonym; somebody in two cases of the question is one person."""
    found: dict[str, _Person] = {}
    for party, join in plan.joins.items():
        if not join.ordinary:
            continue
        coverage = party.standing.coverage.get(party.member.person.id)
        groups = coverage.approved.aggregated if coverage is not None and coverage.approved is not None else frozenset[str]()
        one, subject = _Person(frozenset(join.ordinary), open_groups(join.ordinary, groups)), party.member.person.log_subject
        other = found.get(subject)
        found[subject] = one if other is None else _Person(one.facts | other.facts, one.approved and other.approved)
    return found


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
