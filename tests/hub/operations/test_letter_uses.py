"""How often a letter itself may be used, on one real database: exact over workers, all letters of a question or none, and less is left, never more."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from hub.authorizations.presented import NotStanding
from hub.authorizations.standing import Standing, together
from hub.caller import Basis, Caller
from hub.errors import Overloaded
from hub.operations.letter_uses import TAKE_EACH, LetterUses, without
from hub.operations.token_uses import BEGINNING, period
from hub.postgres.connection import pool as open_pool
from policies.verdict import BasisKind, Relation
from tests.conftest import CHINA
from tests.hub.authorizations.test_coverage import cover, letter, matter, signature

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
ONCE, TWICE_A_DAY = (("EVER", 1),), (("DAY", 2), ("EVER", 3))


def standing(*letters, case: str = "case_1") -> Standing:
    found = replace(matter(*letters), case=case)
    caller = Caller(
        organisation="mz-hd", department="MZ-HD", region="500152000000", relation=Relation.LOCAL, role="CHECK_OPERATOR", client="c", officer="o",
        purpose="DIBAO_REVIEW", basis=Basis(BasisKind.LETTER, letters=tuple((one.id, one.hash) for one in letters)), case=case, token="tok_1",
        expires_at=NOW + timedelta(minutes=10),
    )  # fmt: skip
    return Standing(caller, found, cover(found), {})


def of(person: str, name: str, **more):
    return letter(name, signature(person), **more)


def left(found: Standing) -> dict[str, str]:
    return {person: one.code for person, one in found.coverage.items() if person in ("head", "wife", "brother")}


async def test_a_letter_is_used_exactly_as_often_as_it_says_by_however_many_workers_and_offices(database_url):
    pools = [await open_pool(database_url, max_size=4) for _ in range(3)]
    held = standing(of("head", "a", uses=(("EVER", 25),)), of("wife", "b"))

    async def asked(number: int) -> bool:
        one = replace(held, caller=replace(held.caller, token=f"tok_{number}", organisation=f"org_{number % 5}"))
        return await LetterUses(pools[number % 3]).within(one, {"a", "b"}, NOW) is one

    try:
        assert sum(await asyncio.gather(*(asked(n) for n in range(90)))) == 25
        assert await pools[0].fetchval("SELECT used FROM allowance") == 25, "and nothing is counted of the other, which states no limit"
    finally:
        for one in pools:
            await one.close()


async def test_two_letters_are_counted_together_or_not_at_all(pool):
    uses, held = LetterUses(pool), standing(of("head", "a", uses=(("EVER", 5),)), of("wife", "b", uses=ONCE), of("brother", "c"))
    assert await uses.within(held, {"a", "b", "c"}, NOW) is held
    less = await uses.within(held, {"a", "b", "c"}, NOW)
    assert left(less) == {"head": "", "wife": "LETTER_USES_SPENT", "brother": ""}
    assert await pool.fetchval("SELECT used FROM allowance WHERE ref = 'EVER a'") == 1, "the question is planned anew, and counted then"
    assert await uses.within(less, {"a", "c"}, NOW) is less
    assert await pool.fetchval("SELECT used FROM allowance WHERE ref = 'EVER a'") == 2


async def test_what_was_found_used_up_stays_so_while_a_question_is_planned_anew(pool):
    uses, held = LetterUses(pool), standing(of("head", "a", uses=ONCE), of("wife", "b", uses=ONCE), of("brother", "c"))
    assert left(without(without(held, {"a"}, NOW), {"b"}, NOW)) == {"head": "LETTER_USES_SPENT", "wife": "LETTER_USES_SPENT", "brother": ""}
    await uses.within(held, {"a"}, NOW)
    await uses.within(held, {"b"}, NOW)
    assert left(await uses.within(held, {"a", "b"}, NOW))["wife"] == "LETTER_USES_SPENT"


async def test_so_many_a_day_begin_anew_with_chinas_day_and_so_many_ever_do_not(pool):
    uses, held = LetterUses(pool), standing(of("head", "a", uses=TWICE_A_DAY), of("wife", "b"))

    async def fits(at: datetime) -> bool:
        spent = await uses.spent(held.matter.letters, at)
        found = await uses.within(held, {"a", "b"}, at) is held
        assert spent == (frozenset() if found else {"a"})
        return found

    assert [await fits(NOW + timedelta(hours=hour)) for hour in (0, 1, 2, 14)] == [True, True, False, False]
    assert [await fits(NOW + timedelta(hours=hour)) for hour in (15, 16, 48)] == [True, False, False]


async def test_a_question_whose_letters_are_all_used_up_is_refused(pool):
    uses, held = LetterUses(pool), standing(of("head", "a", uses=ONCE))
    await uses.within(held, {"a"}, NOW)
    with pytest.raises(NotStanding) as refused:
        await uses.within(held, {"a"}, NOW)
    assert (refused.value.status, refused.value.code) == (403, "LETTER_USES_SPENT")
    assert await uses.spent(held.matter.letters, NOW) == {"a"}
    assert await uses.spent([of("head", "b")], NOW) == frozenset()


async def test_of_several_cases_one_used_up_takes_none_of_the_others_along(pool):
    uses = LetterUses(pool)
    first, second = standing(of("head", "a", uses=ONCE)), standing(of("wife", "b", uses=ONCE), case="case_2")
    await uses.within(first, {"a"}, NOW)
    both = together([first, second])
    less = await uses.within(both, {"a", "b"}, NOW)
    assert [left(one)["head"] for one in less.several] == ["LETTER_USES_SPENT", "SUBJECT_NOT_COVERED"]
    assert less.several[1] is second
    assert await uses.within(less, {"b"}, NOW) is less


async def test_where_nobody_can_count_nobody_is_served(database_url):
    held, pool = standing(of("head", "a", uses=ONCE)), await open_pool(database_url, max_size=1)
    await pool.close()
    for asked in (LetterUses(pool).within(held, {"a"}, NOW), LetterUses(pool).spent(held.matter.letters, NOW)):
        with pytest.raises(Overloaded):
            await asked
    assert await LetterUses(pool).within(held, (), NOW) is held, "a question under which no such letter stands asks nobody"


async def test_one_statement_counts_as_one_for_each_limit_would(pool):
    """Against the meaning in plain words: in each period that runs as often as the letter says; where one is used up, nothing is counted."""
    choose = Random(20261126)
    limits = [(), ONCE, TWICE_A_DAY, (("HOUR", 1), ("MONTH", 4)), (("EVER", 9),), (("DAY", 3),)]
    letters = [of("head", f"letter-{n}", uses=uses) for n, uses in enumerate(limits)]
    uses, held, counted = LetterUses(pool), standing(*letters, of("wife", "free")), Counter()
    for step in range(70):
        at = NOW + timedelta(hours=step // 4 * 5)
        asked = {one.id: one for one in letters if choose.random() < 0.5}
        now = {name: [((per, name, 0 if per == "EVER" else period(per, at)[0]), times) for per, times in one.uses] for name, one in asked.items()}
        spent = {name for name, each in now.items() if any(counted[limit] >= times for limit, times in each)}
        if not spent:
            counted.update(limit for each in now.values() for limit, _ in each)
        found = await uses.within(held, asked, at)
        assert (found is held) is not spent
        assert {letter.id for letter in found.matter.letters if letter.spent} == spent, step
    rows = await pool.fetch("SELECT ref, period, used FROM allowance")
    assert {(*row["ref"].split(" "), row["period"], row["used"]) for row in rows} == {
        (per, name, began or BEGINNING, times) for (per, name, began), times in counted.items()
    }


async def test_a_letter_named_by_two_cases_of_a_question_is_used_once(pool):
    first = standing(of("head", "a", uses=TWICE_A_DAY))
    both = together([first, replace(first, caller=replace(first.caller, case="case_2"))])
    assert await LetterUses(pool).within(both, {"a"}, NOW) is both
    assert await pool.fetchval("SELECT max(used) FROM allowance") == 1


async def test_what_is_counted_is_found_by_the_tables_own_key(pool):
    plan = "\n".join(row[0] for row in await pool.fetch("EXPLAIN " + TAKE_EACH, ["EVER a"], [NOW], [NOW], '{"EVER a": 1}'))
    assert "Conflict Arbiter Indexes: allowance_pkey" in plan
    assert "Seq Scan" not in plan


async def test_questions_that_share_letters_never_wait_for_each_other_in_a_ring(pool):
    uses = LetterUses(pool)
    letters = [of("head", name, uses=(("EVER", 40),)) for name in "abcd"]
    turned = [standing(*letters[n:], *letters[:n]) for n in range(4)]
    found = await asyncio.wait_for(asyncio.gather(*(uses.within(turned[n % 4], set("abcd"), NOW) for n in range(40))), 20)
    assert all(one is turned[n % 4] for n, one in enumerate(found))
    assert {row["used"] for row in await pool.fetch("SELECT used FROM allowance")} == {40}
