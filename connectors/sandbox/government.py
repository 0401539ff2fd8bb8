"""The whole sandbox government of one region: six departments, their credentials, and the settings a connector needs."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.sandbox.civil_affairs import CivilAffairs
from connectors.sandbox.controls import Journal
from connectors.sandbox.disabled_federation import DisabledFederation
from connectors.sandbox.human_resources import HumanResources
from connectors.sandbox.natural_resources import Registry
from connectors.sandbox.plain import PlainFace
from connectors.sandbox.population import Population
from connectors.sandbox.public_security import PublicSecurity
from connectors.sandbox.replay import Clock
from connectors.sandbox.server import DepartmentServer
from connectors.sandbox.tax_bureau import TaxBureau

Settings = dict[str, object]


class Government:
    """Six departments over one population. `directory` holds the CSV drops and `settings.json`; `gz_database_url` is an empty database
    the registry may own; without `journal` the database does not report each question (the benchmark's choice).
    """

    def __init__(
        self, population: Population, directory: Path, gz_database_url: str, *, clock: Clock, journal: bool = True,
    ) -> None:
        self.population, self.directory = population, directory
        hub = f"hub-{population.region}"
        self._key = Ed25519PrivateKey.from_private_bytes(population.secret("hub at GA"))
        words = {use: base64.urlsafe_b64encode(population.secret(use)).decode().rstrip("=") for use in ("SW", "GZ", "RS key", "RS", "MZ")}
        self.public_security = PublicSecurity(population, keys={hub: self._key.public_key()}, clock=clock)
        self.tax_bureau = TaxBureau(population, username=hub, password=words["SW"], clock=clock)
        self.registry = Registry(population, url=gz_database_url, password=words["GZ"], journal=journal)
        self.human_resources = HumanResources(population, app_key=words["RS key"], secret=words["RS"], clock=clock)
        self.disabled_federation = DisabledFederation(population, directory=directory / "drop")
        self.civil_affairs = CivilAffairs(population, bearer=words["MZ"])
        self._servers: dict[str, DepartmentServer] = {
            "GA": self.public_security, "SW": self.tax_bureau, "RS": self.human_resources, "MZ": self.civil_affairs,
        }
        self.plain = PlainFace(population, desks=self._desks())
        self._words, self._hub = words, hub
        self.settings: Settings = {}

    async def start(self) -> Settings:
        """Open all six and the plain face; the settings, also written to `settings.json` (0600)."""
        self.directory.mkdir(parents=True, exist_ok=True)
        urls = {name: await server.start() for name, server in {**self._servers, "plain": self.plain}.items()}
        seed = base64.urlsafe_b64encode(self._key.private_bytes_raw()).decode().rstrip("=")
        words = self._words
        self.settings = {
            "region": self.population.region,
            "GA": {"url": urls["GA"], "key_id": self._hub, "private_key": seed},
            "SW": {"url": urls["SW"], "username": self._hub, "password": words["SW"]},
            "GZ": {"dsn": await self.registry.start()},
            "RS": {"url": urls["RS"], "app_key": words["RS key"], "secret": words["RS"]},
            "CL": {"directory": await self.disabled_federation.start()},
            "MZ": {"url": urls["MZ"], "bearer": words["MZ"]},
            "plain": {"url": urls["plain"]},
        }
        await asyncio.to_thread(_write, self.directory / "settings.json", self.settings)
        return self.settings

    async def stop(self) -> None:
        """Close everything; files and database stay."""
        await asyncio.gather(*(server.stop() for server in (*self._servers.values(), self.plain)))
        await self.registry.stop()
        await self.disabled_federation.stop()

    async def control(self, department: str, settings: Mapping[str, object]) -> None:
        """Tell a department how to answer (`slow`, `fail`, `lie`, `times`); {} resets. Raises BadControl, KeyError."""
        await self._desks()[department][1](settings)

    def journal(self, department: str) -> Journal:
        """What a department was asked. CL is a file drop: nobody sees who reads it."""
        return self._desks()[department][0]

    def forget(self) -> None:
        """Clear all journals."""
        for journal, _ in self._desks().values():
            journal.clear()

    def _desks(self) -> dict[str, tuple[Journal, Callable[[Mapping[str, object]], Awaitable[None]]]]:
        desks: dict[str, tuple[Journal, Callable[[Mapping[str, object]], Awaitable[None]]]] = {
            name: (server.journal, server.control) for name, server in self._servers.items()
        }
        desks["GZ"] = (self.registry.journal, self.registry.control)
        desks["CL"] = (self.disabled_federation.journal, self.disabled_federation.control)
        return desks


def _write(path: Path, settings: Settings) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
