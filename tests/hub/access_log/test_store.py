"""The officer's filters find what they name and only that, in pages that neither repeat nor skip."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.access_log.entry import Decision, Kind
from hub.access_log.merkle import leaf_hash
from hub.access_log.questions import refusal
from hub.access_log.store import Filter
from hub.access_log.writer import AccessLog
from tests.hub.access_log.conftest import MORNING, asked, told


@pytest.fixture
async def filled(log: AccessLog) -> AccessLog:
    first = await log.append(asked(0, letters=("let_1", "let_2"), subjects=("aa", "bb")))
    await log.append(told(first.id, 1, subjects=("aa",), purpose="DIBAO_REVIEW"))
    await log.append(asked(2, organisation="jy-500152", purpose="EDUCATION_AID", letters=("let_22",), subjects=("bb",), case="case_2"))
    await log.append(refusal(at=MORNING + timedelta(seconds=3), code="PURPOSE_NOT_ALLOWED", organisation="sw-500152"))
    return log


FOUND = (
    (Filter(), [3, 2, 1, 0]),
    (Filter(organisation="jy-500152"), [2]),
    (Filter(organisation="jy"), []),
    (Filter(subject="bb"), [2, 0]),
    (Filter(subject="b"), []),
    (Filter(letter="let_2"), [0]),
    (Filter(letter="let_22"), [2]),
    (Filter(letter="let_%"), []),
    (Filter(purpose="DIBAO_REVIEW"), [1, 0]),
    (Filter(case="case_2"), [2]),
    (Filter(decision=Decision.DENY), [3]),
    (Filter(kind=Kind.INTENT), [2, 0]),
    (Filter(since=MORNING + timedelta(seconds=1), until=MORNING + timedelta(seconds=3)), [2, 1]),
    (Filter(subject="bb", organisation="mz-hd-500152"), [0]),
    (Filter(subject="'; DROP TABLE log_entry; --"), []),
    (Filter(subject="aa", kind=Kind.OUTCOME, review="EMERGENCY"), []),
)


async def test_a_filter_finds_what_it_names(filled: AccessLog) -> None:
    for wanted, indexes in FOUND:
        page = await filled.store.query(wanted)
        assert ([entry.index for entry in page.entries], page.after) == (indexes, None), wanted


async def test_leaves_bodies_counts_and_checkpoints_are_those_of_the_tree(filled: AccessLog, owner) -> None:
    store = filled.store
    entries = await store.bodies(0, 4)
    assert [entry.index for entry in entries] == [0, 1, 2, 3]
    assert await store.leaf_hashes(1, 3) == [leaf_hash(entry.head_bytes) for entry in entries[1:3]]
    assert await store.counted(Filter(kind=Kind.INTENT)) == [("jy-500152", "EDUCATION_AID", 1), ("mz-hd-500152", "DIBAO_REVIEW", 1)]
    assert await store.counted(Filter()) == [
        ("mz-hd-500152", "DIBAO_REVIEW", 2), ("jy-500152", "EDUCATION_AID", 1), ("sw-500152", "", 1),
    ]
    assert (await store.head()).size == (await store.extent())[0] == 4
    await filled.stop()
    newest = await store.newest_checkpoint()
    assert newest is not None
    assert (await store.checkpoints(newest.size - 1, 10)) == [newest]
    assert await store.writable()
    await owner.execute("REVOKE INSERT ON log_entry FROM hub_log")
    assert not await store.writable()


async def test_pages_neither_repeat_nor_skip_while_the_log_grows(log: AccessLog) -> None:
    for number in range(23):
        await log.append(asked(number, organisation="even" if number % 2 == 0 else "odd"))
    seen, after = [], None
    while True:
        page = await log.store.query(Filter(organisation="even"), after=after, limit=5)
        seen += [entry.index for entry in page.entries]
        await log.append(asked(99, organisation="even"))
        if page.after is None:
            break
        after = page.after
    assert seen == list(range(22, -1, -2))


async def test_an_entry_is_read_from_the_bytes_the_tree_commits_to(filled: AccessLog, owner) -> None:
    first = (await filled.store.query(Filter(kind=Kind.INTENT, case="case_1"))).entries[0]
    await owner.execute("ALTER TABLE log_entry DISABLE TRIGGER USER")
    await owner.execute("UPDATE log_entry SET organisation = 'somebody-else' WHERE idx = 0")
    stored = await filled.store.entry(first.id)
    head, rest = stored.parts()
    assert head["organisation"] == "mz-hd-500152"
    assert rest["subjects"] == ["aa", "bb"]
    assert [entry.index for entry in await filled.store.closing(first.id)] == [1]
    assert await filled.store.entry("log_none") is None
