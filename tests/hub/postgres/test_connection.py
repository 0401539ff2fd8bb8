"""Connecting: any usual URL, under the right role, and handed on without extra round trips."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.postgres import connection


def test_the_usual_schemes_are_one() -> None:
    for scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
        assert connection.plain_url(f"{scheme}://u:p@h:1/d") == "postgresql://u:p@h:1/d"


def test_another_scheme_is_refused_without_repeating_the_password() -> None:
    with pytest.raises(ValueError, match="postgresql://") as told:
        connection.plain_url("mysql://u:secret@h/d")
    assert "secret" not in str(told.value)


async def test_engine_and_pool_speak_as_the_role_asked_for(database_url) -> None:
    for role, speaks in (("hub_app", "hub_app"), ("hub_log", "hub_log"), (None, None)):
        pool = await connection.pool(database_url, role=role)
        user, session = await pool.fetchrow("SELECT current_user, session_user")
        assert user == (speaks or session)
        pool.terminate()
        engine = connection.engine(database_url, role=role)
        async with engine.connect() as used:
            assert (await used.execute(text("SELECT current_user"))).scalar_one() == (speaks or session)
        await engine.dispose()


async def test_an_error_says_nothing_of_what_a_statement_was_given(engine) -> None:
    async with engine.connect() as used:
        with pytest.raises(DBAPIError) as failed:
            await used.execute(text("SELECT 1 / (length(:name) - 3)"), {"name": "测试甲"})
    assert "测试甲" not in str(failed.value) + repr(failed.value)


async def test_the_role_survives_a_reset_and_the_return_to_the_pool(database_url) -> None:
    pool = await connection.pool(database_url, role="hub_log", max_size=1)
    await pool.execute("RESET ALL")
    assert await pool.fetchval("SELECT current_user") == "hub_log"
    pool.terminate()


async def test_json_and_arrays_work_through_the_engine(engine) -> None:
    async with engine.connect() as used:
        row = (await used.execute(text("SELECT '{\"a\": [1]}'::jsonb, ARRAY['x','y']"))).one()
    assert tuple(row) == ({"a": [1]}, ["x", "y"])
