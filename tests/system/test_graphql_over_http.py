"""The public audits of GraphQL over HTTP against a running hub: every MUST holds; what is declined is what the document lists."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.hub.living import Living

AUDITS = Path(__file__).with_name("audits.mjs")
DOCUMENT = Path(__file__).parents[2] / "docs" / "graphql-over-http.md"

pytestmark = pytest.mark.system


def listed() -> dict[str, str]:
    """Audit id -> requirement, from the document's table of what is declined."""
    return dict(re.findall(r"^\| `([0-9A-Z]{4})` \| (\w+(?: NOT)?) ", DOCUMENT.read_text("utf-8"), re.MULTILINE))


@pytest.mark.asyncio(loop_scope="session")
async def test_every_must_holds_and_only_what_the_document_gives_a_reason_for_is_declined(
    hub: Living, node: str, node_modules: Path,
) -> None:
    token = await hub.auditor()
    process = await asyncio.create_subprocess_exec(
        node, str(AUDITS), str(node_modules), f"{hub.url}/graphql",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(token.encode()), 60)
    assert process.returncode == 0, err.decode()
    results = json.loads(out)
    assert len(results) >= 60, "the suite has shrunk"
    failed = {one["id"]: one["name"] for one in results if one["status"] != "ok"}
    assert not {id_: name for id_, name in failed.items() if name.startswith("MUST")}
    assert {id_: name.split()[0] for id_, name in failed.items()} == {id_: word.split()[0] for id_, word in listed().items()}, failed
