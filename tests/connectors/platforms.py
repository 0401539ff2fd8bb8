"""A platform of the sandbox and the connector that reaches it through the manifest as shipped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from connectors.platform_manifest import PlatformManifest, connected
from connectors.registry import flattened

DIRECTORY = Path("connectors/manifests/platforms")
SHIPPED = tuple(sorted(path.stem for path in DIRECTORY.glob("*.toml")))


def manifest(platform: str, settings: Mapping[str, str]) -> PlatformManifest:
    """The shipped manifest, filled with a sandbox's settings."""
    return connected(DIRECTORY, flattened({platform.upper().replace("-", "_"): settings}))[platform]


@asynccontextmanager
async def opened(server, platform: str, make: Callable, **context) -> AsyncIterator:
    """Start the server, open its connector, close both."""
    await server.start()
    connector = make(manifest(platform, server.settings), **context)
    try:
        yield connector
    finally:
        await connector.close()
        await server.stop()
