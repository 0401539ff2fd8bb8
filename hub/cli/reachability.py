"""Whether each department can be reached: its manifest parses, and its door opens. Nobody is asked about.

The probe goes no further than a door: a TCP connection for a protocol over HTTP, a log-in and an empty statement for a
front-end database, a directory or an SFTP account with a finished drop for files, the SDL of a subgraph, held against its manifest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from yarl import URL

from connectors.files import FilesConnector
from connectors.interface import DepartmentBroke, DepartmentError, DepartmentTimeout, DepartmentUnavailable
from connectors.maintenance import back_at
from connectors.manifest import Manifest, parse
from connectors.platform_manifest import PlatformManifest, connected
from connectors.registry import flattened, manifests_of
from connectors.section import ManifestFault
from connectors.sql import SqlConnector
from connectors.subgraph import SubgraphConnector
from hub.cli.breakers import breakers
from hub.cli.findings import Finding, fail, ok, warn
from hub.clock import clock
from hub.settings import Settings

_PATIENCE = 3.0


async def departments(settings: Settings) -> Sequence[Finding]:
    """One finding a manifest."""
    known = flattened(await asyncio.to_thread(settings.departments))
    paths = await asyncio.to_thread(manifests_of, settings.manifests, known)
    if not paths:
        return [fail("departments", f"no manifest in {settings.manifests}", "set HUB_MANIFESTS")]
    unusual = await breakers(settings)
    looks = [_department(path, known, unusual, settings.directory) for path in paths]
    return await asyncio.gather(*looks, *await _platforms(settings, known))


async def _platforms(settings: Settings, known: Mapping[str, str]) -> Sequence[Awaitable[Finding]]:
    """A look at each platform the settings name: means-check systems, the credit platform."""
    try:
        manifests = await asyncio.to_thread(connected, settings.manifests / "platforms", known)
    except ManifestFault as fault:
        return [_said(fail("platforms", str(fault), "see docs/contracts/README.md"))]
    return [_platform(manifest) for manifest in manifests.values()]


async def _said(finding: Finding) -> Finding:
    return finding


async def _platform(manifest: PlatformManifest) -> Finding:
    check = f"platform {manifest.platform}"
    try:
        async with asyncio.timeout(_PATIENCE):
            await _knock(manifest.place)
    except (TimeoutError, OSError) as fault:
        return fail(check, f"{manifest.title} cannot be reached ({type(fault).__name__})", "what goes there is answered SOURCE_ERROR meanwhile")
    return ok(check, f"{manifest.title} {manifest.kind}")


async def _department(path: Path, known: Mapping[str, str], unusual: Mapping[tuple[str, str], str], directory: Path) -> Finding:
    check = f"department {path.stem}"
    try:
        manifest = parse(path.name, await asyncio.to_thread(path.read_text, encoding="utf-8"), known)
    except ManifestFault as fault:
        return fail(check, str(fault), "see docs/connecting-a-department.md")
    back = back_at(manifest.limits.windows, clock())
    if back is not None:
        return ok(check, f"{manifest.title} is in maintenance and not asked; back at {back:%Y-%m-%d %H:%M}")
    try:
        async with asyncio.timeout(_PATIENCE):
            seen = await _probe(manifest, directory)
    except ManifestFault as fault:
        return fail(check, str(fault), "see docs/connecting-a-department.md")
    except (TimeoutError, DepartmentTimeout):
        return fail(check, f"{manifest.title} does not answer in {_PATIENCE:.0f} s", "its groups are told as SOURCE_TIMEOUT meanwhile")
    except (OSError, DepartmentError) as fault:
        reason = str(fault) if isinstance(fault, DepartmentError) else type(fault).__name__
        return fail(check, f"{manifest.title} cannot be reached ({reason})", "its groups are told as SOURCE_ERROR meanwhile")
    groups = ", ".join(sorted(manifest.groups))
    if seen:
        return warn(check, f"{manifest.title}: {seen}", f"{groups} cannot be told")
    if strange := unusual.get((manifest.department, manifest.protocol)):
        return warn(check, f"{manifest.title}: its door opens, and it is {strange}", "see the hub's log: department failed")
    return ok(check, f"{manifest.title} {manifest.protocol}, {groups}")


async def _contract(manifest: Manifest) -> str:
    """What a subgraph's SDL no longer has of what its manifest names."""
    subgraph = SubgraphConnector(manifest, clock=clock, random=os.urandom)
    try:
        return "; ".join(await subgraph.faults())
    except DepartmentUnavailable as error:
        raise ConnectionError(str(error)) from None
    except DepartmentBroke as error:
        return str(error)
    finally:
        await subgraph.close()


async def _logged_in(manifest: Manifest) -> str:
    database = SqlConnector(manifest, clock=clock)
    try:
        await database.knock()
    finally:
        await database.close()
    return ""


async def _drops(manifest: Manifest, directory: Path) -> str:
    files = FilesConnector(manifest, clock=clock, copies=directory / "drops")
    try:
        return "" if await files.lying() else "no finished drop lies there"
    finally:
        await files.close()


async def _probe(manifest: Manifest, directory: Path) -> str:
    """What is wrong, "" for nothing. Raises what the door raises."""
    if manifest.protocol == "sql":
        return await _logged_in(manifest)
    if manifest.protocol == "subgraph":
        return await _contract(manifest)
    if manifest.protocol == "files":
        return await _drops(manifest, directory)
    await _knock(manifest.exchange.place if manifest.exchange else manifest.place)
    return ""


async def _knock(place: str) -> None:
    """Whether a door opens."""
    url = URL(place)
    _, writer = await asyncio.open_connection(url.host, url.port, ssl=url.scheme == "https" or None)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
