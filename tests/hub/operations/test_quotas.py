"""Quotas: each ceiling, its wait, and that one client's ceiling is not another's."""

from __future__ import annotations

import asyncio

import pytest

from hub.errors import Overloaded, TooMany
from hub.operations.quotas import ClientQuota, InFlight, LookUps, asking_region
from tests.hub.road import caller


class Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_load_past_the_places_is_shed_and_a_place_is_free_again_after_an_error() -> None:
    places = InFlight(2)
    with places, places:
        with pytest.raises(Overloaded) as shed, places:
            pytest.fail("a third was let in")
        assert shed.value.retry_after == 1
    with pytest.raises(ZeroDivisionError), places:
        _ = 1 // 0
    assert places.now == 0


def test_a_client_is_served_its_rate_in_any_minute_and_told_how_long_to_wait() -> None:
    seconds = Seconds()
    quota = ClientQuota(rate_per_minute=3, concurrency=10, seconds=seconds)
    for step in (0, 10, 20):
        seconds.now = 1000.0 + step
        with quota.taken("a"):
            pass
    seconds.now = 1030.0
    with pytest.raises(TooMany) as refused, quota.taken("a"):
        pytest.fail("a fourth was let in")
    assert (refused.value.retry_after, refused.value.code, refused.value.status) == (30, "RATE", 429)
    with quota.taken("b"):
        pass
    seconds.now = 1060.0
    with quota.taken("a"):
        pass
    with pytest.raises(TooMany), quota.taken("a"):
        pytest.fail("only one had left the window")


def test_a_refused_request_uses_up_nothing() -> None:
    seconds = Seconds()
    quota = ClientQuota(rate_per_minute=1, concurrency=1, seconds=seconds)
    with quota.taken("a"), pytest.raises(TooMany) as refused, quota.taken("a"):
        pytest.fail("two at once")
    assert refused.value.code == "CONCURRENCY"
    for _ in range(50):
        with pytest.raises(TooMany), quota.taken("a"):
            pytest.fail("past the rate")
    seconds.now += 60
    with quota.taken("a"):
        pass
    assert not quota._running


async def test_the_days_look_ups_are_counted_exactly_by_many_at_once(pool, clock) -> None:
    look_ups = LookUps(pool)
    done = await asyncio.gather(*(look_ups.take("c", 1, per_day=7, now=clock()) for _ in range(20)), return_exceptions=True)
    assert sorted(each for each in done if isinstance(each, int)) == [1, 2, 3, 4, 5, 6, 7]
    refused = [each for each in done if not isinstance(each, int)]
    assert len(refused) == 13
    assert all(isinstance(each, TooMany) and each.code == "LOOK_UPS" for each in refused)


async def test_look_ups_past_the_day_are_all_or_nothing_and_wait_for_midnight_in_china(pool, clock) -> None:
    look_ups = LookUps(pool)
    assert await look_ups.take("c", 3, per_day=5, now=clock()) == 3
    with pytest.raises(TooMany) as refused:
        await look_ups.take("c", 3, per_day=5, now=clock())
    assert refused.value.retry_after == 15 * 3600  # the test's clock stands at 09:00
    assert await look_ups.take("c", 2, per_day=5, now=clock()) == 5
    assert await look_ups.take("other", 5, per_day=5, now=clock()) == 5
    clock.advance(15 * 3600)
    assert await look_ups.take("c", 1, per_day=5, now=clock()) == 1


async def test_a_client_without_look_ups_has_none(pool, clock) -> None:
    with pytest.raises(TooMany):
        await LookUps(pool).take("c", 1, per_day=0, now=clock())
    with pytest.raises(TooMany):
        await LookUps(pool).take("c", 2, per_day=1, now=clock())
    assert await pool.fetchval("SELECT count(*) FROM look_up_count") == 0


async def test_one_asking_region_of_a_hub_above_uses_its_share_and_leaves_the_others_theirs(pool, clock) -> None:
    look_ups = LookUps(pool)
    for _ in range(2):
        await look_ups.take("hub", 1, per_day=5, now=clock(), share=("500101", 2))
    with pytest.raises(TooMany):
        await look_ups.take("hub", 1, per_day=5, now=clock(), share=("500101", 2))
    assert await look_ups.take("hub", 2, per_day=5, now=clock(), share=("500102", 2)) == 4
    with pytest.raises(TooMany):
        await look_ups.take("hub", 2, per_day=5, now=clock(), share=("500103", 2))
    assert await look_ups.take("hub", 1, per_day=5, now=clock(), share=("500103", 2)) == 5, "what was refused was counted nowhere"


@pytest.mark.parametrize(("region", "officer", "asking"), [
    ("500000000000", "500101-MZ-HD/HD-1", "500101"), ("500000000000", "510101-MZ-HD/HD-1", None), ("500000000000", "HD-0107", None),
    ("500152000000", "500152-MZ-HD/HD-1", None), ("510000000000", "510101-MZ/HD-1", None), ("500000000000", "500101-MZ-HD/", None),
    ("500100000000", "500101-MZ/x", "500101"),
])
def test_who_asks_of_a_hub_above_is_named_in_its_signed_assertion_and_lies_below_it(region, officer, asking) -> None:
    assert asking_region(caller(region=region, officer=officer), "500152000000") == asking
