"""Requests, corrections and disputes as records: clocks in the region's working days, one log entry a step, nothing kept that fails."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.enrolment import enrol_organisation, publish_catalogue_entry
from hub.sharing.corrections import Corrections
from hub.sharing.due import owed
from hub.sharing.requests import Filing, ShareRequests
from hub.sharing.wording import SharingRefused
from policies.calendar import CHINA, CalendarMissing
from policies.disputes import CorrectionState
from policies.engine import load
from policies.sharing import NotNow, RequestState

CALENDAR = load("500152").calendar
AT = datetime(2026, 11, 20, 9, tzinfo=CHINA)  # a Friday


def filing(**kwargs) -> Filing:
    return Filing(**({
        "entry": "GA-vehicle", "requester": "mz", "approved_by": "分管负责人", "basis": "SAL §41", "scene": "低保审核", "scope": "本区申请家庭",
        "mode": "API", "used_until": date(2027, 6, 30),
    } | kwargs))


@pytest.fixture
async def enrolled(engine):
    for code, region in (("mz", "500152000000"), ("jy", "500152000000")):
        await enrol_organisation(engine, code=code, name=code, department="MZ-HD", region=region, role="CHECK_OPERATOR", at=AT)
    common = {"name": "n", "provider": "公安局", "departments": ["MZ-HD"], "purposes": ["DIBAO_REVIEW"], "legal_basis": "SAL §41", "at": AT,
              "modes": ["API"]}
    for entry, group, attribute in (("GA-vehicle", "vehicle", "CONDITIONAL"), ("GA-hukou", "householdRegister", "UNCONDITIONAL"),
                                    ("SW-tax", "tax", "NOT_SHARED")):
        await publish_catalogue_entry(
            engine, entry=entry, fact_group=group, attribute=attribute, valid_from=date(2026, 1, 1), onward_sharing=entry == "GA-hukou", **common,
        )
    await publish_catalogue_entry(
        engine, entry="old", fact_group="vehicle", attribute="CONDITIONAL", valid_from=date(2026, 1, 1), valid_to=date(2026, 11, 20), **common,
    )
    return engine


@pytest.fixture
def now() -> list[datetime]:
    return [AT]


@pytest.fixture
def requests(enrolled, now, random) -> ShareRequests:
    return ShareRequests(enrolled, CALENDAR, clock=lambda: now[0], random=random)


@pytest.fixture
def corrections(enrolled, now, random) -> Corrections:
    return Corrections(enrolled, CALENDAR, clock=lambda: now[0], random=random)


async def rows(engine, statement: str) -> list[tuple]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def noted(engine) -> list[str]:
    return [kind for (kind,) in await rows(engine, "SELECT kind FROM outbox WHERE kind NOT IN ('ORGANISATION_ENROLLED','CATALOGUE_PUBLISHED') ORDER BY id")]


async def test_a_request_from_filing_to_supply_leaves_an_entry_a_step(requests, enrolled, now) -> None:
    one = await requests.file(filing())
    assert await rows(enrolled, "SELECT state, attribute, answer_due FROM share_request") == [("FILED", "CONDITIONAL", date(2026, 12, 4))]
    assert (await requests.incomplete(one, "缺少使用范围说明")).state is RequestState.INCOMPLETE
    now[0] += timedelta(days=3)
    assert (await requests.complete(one)).answer_due == date(2026, 12, 7)
    assert (await requests.extend(one, 10, "经区数据局同意")).answer_due == date(2026, 12, 21)
    assert (await requests.agree(one)).supply_due == date(2026, 12, 21)
    await requests.supply(one)
    await requests.suspend(one, "超范围使用")
    await requests.resume(one)
    assert (await requests.end(one, "用途已实现")).state is RequestState.ENDED
    steps = ["FILED", "INCOMPLETE", "COMPLETED", "EXTENDED", "AGREED", "SUPPLIED", "SUSPENDED", "RESUMED", "ENDED"]
    assert await noted(enrolled) == [f"SHARE_REQUEST_{step}" for step in steps]
    assert await rows(enrolled, "SELECT body->>'ref' FROM outbox WHERE kind LIKE 'SHARE%' GROUP BY 1") == [(one,)]
    assert await rows(enrolled, "SELECT body->>'organisation' FROM outbox WHERE kind = 'SHARE_REQUEST_FILED'") == [("mz",)]


REFUSED = (
    ({"entry": "SW-tax"}, NotNow, "GDS §14"),
    ({"entry": "old"}, SharingRefused, "no entry old in force"),
    ({"entry": "none"}, SharingRefused, "no entry none in force"),
    ({"mode": "FILE"}, SharingRefused, "not shared by FILE"),
    ({"onward": True}, NotNow, "GDS §25"),
    ({"used_until": date(2026, 11, 20)}, SharingRefused, "past"),
    ({"scene": "  "}, SharingRefused, "scene is empty"),
    ({"scope": "家" * 1001}, SharingRefused, "scope is longer"),
    ({"basis": "查 509900 1980 0501 001X 的车"}, SharingRefused, "basis holds what could be an ID number"),
    ({"requester": "nobody"}, IntegrityError, "foreign key"),
)


async def test_what_cannot_be_filed_leaves_no_record_and_no_entry(requests, enrolled) -> None:
    for given, error, why in REFUSED:
        with pytest.raises(error, match=why) as caught:
            await requests.file(filing(**given))
        assert "0501" not in str(caught.value)
    assert await rows(enrolled, "SELECT id FROM share_request") == []
    assert await noted(enrolled) == []


async def test_an_entry_that_may_be_handed_on_is_filed_for_onward_use(requests, enrolled) -> None:
    await requests.file(filing(entry="GA-hukou", onward=True))
    assert await rows(enrolled, "SELECT onward, answer_due FROM share_request") == [(True, date(2026, 11, 23))]


async def test_a_step_out_of_turn_or_into_an_uncovered_year_changes_nothing(requests, enrolled, now) -> None:
    one = await requests.file(filing())
    with pytest.raises(NotNow, match="the request is FILED"):
        await requests.supply(one)
    now[0] = datetime(2026, 12, 4, 9, tzinfo=CHINA)
    with pytest.raises(CalendarMissing, match="does not cover 2027"):
        await requests.agree(one)
    with pytest.raises(SharingRefused, match="reason is empty"):
        await requests.refuse(one, " ")
    with pytest.raises(SharingRefused, match="no share request share_x"):
        await requests.agree("share_x")
    assert await rows(enrolled, "SELECT state, reason FROM share_request") == [("FILED", "")]
    assert await noted(enrolled) == ["SHARE_REQUEST_FILED"]
    await requests.refuse(one, "目录已注明仅限低保")
    assert await rows(enrolled, "SELECT state, reason FROM share_request") == [("REFUSED", "目录已注明仅限低保")]


async def test_two_answers_at_once_are_one_answer(requests, enrolled) -> None:
    one = await requests.file(filing())
    answers = await asyncio.gather(requests.agree(one), requests.refuse(one, "理由"), return_exceptions=True)
    assert sum(isinstance(answer, NotNow) for answer in answers) == 1
    assert len(await noted(enrolled)) == 2


@pytest.fixture
async def asked(database_url):
    """Writes an entry as the log's own role would; hub_app may read the log and not write it."""
    connection = await asyncpg.connect(database_url)

    async def ask(identifier: str, organisation: str, kind: str = "INTENT") -> None:
        await connection.execute(
            "INSERT INTO log_entry (idx, leaf_hash, body, id, kind, at, organisation, subjects) "
            "SELECT count(*), sha256('leaf'), 'leaf', $1, $2, $3, $4, '{}' FROM log_entry", identifier, kind, AT, organisation,
        )

    yield ask
    await connection.close()


