"""Ids are ULIDs: they sort by time, and the first ten characters are the specification's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.ulid import new_id

AT = datetime(2026, 11, 23, 1, 0, 0, 123456, UTC)


def test_ids_sort_by_time_and_are_ulids() -> None:
    early, late = new_id("log", AT, bytes([255] * 10)), new_id("log", AT + timedelta(milliseconds=1), bytes(10))
    assert early < late
    assert len(early) == 30
    assert new_id("case", datetime(2016, 7, 30, 22, 36, 16, 385000, UTC), bytes(10)) == "case_01ARYZ6S410000000000000000"
    assert new_id("tok", AT, bytes([255] * 10)).endswith("Z" * 16)
