"""`hub connector`: connect a department on Monday. Its manifest begun, checked, and tried at its own door.

    new    the skeleton of a manifest, a question mark wherever the department's contract must be read
    check  everything that can be seen without asking anybody: question marks left, unknown fields, kinds, units, codes, labels
    try    the department asked about people who cannot exist; a report in words
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from connectors.manifest import Manifest, parse
from connectors.registry import flattened, open_connectors
from hub.cli.faults import reported
from hub.cli.findings import Finding, State, fail, ok, told, warn
from hub.cli.json_file import json_object
from hub.clock import clock
from hub.connecting.comparison import faults, remarks
from hub.connecting.skeleton import SCHEMES, NoSuchGroup, skeleton, unanswered
from hub.connecting.trial import NotSynthetic, Seen, Trial, shown

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_HOW = "see docs/connecting-a-department.md"


@click.group()
def connector() -> None:
    """接入部门: connect a department."""


@connector.command()
@click.argument("department")
@click.option("--protocol", type=click.Choice(sorted(SCHEMES)), required=True)
@click.option("--group", "groups", multiple=True, required=True, help="Fact group it answers; may be repeated.")
@click.option("--output", type=click.Path(path_type=Path), help="File to write; an existing one is not touched. Default: print.")
def new(department: str, protocol: str, groups: tuple[str, ...], output: Path | None) -> None:
    """Begin the manifest of DEPARTMENT (its code, as GA)."""
    try:
        text = skeleton(department, protocol, groups)
    except NoSuchGroup as fault:
        raise click.ClickException(str(fault)) from None
    if output is None:
        click.echo(text, nl=False)
        return
    with reported():
        try:
            with output.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise click.ClickException(f"{output} is there already") from None
    click.echo(f"{output}: {len(unanswered(text))} lines with a question mark for the contract of {department} to answer")


@connector.command()
@click.argument("manifest", type=_FILE)
def check(manifest: Path) -> None:
    """Check MANIFEST without asking anybody; exit status 1 where something is wrong."""
    with reported():
        text = manifest.read_text(encoding="utf-8")
    findings = _static(manifest.name, text)
    _told(findings)
    if not any(one.state is State.FAIL for one in findings):
        click.echo(f"{manifest.name} can be tried: hub connector try {manifest} --sources FILE")


@connector.command(name="try")
@click.argument("manifest", type=_FILE)
@click.option("--sources", type=_FILE, required=True, help="The department's address and secrets, as HUB_SOURCES has them.")
@click.option("--person", type=_FILE, help='A synthetic person its test system knows: {"idNumber": …, "name": …}.')
def try_(manifest: Path, sources: Path, person: Path | None) -> None:
    """Ask the department of MANIFEST about people who cannot exist; exit status 1 where an answer is not as the contract has it."""
    with reported():
        text = manifest.read_text(encoding="utf-8")
        known = flattened(json_object(sources))
        findings = _static(manifest.name, text)
        if any(one.state is State.FAIL for one in findings):
            _told(findings)
        seen = asyncio.run(_tried(manifest, parse(manifest.name, text, known), known, _person(person)))
    _told(seen)
    if all(one.state is State.OK for one in seen):
        click.echo("the department answers as its contract has it 按约定应答")


def _static(name: str, text: str) -> list[Finding]:
    """What can be seen in the text alone. Settings are not needed: whatever a manifest refers to counts as set."""
    if left := unanswered(text):
        return [fail(name, f"question marks left on lines {', '.join(map(str, left))}", "the department's contract answers them")]
    with reported():
        parsed = parse(name, text, dict.fromkeys(_REFERENCE.findall(text), "set"))
    if parsed.protocol not in SCHEMES:
        return [fail(name, f"{parsed.title} speaks our own graph: there is nothing to hold against it", "see docs/federation.md")]
    wrong = [fail(name, fault, _HOW) for fault in faults(parsed)]
    groups = ", ".join(shown(group) for group in parsed.groups)
    return [*wrong, *(warn(name, remark, _HOW) for remark in remarks(parsed))] or [ok(name, f"{parsed.protocol}; {groups}: agrees with the graph")]


async def _tried(path: Path, manifest: Manifest, settings: Mapping[str, str], person: tuple[str, str] | None) -> list[Finding]:
    if manifest.deferral is not None:
        return [warn(path.name, "it answers later, and a trial waits for nobody: nothing was asked", "register a test case and ask in it")]
    # A drop copied from an account holds a department's people: the trial's copy goes with it.
    with tempfile.TemporaryDirectory(prefix="hub-trial-") as copies:
        departments = await open_connectors([path], settings, clock=clock, random=os.urandom, copies=Path(copies))
        try:
            trial = Trial(manifest, departments[next(iter(manifest.groups))], person=person)
            return [_finding(seen) async for seen in trial.run()]
        except NotSynthetic as fault:
            raise click.ClickException(str(fault)) from None
        finally:
            await departments.close()


def _finding(seen: Seen) -> Finding:
    return ok(shown(seen.what), seen.words) if seen.good else fail(shown(seen.what), seen.words, _HOW)


def _told(findings: list[Finding]) -> None:
    if failed := told(findings):
        raise click.ClickException(f"{failed} finding(s) to mend")


def _person(path: Path | None) -> tuple[str, str] | None:
    if path is None:
        return None
    read = json_object(path)
    number, name = read.get("idNumber"), read.get("name")
    if not isinstance(number, str) or not isinstance(name, str):
        raise click.ClickException(f"{path}: idNumber and name are texts")
    return number, name
