"""Fair use over several workers on one real database: no ceiling is passed by more than is said, and where nobody can count nobody is served."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest

from hub.caller import Basis, Caller
from hub.errors import Overloaded, TooMany
from hub.operations import fair_use
from hub.operations.fair_use import KEPT, UNCARRIED, FairUse
from hub.operations.token_uses import TokenUses, UsedUp, period
from hub.postgres.connection import pool as open_pool
from policies.fair_use import Ceilings
from policies.verdict import BasisKind, Relation
from tests.conftest import CHINA
from tests.hub.slips import slips_once
from tests.waiting import until

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
CALLER = Caller(
    organisation="mz-hd", department="MZ-HD", region="500152000000", relation=Relation.LOCAL, role="CHECK_OPERATOR", client="c", officer="o",
    purpose="SPOT_CHECK", basis=Basis(BasisKind.LETTER), case="case_1", token="tok_1", expires_at=NOW + timedelta(minutes=10),
)  # fmt: skip


def ceilings(case: int, people: int = 10_000) -> dict[str, Ceilings]:
    return {"SPOT_CHECK": Ceilings(case, people, None, "x")}


async def served(fair: FairUse, caller: Caller = CALLER, *, people: int = 1, now: datetime = NOW) -> int:
    """How many questions are served before the first refusal."""
    for number in range(10_000):
        try:
            await fair.take(caller, people, now)
        except TooMany as refused:
            assert refused.code == "FAIR_USE"
            return number
    raise AssertionError("never refused")


async def test_one_worker_passes_no_ceiling_and_says_when_to_come_back(pool):
    fair = FairUse(pool, ceilings(40))
    assert await served(fair) == 40
    with pytest.raises(TooMany) as refused:
        await fair.take(CALLER, 1, NOW)
    assert refused.value.retry_after == 14.5 * 3600
    assert await served(fair, replace(CALLER, case="case_2")) == 40
    assert await served(fair, replace(CALLER, organisation="another")) == 40, "nobody uses up another's"
    assert await served(fair, now=NOW + timedelta(days=1)) == 40


async def test_a_token_over_several_cases_counts_in_each(pool):
    fair = FairUse(pool, ceilings(10))
    assert await served(fair, replace(CALLER, case="", cases=("case_1", "case_2"))) == 10
    assert await served(fair, replace(CALLER, case="case_2")) == 0
    assert await served(fair, replace(CALLER, case="case_3")) == 10


async def test_people_count_against_their_officers_hour(pool):
    fair = FairUse(pool, ceilings(10_000, people=100))
    assert await served(fair, people=6) == 16
    with pytest.raises(TooMany) as refused:
        await fair.take(CALLER, 6, NOW)
    assert refused.value.retry_after == 1800
    await fair.take(CALLER, 4, NOW)
    assert await served(fair, replace(CALLER, officer="p"), people=6) == 16
    assert await served(fair, replace(CALLER, officer=" Ｐ-"), people=6) == 0, "another spelling is no other officer"
    assert await served(fair, people=6, now=NOW + timedelta(hours=1)) == 16
    with pytest.raises(TooMany):
        await fair.take(replace(CALLER, officer="q"), 101, NOW)


async def test_several_workers_together_pass_a_ceiling_by_no_more_than_is_said(database_url):
    ceiling, workers = 100, 4
    pools = [await open_pool(database_url, max_size=2) for _ in range(workers)]
    try:
        fair = [FairUse(one, ceilings(ceiling)) for one in pools]
        total = sum(await asyncio.gather(*(served(one) for one in fair)))
        assert ceiling <= total <= ceiling + (workers - 1) * (ceiling // UNCARRIED)
        for one in fair:
            await one.carry()
        counted, refused = await pools[0].fetchrow("SELECT used, refused FROM allowance WHERE kind = 'CASE_DAY'")
        assert (counted, refused) == (total, workers)
    finally:
        for one in pools:
            await one.close()


async def test_a_worker_learns_what_others_counted_and_one_that_ended_forgot_nothing(pool):
    first = FairUse(pool, ceilings(40))
    first.start()
    for _ in range(30):
        await first.take(CALLER, 1, NOW)
    await first.stop()
    assert await pool.fetchval("SELECT used FROM allowance WHERE kind = 'CASE_DAY'") == 30
    assert await served(FairUse(pool, ceilings(40))) == 10, "one worker's own allowance is small enough to be carried before it is passed"


async def test_a_question_asks_the_database_for_nothing(pool, monkeypatch):
    fair, asked = FairUse(pool, ceilings(1000, 100_000)), []
    original = asyncpg.Pool.fetch

    async def heard(self, *arguments, **more):
        asked.append(arguments[0])
        return await original(self, *arguments, **more)

    monkeypatch.setattr(asyncpg.Pool, "fetch", heard)
    for number in range(40):
        await fair.take(replace(CALLER, case=f"case_{number}"), 5, NOW)
    assert asked == []
    for _ in range(200):
        await fair.take(CALLER, 1, NOW)
    assert 1 <= len(asked) <= 5, "past a twentieth of the ceiling it carries, in one statement for all that changed"


async def test_where_it_cannot_be_counted_nobody_is_served(database_url):
    own = await open_pool(database_url, max_size=1)
    fair = FairUse(own, ceilings(40))
    for _ in range(2):
        await fair.take(CALLER, 1, NOW)
    await own.close()
    with pytest.raises(Overloaded):
        await fair.take(CALLER, 1, NOW)
    with pytest.raises(Overloaded):  # and no other case either, from here on
        await fair.take(replace(CALLER, case="case_2"), 1, NOW)
    await fair.stop()


async def test_what_no_period_needs_is_dropped(pool):
    fair = FairUse(pool, ceilings(40))
    await fair.take(CALLER, 1, NOW)
    await fair.carry()
    await fair.forget(NOW + timedelta(days=1))
    assert await pool.fetchval("SELECT count(*) FROM allowance") == 2, "the officer still sees yesterday's"
    await fair.forget(NOW + KEPT + timedelta(days=1))
    assert await pool.fetchval("SELECT count(*) FROM allowance") == 0
    assert fair._counts == {}


async def test_a_purpose_without_facts_is_not_counted(pool):
    fair = FairUse(pool, ceilings(1))
    for _ in range(5):
        await fair.take(replace(CALLER, purpose="PRIVACY_AUDIT"), 0, NOW)


# --- what a token itself allows ---------------------------------------------------------------------------------------------


async def test_a_token_is_used_exactly_as_often_as_it_may_by_however_many_at_once(database_url):
    pools = [await open_pool(database_url, max_size=4) for _ in range(3)]
    try:
        uses = [TokenUses(one) for one in pools]
        limited = replace(CALLER, max_uses=25)

        async def asked(worker: TokenUses) -> bool:
            try:
                await worker.take(limited, NOW)
            except UsedUp as refused:
                assert (refused.status, refused.code) == (401, "TOKEN_REPLAYED")
                return False
            return True

        assert await uses[0].left("tok_1", 25) == 25
        assert sum(await asyncio.gather(*(asked(uses[n % 3]) for n in range(90)))) == 25
        assert await uses[1].left("tok_1", 25) == 0
        assert await asked(TokenUses(pools[0])) is False
        await uses[0].take(CALLER, NOW)  # one without a limit asks nobody
        assert await pools[0].fetchval("SELECT count(*) FROM allowance") == 1
    finally:
        for one in pools:
            await one.close()


async def test_a_frequency_counts_over_tokens_and_a_refused_question_uses_up_no_token(pool):
    uses = TokenUses(pool)
    often = replace(CALLER, frequency={"DAY": 2, "MONTH": 3}, max_uses=5)
    await uses.take(often, NOW)
    await uses.take(replace(often, token="tok_2"), NOW)
    for token in ("tok_1", "tok_3"):
        with pytest.raises(TooMany) as refused:
            await uses.take(replace(often, token=token), NOW)
        assert (refused.value.code, refused.value.retry_after) == ("FREQUENCY_EXCEEDED", 14.5 * 3600)
    assert [await uses.left(token, 5) for token in ("tok_1", "tok_2", "tok_3")] == [4, 4, 5]
    await uses.take(often, NOW + timedelta(days=1))
    with pytest.raises(TooMany, match="a month"):
        await uses.take(often, NOW + timedelta(days=2))
    await uses.take(replace(often, case="case_2"), NOW)


def test_periods_are_chinas() -> None:
    last = datetime(2026, 12, 31, 23, 59, tzinfo=CHINA)
    assert [(end - begun).total_seconds() / 3600 for begun, end in (period(per, last) for per in ("HOUR", "DAY", "MONTH"))] == [1, 24, 744]
    assert period("MONTH", last)[1] == datetime(2027, 1, 1, tzinfo=CHINA)


async def test_a_carry_that_slips_is_made_again(pool, monkeypatch):
    fair = FairUse(pool, ceilings(40))
    ends = slips_once(monkeypatch, fair, "carry")
    monkeypatch.setattr(fair_use, "EVERY", 0.01)
    fair.start()
    await fair.take(CALLER, 1, NOW)
    await until(lambda: len(ends) >= 2)
    await fair.stop()
    assert await pool.fetchval("SELECT used FROM allowance WHERE kind = 'CASE_DAY'") == 1
