"""Two privacy officers with their console log-ins, and what they type at a terminal."""

from __future__ import annotations

import os

from sqlalchemy import insert

from hub.console.sessions import password_phc
from hub.postgres.connection import engine
from hub.tables import ConsoleUser, Organisation

PASSWORD = "a long password"
OFFICERS = ("auditor", "chief")


async def enrol_privacy_officers(url: str) -> None:
    """Both of one office."""
    made = engine(url)
    async with made.begin() as connection:
        await connection.execute(insert(Organisation).values(
            code="500152-MZ-PO", name="民政局", department="MZ", region="500152000000", role="PRIVACY_OFFICER", active=True,
        ))
        phc = password_phc(PASSWORD, random=os.urandom)
        for name in OFFICERS:
            await connection.execute(insert(ConsoleUser).values(
                name=name, password=phc, organisation="500152-MZ-PO", active=True, failures=0,
            ))
    await made.dispose()


def typed(*lines: str) -> str:
    """What they type, line by line."""
    return "".join(f"{line}\n" for line in lines)
