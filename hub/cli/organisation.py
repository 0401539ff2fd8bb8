"""`hub organisation`: the organs that may ask (机构)."""

from __future__ import annotations

import re

import click
from sqlalchemy import select

from hub.cli.listing import show
from hub.cli.premises import Premises, at_work
from hub.clock import clock
from hub.enrolment import enrol_organisation
from hub.tables import Organisation
from policies.groups import GROUPS
from policies.purposes import PURPOSES

ROLES = (
    "TOWNSHIP_OFFICER", "DISTRICT_OFFICER", "CHECK_OPERATOR", "DEPT_SYSTEM", "REGION_LIAISON", "PRIVACY_OFFICER", "SUPERVISOR",
    "DATA_STEWARD", "PLATFORM_OPERATOR",
)
"""Roles an organisation's systems act in (domain C5)."""

DEPARTMENTS = frozenset().union(*(purpose.departments for purpose in PURPOSES.values()), {group.department for group in GROUPS.values()})
"""Department codes that appear in a purpose or hold a fact group."""


class Region(click.ParamType[str]):
    """A region's code: 12 digits; 6 are filled up."""

    name = "region"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Fails on anything else."""
        if not re.fullmatch(r"\d{6}(\d{6})?", value, re.ASCII):
            self.fail("a region's code has 6 or 12 digits", param, ctx)
        return value.ljust(12, "0")


@click.group()
def organisation() -> None:
    """机构: organs that may ask."""


@organisation.command()
@click.argument("code")
@click.option("--name", required=True, help="Its name; the code stays when the name changes.")
@click.option("--department", required=True, type=click.Choice(sorted(DEPARTMENTS)), metavar="CODE", help="MZ-HD, TOWN, JY, YB …")
@click.option("--region", required=True, type=Region(), help="6 or 12 digits.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--alias", multiple=True, help="An earlier name; may be repeated.")
def add(code: str, name: str, department: str, region: str, role: str, alias: tuple[str, ...]) -> None:
    """Add or change an organisation."""

    async def work(premises: Premises) -> None:
        await enrol_organisation(
            premises.engine, code=code, name=name, department=department, region=region, role=role, aliases=alias, at=clock(),
        )
        click.echo(f"organisation {code} enrolled: {department} in {region} as {role}")

    at_work(work)


@organisation.command("list")
def list_organisations() -> None:
    """All organisations."""

    async def work(premises: Premises) -> None:
        query = select(Organisation).order_by(Organisation.code)
        async with premises.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        show(
            ("code", "department", "region", "role", "active", "name"),
            [(row.code, row.department, row.region, row.role, row.active, row.name) for row in rows], none="no organisation enrolled",
        )

    at_work(work)
