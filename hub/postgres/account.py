"""Which account the embedded server runs as. PostgreSQL refuses root; nothing outside our own directory is ever changed."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.postgres.binaries import Binaries
from hub.postgres.errors import NotPermitted

_LAUNCH = str(Path(__file__).with_name("launch.py"))
_OTHERS_MAY_PASS = 0o001

SYSTEM_USER = "postgres"
"""The account root falls back to where user namespaces are forbidden (hardened containers)."""


@dataclass(frozen=True, slots=True)
class Account:
    """`name` as launch.py takes it; `owner` is (uid, gid) where files must be given to another account."""

    name: str
    owner: tuple[int, int] | None = None

    def command(self, *program: str) -> Sequence[str]:
        """The command that runs `program` as this account, as a child that dies with this process."""
        return (sys.executable, "-I", "-S", _LAUNCH, self.name, str(os.getpid()), *program)

    def give(self, *paths: Path) -> None:
        """Hand our own files to the account; nothing to do where it is ours."""
        if self.owner:
            for path in paths:
                os.chown(path, *self.owner)


def choose(directory: Path, binaries: Binaries, *, namespaces: bool = True) -> Account:
    """The account for a server in `directory`. Runs a program to see what the kernel permits. Raises NotPermitted with advice."""
    if os.geteuid() != 0:
        return Account("self")
    namespace = Account("namespace")
    if namespaces and sys.platform == "linux" and _runs(namespace, binaries):
        return namespace
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise NotPermitted(_advice(f"there is no system user {SYSTEM_USER!r}")) from None
    # Opening a closed parent directory (/root!) to another account would be ours to regret: refuse instead.
    for path in (*directory.absolute().parents, *binaries.directory.absolute().parents, binaries.directory):
        if path.exists() and not path.stat().st_mode & _OTHERS_MAY_PASS:
            raise NotPermitted(_advice(f"user {SYSTEM_USER!r} may not pass {path}"))
    return Account(f"{entry.pw_uid}:{entry.pw_gid}", (entry.pw_uid, entry.pw_gid))


def _runs(account: Account, binaries: Binaries) -> bool:
    command = account.command(binaries / "postgres", "--version")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _advice(reason: str) -> str:
    return (
        f"PostgreSQL does not run as root, user namespaces are not permitted here, and {reason}. "
        "Run the hub as an ordinary user, or set HUB_DATABASE_URL to a running server."
    )