async def test_a_correction_names_its_own_question_and_is_answered_within_ten_working_days(corrections, enrolled, asked) -> None:
    await asked("log_1", "mz")
    await asked("log_2", "jy")
    await asked("log_3", "mz", "REFUSAL")
    one, due = await corrections.file(entry="GA-vehicle", requester="mz", question="log_1", reason="号牌已注销")
    assert due == date(2026, 12, 4)
    for other in ("log_2", "log_3", "log_4"):
        with pytest.raises(SharingRefused, match="no question of this organisation"):
            await corrections.file(entry="GA-vehicle", requester="mz", question=other, reason="r")
    with pytest.raises(IntegrityError):
        await corrections.file(entry="none", requester="mz", question="log_1", reason="r")
    await corrections.answer(one, CorrectionState.CORRECTED, "已核实更正")
    with pytest.raises(NotNow):
        await corrections.answer(one, CorrectionState.UPHELD, "n")
    with pytest.raises(SharingRefused):
        await corrections.answer("fix_x", CorrectionState.UPHELD, "n")
    assert await noted(enrolled) == ["CORRECTION_FILED", "CORRECTION_ANSWERED"]


async def test_a_dispute_knows_its_authority_before_it_is_escalated(requests, corrections, enrolled) -> None:
    about = await requests.file(filing())
    one, found = await corrections.dispute(about=about, provider_region="511725000000", issue="拒绝理由不成立")
    assert (found.level.value, found.region) == ("NATIONAL", "000000")
    await corrections.escalate(one)
    with pytest.raises(NotNow):
        await corrections.escalate(one)
    await corrections.settle(one, "同意共享")
    assert await rows(enrolled, "SELECT requester, level, authority, state, outcome FROM sharing_dispute") == [
        ("mz", "NATIONAL", "000000", "SETTLED", "同意共享"),
    ]
    assert await noted(enrolled) == ["SHARE_REQUEST_FILED", "DISPUTE_OPENED", "DISPUTE_ESCALATED", "DISPUTE_SETTLED"]


