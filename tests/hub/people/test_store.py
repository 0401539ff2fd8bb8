"""People in a real database: once each, whoever adds them, and through a rotation of every key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import insert, select, text

from hub.keys import Use
from hub.people.rotation import Rotated, rotate_vault
from hub.people.sealing import CannotOpen
from hub.people.store import People
from hub.people.vault import Identity, Vault, letter_context, message_context, report_context
from hub.tables import Case, MeansCheck, Message, Organisation, Platform


def somebody(number: int, name: str = "王小明") -> Identity:
    return Identity(f"5099011990030712{number:02}", name, "1", date(1990, 3, 7))


@pytest.fixture
def vault(keys, random) -> Vault:
    return Vault(keys, random)


@pytest.fixture
def people(vault, random) -> People:
    return People(vault, random)


async def stored(engine) -> list[dict]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text("SELECT * FROM person ORDER BY id"))).mappings()]


async def test_a_person_is_added_once_and_found_again(engine, people) -> None:
    async with engine.begin() as connection:
        first = await people.upsert(connection, somebody(1))
        again = await people.upsert(connection, somebody(1))
        other = await people.upsert(connection, somebody(2))
    assert first == again != other
    async with engine.connect() as connection:
        assert await people.find(connection, somebody(1).id_number) == first
        assert await people.find(connection, somebody(3).id_number) is None
        known = await people.by_ids(connection, [first, other, first.__class__(int=9)])
    assert {person: entry.identity for person, entry in known.items()} == {first: somebody(1), other: somebody(2)}
    assert known[first].log_subject != known[other].log_subject


async def test_whatever_somebody_is_called_later_the_person_stays_as_they_are(engine, people) -> None:
    async with engine.begin() as connection:
        person = await people.upsert(connection, somebody(1))
        before = (await people.by_ids(connection, [person]))[person]
        assert await people.upsert(connection, somebody(1, "王大明")) == person
        assert await people.upsert(connection, replace(somebody(1), sex="2", birth_date=None)) == person
        assert (await people.by_ids(connection, [person]))[person] == before


async def test_registrations_at_the_same_moment_agree_on_one_person(engine, people) -> None:
    async def register() -> object:
        async with engine.begin() as connection:
            return await people.upsert(connection, somebody(1))

    assert len(set(await asyncio.gather(*(register() for _ in range(8))))) == 1
    assert len(await stored(engine)) == 1


async def test_destroying_the_log_key_unties_the_person_from_the_log_for_good(engine, people) -> None:
    async with engine.begin() as connection:
        person = await people.upsert(connection, somebody(1))
        before = (await people.by_ids(connection, [person]))[person].log_subject
        await people.destroy_log_key(connection, person)
        after = (await people.by_ids(connection, [person]))[person].log_subject
        assert after != before
        await people.upsert(connection, somebody(1, "王大明"))
        assert (await people.by_ids(connection, [person]))[person].log_subject == after


@pytest.mark.parametrize("use", [Use.VAULT, Use.BLIND])
async def test_after_rotation_every_row_stands_under_the_new_key_and_nothing_else_changed(
    engine, people, vault, keys, random, clock, use
) -> None:
    async with engine.begin() as connection:
        ids = [await people.upsert(connection, somebody(number)) for number in range(25)]
        await people.destroy_log_key(connection, ids[0])
        before = await people.by_ids(connection, ids)
    rows = await stored(engine)
    keys.rotate(use, random=random, at=clock())
    async with engine.begin() as connection:  # between rotation and re-sealing everything works
        assert [await people.upsert(connection, somebody(number)) for number in range(25)] == ids
    assert await rotate_vault(engine, keys, vault, batch=10) == Rotated(people=25, members=0, letters=0)
    assert await rotate_vault(engine, keys, vault, batch=10) == Rotated(people=0, members=0, letters=0)
    async with engine.connect() as connection:
        assert await people.by_ids(connection, ids) == before
        assert await people.find(connection, somebody(24).id_number) == ids[24]
    now = await stored(engine)
    assert not {row["sealed"] for row in rows} & {row["sealed"] for row in now}
    if use is Use.VAULT:
        assert {row["key_version"] for row in now} == {2}
        (keys.directory / "vault" / "1.json").unlink()  # the old key is needed by nobody now
        fresh = People(Vault(keys.load(keys.directory), random), random)
        async with engine.connect() as connection:
            assert await fresh.by_ids(connection, ids) == before
    else:
        assert not {row["blind_index"] for row in rows} & {row["blind_index"] for row in now}


async def test_letters_are_sealed_anew_too(engine, vault, keys, random, clock) -> None:
    sealed, version = vault.seal_bytes(letter_context("l1"), b"the signed bytes")
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO platform (id, name, active) VALUES ('p', 'p', true)"))
        await connection.execute(
            text(
                "INSERT INTO matter_case (id, platform, reference, assistance_type, stage, region, organisations, registration_hash, opened_at) VALUES ('c', 'p', 'r', 't', 's', 'x', '{}', '', now())"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO letter (id, number, case_id, sealed_document, key_version, document_hash, hash_alg, notice_version, purposes, fact_groups,"
                " receivers, signed_at, status) VALUES ('l1', 'n', 'c', :sealed, :version, '', 'sha-256', '1', '{}', '{}', '{}', now(), 'ACTIVE')"
            ),
            {"sealed": sealed, "version": version},
        )
    keys.rotate(Use.LETTER, random=random, at=clock())
    assert await rotate_vault(engine, keys, vault) == Rotated(people=0, members=0, letters=1)
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT sealed_document, key_version FROM letter"))).one()
    assert row.key_version == 2
    assert vault.open_bytes(letter_context("l1"), row.sealed_document, 2) == b"the signed bytes"


async def test_contents_of_messages_and_check_reports_are_sealed_anew_too(engine, vault, keys, random, clock) -> None:
    contents, version = vault.seal_bytes(message_context("p", "m"), b"contents")
    report, _ = vault.seal_bytes(report_context("mc"), b"report")
    at = clock()
    async with engine.begin() as connection:
        for statement in (
            insert(Platform).values(id="p", name="p"),
            insert(Organisation).values(code="o", name="o", department="MZ-HD", region="500152000000", role="CHECK_OPERATOR"),
            insert(Case).values(
                id="c", platform="p", reference="r", assistance_type="DIBAO", stage="SURVEY", region="x", organisations=[], registration_hash=b"",
                opened_at=at,
            ),
            insert(Message).values(
                platform="p", id="m", digest=b"", kind="LEAD", of="p", reference="r", state="ACCEPTED", reason="", record={}, sealed=contents,
                key_version=version, occurred_at=at, received_at=at,
            ),
            insert(MeansCheck).values(
                id="mc", case_id="c", system="s", requested_by="o", officer="x", purpose="DIBAO_REVIEW", income_from="2026-01",
                income_to="2026-02", people=[], whole=True, status="COMPLETE", requested_at=at, sealed=report, key_version=version,
            ),
        ):  # fmt: skip
            await connection.execute(statement)
    keys.rotate(Use.LETTER, random=random, at=at)
    assert await rotate_vault(engine, keys, vault) == Rotated(people=0, members=0, letters=0, messages=1, reports=1)
    async with engine.connect() as connection:
        message = (await connection.execute(select(Message.sealed, Message.key_version))).one()
        check = (await connection.execute(select(MeansCheck.sealed, MeansCheck.key_version))).one()
    assert vault.open_bytes(message_context("p", "m"), *message) == b"contents"
    assert vault.open_bytes(report_context("mc"), *check) == b"report"
    assert (message.key_version, check.key_version) == (2, 2)


async def test_a_row_swapped_with_another_by_someone_with_the_database_is_refused(engine, people) -> None:
    async with engine.begin() as connection:
        one = await people.upsert(connection, somebody(1))
        two = await people.upsert(connection, somebody(2))
        await connection.execute(
            text("UPDATE person SET sealed = (SELECT sealed FROM person WHERE id = :two) WHERE id = :one"),
            {"one": one, "two": two},
        )
        with pytest.raises(CannotOpen):
            await people.by_ids(connection, [one])
