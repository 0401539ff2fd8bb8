"""The whole sandbox government of one region: its departments, their credentials, and the settings a connector needs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from connectors.sandbox.check_system import CheckSystem
from connectors.sandbox.check_systems import OF_REGION
from connectors.sandbox.civil_affairs import CivilAffairs
from connectors.sandbox.controls import Journal
from connectors.sandbox.credit_platform import SocialCredit
from connectors.sandbox.departments import DIALECTS
from connectors.sandbox.dialect import Dialect, RestDialect
from connectors.sandbox.disabled_federation import DisabledFederation
from connectors.sandbox.emergency_management import EmergencyManagement
from connectors.sandbox.finance_bureau import FinanceBureau
from connectors.sandbox.financial_platform import FinancialPlatform
from connectors.sandbox.monthly_drop import MonthlyDrop
from connectors.sandbox.natural_resources import Registry
from connectors.sandbox.plain import PlainFace
from connectors.sandbox.population import Population
from connectors.sandbox.proofs import word
from connectors.sandbox.replay import Clock
from connectors.sandbox.rest_department import RestDepartment
from connectors.sandbox.rural_affairs import RuralAffairs
from connectors.sandbox.soap_department import SoapDepartment

Settings = dict[str, object]


class Department(Protocol):
    """A department of the sandbox, whatever it speaks."""

    journal: Journal

    async def start(self) -> object:
        """Open it."""
        ...

    async def stop(self) -> None:
        """Close it; a second call does nothing."""
        ...

    async def control(self, settings: Mapping[str, object]) -> None:
        """Tell it how to answer; {} resets. Raises BadControl."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What a connector is given to reach it, once it is open."""
        ...


class Government:
    """Departments over one population. `directory` holds the CSV drops and `settings.json`; `gz_database_url` is an empty database
    the registry may own; without `journal` the database does not report each question (the benchmark's choice).
    """

    def __init__(
        self, population: Population, directory: Path, gz_database_url: str, *, clock: Clock, journal: bool = True,
    ) -> None:
        self.population, self.directory = population, directory
        self.registry = Registry(population, url=gz_database_url, password=word(population, "GZ"), journal=journal)
        self.disabled_federation = DisabledFederation(population, directory=directory / "drop")
        self.civil_affairs = CivilAffairs(population, bearer=word(population, "MZ"))
        self.financial_platform = FinancialPlatform(population, clock=clock, random=os.urandom)
        self.departments: dict[str, Department] = {
            **{dialect.code: _served(population, dialect, clock) for dialect in DIALECTS},
            "NY": RuralAffairs(population, url=gz_database_url, password=word(population, "NY")),
            "YJ": EmergencyManagement(population, directory=directory / "drop-YJ"),
            "CZ": FinanceBureau(population, directory=directory / "drop-CZ"),
            "GZ": self.registry, "CL": self.disabled_federation, "MZ": self.civil_affairs,
            **_platforms(population, clock),
            "JR": self.financial_platform,
        }
        # Departments that speak no HTTP have their controls and journals at the plain face.
        self.plain = PlainFace(population, desks={code: (one.journal, one.control) for code, one in self.departments.items()})
        self.settings: Settings = {}

    @property
    def walks(self) -> int:
        """How many times everybody goes by before the departments are open: once for each that writes all its records down."""
        return sum(isinstance(one, MonthlyDrop | Registry | RuralAffairs) for one in self.departments.values())

    async def start(self) -> Settings:
        """Open all of them and the plain face; the settings, also written to `settings.json` (0600)."""
        self.directory.mkdir(parents=True, exist_ok=True)
        await asyncio.gather(*(one.start() for one in self.departments.values()), self.plain.start())
        self.settings = {
            "region": self.population.region, **{code: dict(one.settings) for code, one in self.departments.items()},
            "plain": {"url": self.plain.url},
        }
        await asyncio.to_thread(_write, self.directory / "settings.json", self.settings)
        return self.settings

    async def stop(self) -> None:
        """Close everything; files and database stay."""
        await asyncio.gather(*(one.stop() for one in self.departments.values()), self.plain.stop())

    async def control(self, department: str, settings: Mapping[str, object]) -> None:
        """Tell a department how to answer (`slow`, `fail`, `lie`, `times`); {} resets. Raises BadControl, KeyError."""
        await self.departments[department].control(settings)

    def journal(self, department: str) -> Journal:
        """What a department was asked. CL is a file drop: nobody sees who reads it."""
        return self.departments[department].journal

    async def heard(self) -> None:
        """Return when the journals hold all that was asked by now; the registry's hears of it by notices."""
        await self.registry.heard()

    def forget(self) -> None:
        """Clear all journals."""
        for one in self.departments.values():
            one.journal.clear()


def _served(population: Population, dialect: Dialect, clock: Clock) -> RestDepartment | SoapDepartment:
    if isinstance(dialect, RestDialect):
        return RestDepartment(population, dialect, clock=clock)
    return SoapDepartment(population, dialect, clock=clock)


def _platforms(population: Population, clock: Clock) -> dict[str, Department]:
    """The credit platform and the means-check system of the region's province, under the names their settings have."""
    found: dict[str, Department] = {"CREDIT": SocialCredit(population, clock=clock)}
    dialect = OF_REGION.get(population.region[:2])
    if dialect is not None:
        found[dialect.platform.upper().replace("-", "_")] = CheckSystem(population, dialect, clock=clock)
    return found


def _write(path: Path, settings: Settings) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