async def test_a_dispute_is_about_something_and_against_a_region(requests, corrections, enrolled) -> None:
    about = await requests.file(filing())
    for given, why in (({"about": "share_x"}, "no share request or correction"), ({"provider_region": "5001"}, "6 or 12 digits"),
                       ({"issue": ""}, "issue is empty")):
        with pytest.raises(SharingRefused, match=why):
            await corrections.dispute(**({"about": about, "provider_region": "500152", "issue": "i"} | given))
    assert await rows(enrolled, "SELECT id FROM sharing_dispute") == []


async def test_what_is_owed_is_overdue_the_day_after(requests, corrections, enrolled, asked) -> None:
    await asked("log_1", "mz")
    first = await requests.file(filing(entry="GA-hukou"))                 # answer by Monday the 23rd
    second = await requests.file(filing())                                # answer by 4 December
    fix, _ = await corrections.file(entry="GA-vehicle", requester="mz", question="log_1", reason="r")
    third = await requests.file(filing())
    await requests.agree(third)                                           # supply by 18 December
    fourth = await requests.file(filing())
    await requests.incomplete(fourth, "m")                                # nobody owes anything
    found = await owed(enrolled, date(2026, 11, 24), {})
    assert [(one.identifier, one.step, one.due, one.overdue) for one in found] == sorted([
        (first, "ANSWER", date(2026, 11, 23), True), (second, "ANSWER", date(2026, 12, 4), False),
        (fix, "CORRECTION", date(2026, 12, 4), False), (third, "SUPPLY", date(2026, 12, 18), False),
    ], key=lambda one: (one[2], one[0]))
    for day, late in ((date(2026, 11, 23), 0), (date(2026, 12, 4), 1), (date(2026, 12, 5), 3), (date(2026, 12, 18), 3), (date(2026, 12, 19), 4)):
        assert sum(one.overdue for one in await owed(enrolled, day, {})) == late
    assert {(one.provider, one.requester) for one in found} == {("公安局", "mz")}
