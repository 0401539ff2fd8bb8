"""hub arrangement: a paper that closes somebody's records to their relatives, recorded, listed without whose it is, lifted."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import date

import pytest

from hub.actor import operator
from hub.people.id_number import check_digit, parse
from hub.people.store import People
from hub.people.vault import Identity, Vault
from hub.postgres.connection import engine
from tests.hub.cli.privacy_officers import PASSWORD, enrol_privacy_officers, typed

BODY = "50990019700101001"
NUMBER = BODY + check_digit(BODY)


@pytest.fixture
def person(desk) -> str:
    """Somebody the hub knows."""

    async def add() -> str:
        made = engine(desk.url)
        known = parse(NUMBER, today=date(2026, 11, 25))
        async with made.begin() as connection:
            found = await People(Vault(desk.keys, os.urandom), os.urandom).upsert(connection, Identity(NUMBER, "", known.sex, known.birth_date))
        await made.dispose()
        return str(found)

    return asyncio.run(add())


def test_a_paper_is_recorded_listed_and_lifted_and_the_number_is_nowhere(desk, person) -> None:
    will = desk.file("will.txt", "我身故后，不得向亲属提供。")
    said = desk.run("arrangement", "record", "--document", will, "--by", "MZ-0007", input=f"{NUMBER}\n")
    assert NUMBER not in said
    made = said.split()[-2]
    digest = hashlib.sha256("我身故后，不得向亲属提供。".encode()).hexdigest()
    assert digest in desk.run("arrangement", "list")
    assert [(str(one[0]), one[1]) for one in desk.ask("SELECT person_id, document_hash FROM arrangement")] == [(person, bytes.fromhex(digest))]
    desk.run("arrangement", "lift", made)
    assert "nobody arranged anything" in desk.run("arrangement", "list")
    assert "to lift" in desk.run("arrangement", "lift", made, code=1)
    assert desk.outbox() == [("ARRANGEMENT_RECORDED", made), ("ARRANGEMENT_LIFTED", made)]
    assert desk.said_by() == [("ARRANGEMENT_RECORDED", "MZ-0007", "STATED", operator()), ("ARRANGEMENT_LIFTED", "", "", operator())]
    desk.await_(lambda: enrol_privacy_officers(desk.url))
    desk.run("arrangement", "record", "--document", will, "--by", "chief", "--proven", input=typed(PASSWORD, NUMBER))
    assert desk.said_by()[-1] == ("ARRANGEMENT_RECORDED", "chief", "CONSOLE_PASSWORD", operator())


@pytest.mark.parametrize(("given", "said"), [("50990019700101002X", "check"), (NUMBER, "nobody of this number")])
def test_a_number_that_is_none_or_nobodys_arranges_nothing(desk, given, said) -> None:
    told = desk.run("arrangement", "record", "--document", desk.file("will.txt", "x"), "--by", "MZ-0007", input=f"{given}\n", code=1)
    assert said in told
    assert given not in told
    assert desk.outbox() == []
