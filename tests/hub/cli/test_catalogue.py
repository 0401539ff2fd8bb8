"""hub catalogue: what an entry must state, and a request, a correction and a dispute from the first command to the last."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime

import asyncpg
import pytest

from hub.cli import sharing
from hub.clock import clock
from policies.calendar import CHINA
from tests.hub.cli.conftest import Desk, years
from tests.hub.cli.test_enrolment import CATALOGUE

FILED = (
    "--by", "mz-hd-500152", "--approved-by", "分管负责人", "--basis", "SAL §41", "--scene", "低保审核", "--scope", "本区申请家庭", "--mode", "API",
    "--until", "2099-12-31",
)
STEPS = "SELECT kind FROM outbox WHERE kind ~ '^(SHARE|CORRECTION|DISPUTE)' ORDER BY id"


@pytest.fixture
def steward(office: Desk) -> Desk:
    """An office whose catalogue is loaded, and whose calendar covers this year and the next."""
    office.environment["HUB_CALENDAR"] = office.file("calendar.toml", years(clock().year, clock().year + 1))
    office.run("catalogue", "load", office.file("c.toml", CATALOGUE))
    return office


def filed(steward: Desk) -> str:
    said = steward.run("catalogue", "request", "file", "GA-vehicle", *FILED)
    found = re.fullmatch(r"share request (share_\w{26}): FILED; answer due \d{4}-\d\d-\d\d\n", said)
    assert found, said
    return found[1]


def test_an_entry_states_everything_the_law_lists(desk: Desk) -> None:
    for key in ("items", "format", "frequency", "attribute", "modes", "grade", "name", "provider", "legal_basis"):
        text = re.sub(rf"(?m)^{key} = .*\n", "", CATALOGUE, count=1)
        assert f"entry GA-vehicle: has no {key} (GDS §13)" in desk.run("catalogue", "load", desk.file("c.toml", text), code=1)
    assert desk.ask("SELECT count(*) FROM catalogue_entry") == [(0,)]


SENSELESS = (
    ('modes = ["API"]', 'modes = ["POST"]', "modes are of API, BATCH, FILE"),
    ('modes = ["API"]', "modes = []", "modes are of API, BATCH, FILE"),
    ('items = ["号牌号码", "登记日期"]', "items = []", "items are the data items"),
    ('attribute = "NOT_SHARED"', 'attribute = "NOT_SHARED"\nby_request = true', "neither requested nor handed on"),
    ('attribute = "NOT_SHARED"', 'attribute = "NOT_SHARED"\nonward_sharing = true', "neither requested nor handed on"),
    ("valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_to = 2026-01-01", "valid_to lies after valid_from"),
    ('attribute = "NOT_SHARED"', 'attribute = "NOT_SHARED"\nby_request = "yes"', "by_request is true or false"),
    ('attribute = "NOT_SHARED"', 'attribute = "NOT_SHARED"\nprice = 3', "unknown key price"),
)


def test_an_entry_that_makes_no_sense_publishes_nothing(desk: Desk) -> None:
    for old, new, said in SENSELESS:
        assert old in CATALOGUE
        assert said in desk.run("catalogue", "load", desk.file("c.toml", CATALOGUE.replace(old, new)), code=1), new
    assert desk.ask("SELECT count(*) FROM catalogue_entry") == [(0,)]


def test_an_entry_published_again_is_its_next_version_and_is_shown_whole(steward: Desk) -> None:
    steward.run("catalogue", "load", steward.file("c.toml", CATALOGUE.replace('modes = ["API"]', 'modes = ["API", "FILE"]\nby_request = true')))
    assert steward.ask("SELECT id, version, modes, by_request FROM catalogue_entry ORDER BY id") == [
        ("GA-vehicle", 2, ["API", "FILE"], True), ("SW-tax", 2, ["API", "FILE"], False),
    ]
    said = steward.run("catalogue", "show", "GA-vehicle")
    assert all(word in said for word in ("号牌号码", "JSON", "实时", "重要/L2", "SAL §41"))
    assert "no entry" in steward.run("catalogue", "show", "none", code=1)


def test_a_request_goes_from_filing_to_its_end(steward: Desk) -> None:
    one = filed(steward)
    assert f"{one}: INCOMPLETE\n" in steward.run("catalogue", "request", "incomplete", one, "--missing", "缺少使用范围")
    assert f"{one}: FILED; answer due" in steward.run("catalogue", "request", "complete", one)
    assert f"{one}: FILED; answer due" in steward.run("catalogue", "request", "extend", one, "--days", "10", "--reason", "经主管部门同意")
    assert f"{one}: AGREED; supply due" in steward.run("catalogue", "request", "agree", one)
    assert re.search(rf"\d  +SUPPLY +{one} +GA-vehicle +公安局 +mz-hd-500152", steward.run("catalogue", "due"))
    steward.run("catalogue", "request", "supply", one)
    assert "nothing is open" in steward.run("catalogue", "due")
    steward.run("catalogue", "request", "suspend", one, "--reason", "超范围使用")
    steward.run("catalogue", "request", "resume", one)
    assert f"{one}: ENDED" in steward.run("catalogue", "request", "end", one, "--reason", "用途已实现")
    assert re.search(rf"{one} .*ENDED", steward.run("catalogue", "request", "list"))
    assert len(steward.ask(STEPS)) == 9


def test_what_is_refused_is_said_in_one_line_and_changes_nothing(steward: Desk) -> None:
    assert "GDS §14" in steward.run("catalogue", "request", "file", "SW-tax", *FILED, code=1)
    assert "GDS §25" in steward.run("catalogue", "request", "file", "GA-vehicle", *FILED, "--onward", code=1)
    assert "not enrolled" in steward.run("catalogue", "request", "file", "GA-vehicle", *(word.replace("mz-hd-500152", "x") for word in FILED), code=1)
    one = filed(steward)
    assert "the request is FILED" in steward.run("catalogue", "request", "supply", one, code=1)
    steward.run("catalogue", "request", "extend", one, "--days", "11", "--reason", "r", code=2)
    said = steward.run("catalogue", "request", "refuse", one, "--reason", "509900198005010010", code=1)
    assert "could be an ID number" in said
    assert "509900198005010010" not in said
    assert steward.ask(STEPS) == [("SHARE_REQUEST_FILED",)]
    assert "REFUSED" in steward.run("catalogue", "request", "refuse", one, "--reason", "不属于履职所需")


def test_a_year_the_calendar_does_not_cover_says_so_and_files_nothing(steward: Desk, monkeypatch) -> None:
    day = datetime(2026, 12, 18, 9, tzinfo=CHINA)
    monkeypatch.setattr(sharing, "clock", lambda: day)
    steward.environment.pop("HUB_CALENDAR")
    said = steward.run("catalogue", "request", "file", "GA-vehicle", *FILED, code=1)
    assert "the working-day calendar does not cover 2027: load the holiday notice of that year" in said
    assert steward.ask("SELECT count(*) FROM share_request") == [(0,)]
    steward.environment["HUB_CALENDAR"] = steward.file("2027.toml", years(2027))
    assert "answer due 2027-01-01" in steward.run("catalogue", "request", "file", "GA-vehicle", *FILED)


def test_a_correction_and_a_dispute_over_it(steward: Desk) -> None:
    async def asked() -> None:
        connection = await asyncpg.connect(steward.url)
        await connection.execute(
            "INSERT INTO log_entry (idx, leaf_hash, body, id, kind, at, organisation, subjects) "
            "VALUES (0, sha256('leaf'), 'leaf', 'log_1', 'INTENT', now(), 'mz-hd-500152', '{}')",
        )
        await connection.close()

    asyncio.run(asked())
    wrong = ("correction", "file", "GA-vehicle", "--by", "mz-hd-500152", "--reason", "号牌已注销")
    assert "no question of this organisation" in steward.run("catalogue", *wrong, "--question", "log_2", code=1)
    said = steward.run("catalogue", *wrong, "--question", "log_1")
    one = said.split()[1].rstrip(":")
    assert re.search(rf"CORRECTION +{one}", steward.run("catalogue", "due"))
    assert "UPHELD" in steward.run("catalogue", "correction", "answer", one, "--outcome", "UPHELD", "--note", "经核实无误")
    opened = steward.run("catalogue", "dispute", "open", one, "--provider-region", "511725", "--issue", "仍有异议")
    assert "CONSULTING; its authority is NATIONAL 000000" in opened
    dispute = opened.split()[1].rstrip(":")
    steward.run("catalogue", "dispute", "escalate", dispute)
    assert "the dispute is ESCALATED" in steward.run("catalogue", "dispute", "escalate", dispute, code=1)
    steward.run("catalogue", "dispute", "settle", dispute, "--outcome", "以提供方数据为准")
    assert re.search(rf"{dispute} .*SETTLED", steward.run("catalogue", "dispute", "list"))
    assert [kind for (kind,) in steward.ask(STEPS)] == [
        "CORRECTION_FILED", "CORRECTION_ANSWERED", "DISPUTE_OPENED", "DISPUTE_ESCALATED", "DISPUTE_SETTLED",
    ]
