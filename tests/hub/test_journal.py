"""The operator's log: structured, scrubbed, and without a name, ID number or token whatever a whole scenario does."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
import pytest_asyncio
import structlog

from hub.journal import configure, scrubbed
from tests.hub.living import PEOPLE, WHOLE, Living, people, secrets_of

NUMBER = "50990019900101123X"


@pytest.fixture
def written():
    """Everything logged, down to DEBUG of every library, as it would reach the operator."""
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    handlers, level, disabled = root.handlers[:], root.level, access.disabled
    buffer = io.StringIO()
    configure(buffer, level=logging.DEBUG)
    yield buffer
    root.handlers[:] = handlers
    root.setLevel(level)
    access.disabled = disabled
    structlog.reset_defaults()


@pytest.mark.parametrize(("text", "left"), [
    (NUMBER, "[removed]"), (f"of {NUMBER.lower()}.", "of [removed]."), ("509900900101123", "[removed]"), ("call 13800138000 now", "call [removed] now"),
    ("Bearer eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.c2ln", "Bearer [removed]"), ("eyJh.b.", "[removed]"),
    ("port 45297, 1234567890", "port 45297, 1234567890"), ("9" * 20, "9" * 20),
])
def test_what_looks_like_an_identifier_or_a_token_is_removed(text, left):
    assert scrubbed(text) == left


def test_events_of_ours_and_of_libraries_are_lines_of_json_in_one_form(written):
    structlog.get_logger("hub.test").warning("department failed", department="SW", people=[NUMBER], about={"n": NUMBER}, count=3)
    logging.getLogger("a.library").error("about %s", NUMBER)
    try:
        int(NUMBER)  # says what it was given
    except ValueError:
        structlog.get_logger("hub.test").exception("internal error")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    ours, theirs, failed = lines
    assert (ours["event"], ours["level"], ours["logger"], ours["department"], ours["count"]) == ("department failed", "warning", "hub.test", "SW", 3)
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("about [removed]", "error", "a.library")
    assert "Traceback" in failed["exception"]
    assert NUMBER not in written.getvalue()
    assert all(line["timestamp"] for line in lines)


def test_without_a_stream_it_writes_to_standard_error_and_the_servers_url_lines_are_off(written):
    configure()
    assert logging.getLogger().handlers[0].stream is sys.stderr
    assert logging.getLogger("uvicorn.access").disabled


@pytest_asyncio.fixture(loop_scope="session")
async def scenario(living: Living, signed_matter) -> str:
    """Ask, look up, lie, fail, forge, register badly, withdraw; the token used is returned."""
    token = await living.token(signed_matter)
    await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    number = living.family.members[0].person.id_number
    await living.line.ask(token, "query($n: IdNumber!) { lookUp(idNumber: $n) { id name { full } } }", {"n": number})
    await living.line.ask(token, f'{{ lookUp(idNumber: "{number}") {{ id }} }}')
    for lie in ("html", "types", "extra_people"):
        async with living.misbehaving("SW", lie=lie), living.misbehaving("GA", lie=lie), living.misbehaving("MZ", fail=500):
            await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    async with living.misbehaving("GZ", fail="drop"), living.misbehaving("RS", lie="nothing"):
        await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    await living.line.ask(token[:-3] + "AAA", PEOPLE, {"id": signed_matter.id})
    await living.post(token, f'{{"query": "{number}'.encode())
    matter = await living.register()
    await living.line.send("/revocations", living.platform.revocation(reference=matter.reference, letter=f"{matter.reference}-O", reason="w"))
    await living.line.send("/registrations", "a.b.c")
    async with living.log_stopped():
        await living.line.ask(token, WHOLE, {"id": signed_matter.id})

    class Broken:
        async def load(self, text, _name):
            raise RuntimeError(f"cannot read {text}")

    documents = living.graph.documents
    living.graph.documents = Broken()
    await living.line.ask(token, f"# {number}")
    living.graph.documents = documents
    return token


@pytest.mark.asyncio(loop_scope="session")
async def test_a_whole_scenario_leaves_no_name_no_id_number_and_no_token_in_the_log(written, living, signed_matter, scenario):
    text = written.getvalue()
    assert "department failed" in text
    assert "internal error" in text
    assert not [secret for secret in secrets_of(living.platform.population) if secret in text]
    assert scenario not in text
    assert scenario.rpartition(".")[2] not in text
    reply = await living.line.ask(scenario, WHOLE, {"id": signed_matter.id})
    told = people(reply)["02"]
    facts = [told["vehicle"]["records"][0]["plateNo"]["full"], "46800.00"]
    assert not [fact for fact in facts if fact in written.getvalue()]
