"""hub person erase-log-key: two officers prove themselves at the terminal, nothing stands on a command line, and it stands in the log."""

from __future__ import annotations

import os

from sqlalchemy import select

from hub.clock import clock
from hub.people.store import People
from hub.people.vault import Identity, Vault
from hub.postgres.connection import engine
from hub.tables import Person
from tests.hub.cli.conftest import Desk
from tests.hub.cli.privacy_officers import PASSWORD, enrol_privacy_officers, typed

NUMBER = "509902199001011238"
ERASE = ("person", "erase-log-key", "--ground", "PIPL §47(2)", "--by", "auditor", "--second")


async def _enrolled(desk: Desk) -> None:
    made = engine(desk.url)
    people = People(Vault(desk.keys, os.urandom), os.urandom)
    async with made.begin() as connection:
        await people.upsert(connection, Identity(NUMBER, "甲", "1", None))
    await made.dispose()
    await enrol_privacy_officers(desk.url)


async def _log_key(desk: Desk) -> bytes:
    made = engine(desk.url)
    async with made.connect() as connection:
        key = (await connection.execute(select(Person.log_key))).scalar_one()
    await made.dispose()
    return key


def test_two_officers_erase_a_person_from_the_log_and_one_alone_does_not(desk: Desk) -> None:
    desk.await_(lambda: _enrolled(desk))
    before = desk.await_(lambda: _log_key(desk))
    right = (PASSWORD, PASSWORD)
    for second, lines, said in (
        ("Auditor", (NUMBER, *right), "these are one"), ("chief", (NUMBER, PASSWORD, "guessed"), "wrong"),
        ("chief", ("509902199001011230", *right), "check character"),
    ):
        told = desk.run(*ERASE, second, input=typed(*lines), code=1)
        assert said in told
        assert NUMBER not in told
    assert desk.await_(lambda: _log_key(desk)) == before
    told = desk.run(*ERASE, "chief", input=typed(NUMBER, *right))
    assert "erased: 0 entries" in told
    assert not any(secret in told for secret in (NUMBER, PASSWORD))
    assert desk.await_(lambda: _log_key(desk)) != before
    assert [kind for kind, _ in desk.outbox()] == ["PERSON_ERASED_FROM_LOG"]
    assert desk.ask("SELECT ground, by, second, at <= $1 FROM log_erasure", clock()) == [("PIPL §47(2)", "auditor", "chief", True)]
