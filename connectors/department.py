"""A department behind its manifest: what every connector is and keeps, whatever protocol it speaks."""

from __future__ import annotations

from connectors.batches import Batches
from connectors.exchange import way_to
from connectors.manifest import Manifest
from connectors.selection import Selections
from connectors.signing import Clock, Random


class Department:
    """The part of a connector that follows from the manifest alone."""

    def __init__(self, manifest: Manifest) -> None:
        """Nothing is contacted."""
        self._manifest = manifest
        self._batches = Batches(manifest)

    @property
    def department(self) -> str:
        """See `Connector`."""
        return self._manifest.department

    @property
    def groups(self) -> frozenset[str]:
        """See `Connector`."""
        return frozenset(self._manifest.groups)

    @property
    def batches(self) -> Batches:
        """How this department is asked, and the count of its manners."""
        return self._batches


class OverHttp(Department):
    """A department that answers calls over HTTP at once, at its own door or the exchange platform's."""

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        """Nothing is contacted."""
        super().__init__(manifest)
        self._names = manifest.envelope
        self._door = way_to(manifest, clock=clock, random=random)
        self._selections = {name: Selections(group) for name, group in manifest.groups.items()}

    async def close(self) -> None:
        """See `Connector`."""
        await self._door.close()
