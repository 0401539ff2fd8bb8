"""Whose act something done by hand is, and how that is known: a privacy officer who proved themselves, or the operator at the hub's own shell.

An incident is somebody's word that stops systems and that people are told. Who gave it must not be what was typed after `--by`: a privacy officer
proves themselves by their log-in to the console. Where none is at hand, what was compromised is still stopped at once (PIPL §57), by the operator;
the record then says that the officer's name was only stated, and beside every act at a shell stands whose shell it was. So it is with everything
else done at a shell in an officer's name: an approval taken back, a hold, an arrangement, a neighbour's log begun anew (decision 0048).
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

PASSWORD, SESSION, STATED = "CONSOLE_PASSWORD", "CONSOLE_SESSION", "STATED"
"""The officer's console password was typed at the shell; they are logged in to the console; only the operator says so."""

_LOGIN = Path("/proc/self/loginuid")
_SHELL = "hub_shell"
_NOBODY = 2**32 - 1  # what the kernel says where nobody logged in: a service, a container


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose act it is. `operator` is the system's account at whose shell it was done, "" in the console; `second` another proven officer."""

    name: str
    proof: str
    operator: str = ""
    second: str = ""

    def said(self) -> dict[str, str]:
        """As it stands in the log."""
        return {"by": self.name, "proof": self.proof, "operator": self.operator, "second": self.second}


def at_shell(engine: AsyncEngine) -> AsyncEngine:
    """The same engine for a command at the hub's own shell: what is changed over it says so in the log."""
    return engine.execution_options(**{_SHELL: operator()})


def shell_of(connection: AsyncConnection) -> str:
    """At whose shell this connection changes something; "" over the hub's doors."""
    return str(connection.sync_engine.get_execution_options().get(_SHELL, ""))


def operator() -> str:
    """The system's account this process runs as, and who logged in where that is another one: what the kernel says, not the environment,
    which whoever types the command can set.
    """
    uid = os.getuid()
    try:
        login = int(_LOGIN.read_text())
    except (OSError, ValueError):
        login = _NOBODY
    return _account(uid) if login in (uid, _NOBODY) else f"{_account(uid)}, logged in as {_account(login)}"


def _account(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
