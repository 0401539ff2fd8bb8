"""A hub's premises for a command: a database of the test's own, keys, departments that are named and not there."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from click.testing import CliRunner
from joserfc.jwk import OKPKey

from hub.cli import main
from hub.keys import KeyRing
from tests.connectors.shipped import SETTINGS
from tests.hub.authorizations.family import HUB

ORIGIN = "hub.500152.test/log"


def named_departments(directory: Path) -> dict[str, Any]:
    """Settings for every manifest; port 9 refuses, so that nobody can be asked by mistake."""
    (directory / "drop").mkdir()
    given = {
        **dict.fromkeys(SETTINGS, "secret-of-it"),
        **{name: "http://127.0.0.1:9" for name in SETTINGS if name.endswith("_URL")},
        **{name: base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=") for name in SETTINGS if name.endswith(("_PRIVATE_KEY", "_PUBLIC_KEY"))},
        **{name: "postgresql://reader:secret-of-it@127.0.0.1:9/gz" for name in SETTINGS if name.endswith("_DSN")},
        **{name: str(directory / "drop") for name in SETTINGS if name.endswith("_DIRECTORY")},
        **{name: "sftp://127.0.0.1:9/" for name in SETTINGS if name.endswith("_SFTP")},
        **{name: SETTINGS[name] for name in SETTINGS if name.endswith(("_HOST_KEY", "_SSH_KEY"))}, "REGION": "500152",
    }
    nested: dict[str, Any] = {}
    for name, value in given.items():
        department, _, key = name.partition("_")
        if key:
            nested.setdefault(department, {})[key.lower()] = value
    return {"region": given["REGION"], **nested}


def write_private(path: Path, document: Mapping[str, Any]) -> Path:
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, ensure_ascii=False))
    return path


def years(*several: int) -> str:
    """A calendar file of years without holidays, for commands that count from the real day."""
    return "".join(f'[[year]]\nyear = {year}\nsource = "test"\nholidays = []\nworked = []\n' for year in several)


def key_pair(kid: str) -> tuple[OKPKey, dict[str, Any]]:
    """A key, and its public set as an office would send it."""
    key = OKPKey.generate_key("Ed25519", {"kid": kid})
    return key, {"keys": [{**key.as_dict(private=False), "kid": kid}]}


@dataclass
class Told:
    """What a command printed, and how it ended."""

    text: str
    code: int


@dataclass
class Desk:
    """Runs commands on one hub's premises and looks at its database."""

    url: str
    directory: Path
    keys: KeyRing
    environment: dict[str, str]

    def run(self, *arguments: str, code: int = 0, input: str | None = None, env: Mapping[str, str] | None = None) -> str:  # noqa: A002
        """A command in this process; its output. Fails unless it ends with `code`."""
        done = CliRunner().invoke(main, list(arguments), input=input, env={**self.environment, **(env or {})}, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done.output

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as its owner sees them."""

        async def fetch() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.url)
            try:
                return [tuple(row) for row in await connection.fetch(query, *values)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def outbox(self) -> list[tuple[str, str]]:
        """State changes on their way into the log: kind and what they are of."""
        return [(kind, json.loads(body).get("ref", "")) for kind, body in self.ask("SELECT kind, body FROM outbox ORDER BY id")]

    def said_by(self) -> list[tuple[str, str, str, str]]:
        """Whose act each state change was: kind, officer, how that is known, at whose shell."""
        rows = [(kind, json.loads(body)) for kind, body in self.ask("SELECT kind, body FROM outbox ORDER BY id")]
        return [(kind, body.get("by") or body.get("officer", ""), body.get("proof", ""), body.get("operator", "")) for kind, body in rows]

    def await_(self, work: Callable[[], Awaitable[Any]]) -> Any:
        async def go() -> Any:
            return await work()

        return asyncio.run(go())

    def file(self, name: str, content: Mapping[str, Any] | str) -> str:
        """A file of the operator's; its path."""
        path = self.directory.parent / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return str(path)


@pytest.fixture
def settled_logging() -> Iterator[None]:
    """Commands configure the process's logging; the test's own comes back."""
    root, before = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """Settings of a hub whose directory is the test's own; no database is named."""
    directory = tmp_path / "hub"
    directory.mkdir(mode=0o700)
    return {
        "HUB_REGION": "500152000000", "HUB_ISSUER": HUB, "HUB_SECURE_COOKIES": "1", "HUB_DIRECTORY": str(directory),
        "HUB_SOURCES": str(write_private(tmp_path / "sources.json", named_departments(tmp_path))),
    }


@pytest.fixture
def desk(database_url, environment, random, clock, settled_logging) -> Desk:
    """A migrated database and keys."""
    directory = Path(environment["HUB_DIRECTORY"])
    keys = KeyRing.create(directory / "keys", random=random, at=clock())
    return Desk(database_url, directory, keys, {**environment, "HUB_DATABASE_URL": database_url})


@pytest.fixture
def office(desk) -> Desk:
    """A desk with an organisation, its client, a platform."""
    _, jwks = key_pair("client-1")
    desk.run("organisation", "add", "mz-hd-500152", "--name", "核对中心", "--department", "MZ-HD", "--region", "500152", "--role", "CHECK_OPERATOR")
    desk.run(
        "client", "add", "mz-1", "--organisation", "mz-hd-500152", "--name", "核对系统", "--jwks", desk.file("client.json", jwks),
        "--purpose", "DIBAO_REVIEW",
    )
    return desk
