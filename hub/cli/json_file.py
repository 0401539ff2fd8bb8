"""A JSON object a command is given in a file; what is wrong names the file and quotes nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson


def json_object(path: Path) -> dict[str, Any]:
    """Fails with exit status 1 where the file holds anything else."""
    try:
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise click.ClickException(f"{path} is not JSON") from None
    if not isinstance(value, dict):
        raise click.ClickException(f"{path} is not a JSON object")
    return value
