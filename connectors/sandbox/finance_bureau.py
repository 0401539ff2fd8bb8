"""财政局: the card platform's monthly drop in an SFTP account (docs/contracts/CZ.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.sandbox.monthly_drop import Form, MonthlyDrop, Row, comma_separated
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population
from connectors.sandbox.sftp_account import SftpAccount, openssh

HEADER = ("sfzh", "xm", "xmmc", "je", "ffrq", "zhwh", "ljbz", "czgy")


class FinanceBureau(MonthlyDrop):
    """The platform's drop directory and the account the hub reads it through."""

    def __init__(self, population: Population, *, directory: Path) -> None:
        super().__init__(population, FORM, directory=directory)
        self._user = f"hub-{population.region}"
        self._key = Ed25519PrivateKey.from_private_bytes(population.secret("hub at CZ"))
        self.account = SftpAccount(directory, seed=population.secret("CZ host"), username=self._user, authorized=self._key)
        self._place = ""

    @property
    def settings(self) -> dict[str, str]:
        """Where the account is, the host key to pin, and the hub's own key."""
        return {"sftp": self._place, "username": self._user, "host_key": self.account.host_key, "ssh_key": openssh(self._key)}

    async def start(self) -> None:
        """Drop two months and open the account."""
        await super().start()
        self._place = await self.account.start()

    async def stop(self) -> None:
        """Close the account; the files stay."""
        await self.account.stop()

    async def control(self, settings: Mapping[str, object]) -> None:
        """Spoil the current month; "drop" cuts the connection within a file, `slow` answers late. Raises BadControl."""
        await super().control(settings)
        mood = self.controls.mood
        self.account.slow, self.account.cut_after = mood.slow, 0 if mood.fail == "drop" else -1


def _rows(population: Population) -> Iterator[Row]:
    for person in population.people():
        for record in population.records("fiscalSubsidy", person):
            yield _line(person.id_number, person.name, record)


def _line(id_number: str, name: str, record: Record) -> Row:
    return (
        id_number, name, record["program"], f"{record['amount']}", f"{record['paidOn']:%Y%m%d}", record["accountTail"],
        "1" if record["intercepted"] else "0", "是" if record["publicPayroll"] else "否",
    )


FORM = Form("ykt", "csv", HEADER, _rows, comma_separated("utf-8"), lambda row: (*row[:3], "很多", "上月", "无", "也许", "大概"))
