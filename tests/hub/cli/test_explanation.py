"""hub explanation: what is open is listed with its day, and answered once by an officer who proves themselves at the terminal."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from hub.clock import clock
from policies.calendar import CHINA
from tests.hub.cli.conftest import Desk
from tests.hub.cli.privacy_officers import PASSWORD, enrol_privacy_officers, typed

INSERT = """INSERT INTO explanation_request VALUES ($1, '500152-MZ-PO', $1, 'PURPOSE', 'DIBAO_REVIEW', '请说明\n2026-01-01  exp_z\u009b', 'OPEN', '', '', '', '', '', now(), $2)"""
ANSWER = ("explanation", "answer")


async def _filed(desk: Desk, days: int | None, name: str) -> None:
    database = await asyncpg.connect(desk.url)
    due = None if days is None else clock().astimezone(CHINA).date() + timedelta(days=days)
    await database.execute(INSERT, name, due)
    await database.close()


def test_what_is_open_is_listed_and_answered_by_a_proven_officer_once(desk: Desk) -> None:
    desk.await_(lambda: enrol_privacy_officers(desk.url))
    assert "nothing is open" in desk.run("explanation", "list")
    desk.await_(lambda: _filed(desk, None, "exp_b"))
    desk.await_(lambda: _filed(desk, 3, "exp_a"))
    said = desk.run("explanation", "list")
    assert said.index("exp_a") < said.index("exp_b"), "what has a day comes first"
    assert "no term" in said
    assert len(said.strip().splitlines()) == 3, "a statement makes no row of its own"
    assert "\x9b" not in said
    assert "OVERDUE" not in said
    desk.await_(lambda: _filed(desk, -1, "exp_c"))
    assert "OVERDUE" in desk.run("explanation", "list", code=1)
    assert "1 of 3 open are overdue" in desk.run("doctor", code=1)

    refusal = ("exp_c", "--outcome", "REFUSED", "--text", "正在核查。", "--by", "auditor")
    assert "names the article" in desk.run(*ANSWER, *refusal, code=1)
    assert "wrong" in desk.run(*ANSWER, *refusal, "--article", "PIPL §18(1)", input=typed("guessed"), code=1)
    desk.run(*ANSWER, *refusal, "--article", "PIPL §18(1)", input=typed(PASSWORD))
    assert "no open request" in desk.run(*ANSWER, *refusal, "--article", "PIPL §18(1)", input=typed(PASSWORD), code=1)
    assert "OVERDUE" not in desk.run("explanation", "list")
    told = desk.ask("SELECT state, article, answered_by, answered_proof, answered_operator <> '' FROM explanation_request WHERE id = 'exp_c'")
    assert told == [("REFUSED", "PIPL §18(1)", "auditor", "CONSOLE_PASSWORD", True)]
    assert desk.outbox() == [("EXPLANATION_ANSWERED", "exp_c")]
