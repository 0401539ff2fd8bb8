"""The demonstration's last step: the whole log exported and verified by the offline command, then once more with one byte changed."""

from __future__ import annotations

import asyncio
import base64
import sys
from pathlib import Path

import click
import orjson

from hub.cli.demo.world import ROOT, Region


async def verify_whole_log(region: Region, keys: str, checkpoint: str, directory: Path) -> None:
    """Raises ClickException where the sound log is refused or the altered one is believed."""
    sound, altered, public = directory / "log.jsonl", directory / "log-altered.jsonl", directory / "log.key"
    public.write_text(keys, encoding="utf-8")
    witnessed = directory / "witnessed-checkpoint"
    witnessed.write_text(checkpoint, encoding="utf-8")
    environment = {
        "HUB_REGION": region.code.ljust(12, "0"), "HUB_ISSUER": region.url, "HUB_DIRECTORY": str(region.directory),
        "HUB_DATABASE_URL": region.database_url, "PATH": "/usr/bin:/bin",
    }
    exported, _ = await _run(environment, "log", "export", str(sound))
    if exported:
        raise click.ClickException("the log could not be exported")
    status, said = await _run({}, "verify-log", str(sound), "--key", str(public), "--checkpoint", str(witnessed))
    _tell(said)
    if status:
        raise click.ClickException("the exported log does not verify")
    await asyncio.to_thread(_alter, sound, altered)
    status, said = await _run({}, "verify-log", str(altered), "--key", str(public), "--checkpoint", str(witnessed))
    click.echo("    改动其中一字节后 with one byte of one entry changed:")
    _tell(said)
    if not status:
        raise click.ClickException("an altered log was believed")


def _tell(said: str) -> None:
    for line in said.splitlines():
        click.echo(f"    {line}")


def _alter(sound: Path, altered: Path) -> None:
    """Change one byte inside the body of the tenth entry."""
    lines = sound.read_bytes().splitlines(keepends=True)
    bodies = [number for number, line in enumerate(lines) if b'"body"' in line or b'"entry"' in line]
    number = bodies[min(10, len(bodies) - 1)]
    record = orjson.loads(lines[number])
    name = "body" if "body" in record else "entry"
    body = bytearray(base64.b64decode(record[name]))
    body[40] ^= 1
    record[name] = base64.b64encode(bytes(body)).decode()
    altered.write_bytes(b"".join([*lines[:number], orjson.dumps(record) + b"\n", *lines[number + 1 :]]))


async def _run(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *arguments, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
