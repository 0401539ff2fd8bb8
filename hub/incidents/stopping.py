"""What was compromised is stopped in the transaction that opens its incident: no stop without its reason, no incident that says more than was done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations.key_changes import end_key
from hub.authorizations.revocation import end_client
from hub.tables import Client, PlatformKey


async def stop(
    connection: AsyncConnection, clients: Collection[str], platforms: Collection[str], *, incident: str, by: str, at: datetime,
) -> tuple[str, ...]:
    """Disables the clients and revokes the platforms' standing keys; each as the report calls it. Those stopped before are not named.

    Every row is locked first, in one order: ending the first of them takes the workers' lock, and whoever ends a single client or key holds its
    row already when asking for that. Taken the other way round, the two would wait for each other.
    """
    held = select(Client.id).where(Client.id.in_(clients), Client.active).order_by(Client.id).with_for_update(key_share=True)
    systems = (await connection.execute(held)).scalars().all()
    standing = (PlatformKey.platform.in_(platforms), PlatformKey.revoked_at.is_(None))
    keys = select(PlatformKey.platform, PlatformKey.kid).where(*standing).order_by(PlatformKey.platform, PlatformKey.kid)
    rows = (await connection.execute(keys.with_for_update(key_share=True))).all()
    stopped = [f"client {client}" for client in systems if await end_client(connection, client, by=by, at=at)]
    for platform, kid in rows:
        await end_key(connection, platform=platform, kid=kid, reason=incident, at=at)
        stopped.append(f"platform {platform} key {kid}")
    return tuple(stopped)
