"""Which department answers which fact group, and what the planner may know of it before it asks: built once from manifests."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from connectors.batches import Noted
from connectors.deferred import DeferredConnector
from connectors.files import FilesConnector
from connectors.graphql import GraphqlConnector
from connectors.group_map import GroupMap
from connectors.guard import Changed
from connectors.interface import Connector, DepartmentError
from connectors.manifest import Manifest, parse
from connectors.rest import RestConnector
from connectors.section import ManifestFault, named_by
from connectors.signing import Clock, Random
from connectors.soap import SoapConnector
from connectors.sql import SqlConnector
from connectors.subgraph import SubgraphConnector

Tallied = (
    RestConnector | SoapConnector | SqlConnector | FilesConnector | GraphqlConnector | SubgraphConnector | DeferredConnector
)
"""A connector of a protocol we have."""

_COPIES = Path("var/drops")
_MAKERS: Mapping[str, Callable[[Manifest, Clock, Random], Tallied]] = {
    "rest": lambda manifest, clock, random: RestConnector(manifest, clock=clock, random=random),
    "soap": lambda manifest, clock, random: SoapConnector(manifest, clock=clock, random=random),
    "sql": lambda manifest, clock, _random: SqlConnector(manifest, clock=clock),
    "graphql": lambda manifest, clock, random: GraphqlConnector(manifest, clock=clock, random=random),
    "subgraph": lambda manifest, clock, random: SubgraphConnector(manifest, clock=clock, random=random),
    "deferred": lambda manifest, clock, random: DeferredConnector(manifest, clock=clock, random=random),
}


class Departments(Mapping[str, Connector]):
    """Connectors by fact group, with what the planner and `hub explain` need of their manifests."""

    def __init__(self, connectors: Sequence[tuple[Manifest, Tallied]], hubs: Sequence[Manifest] = ()) -> None:
        """`hubs` are manifests of hubs below; they are asked by the hub itself, with its own key (hub/regions/below.py)."""
        self.hubs = tuple(hubs)
        self._connectors = tuple(connectors)
        self._by_group: dict[str, tuple[Manifest, Tallied]] = {}
        for manifest, connector in connectors:
            for group in manifest.groups:
                if group in self._by_group:
                    other = self._by_group[group][0].department
                    raise ManifestFault(f"{manifest.department}: {group} is already answered by {other}")
                self._by_group[group] = manifest, connector

    def __getitem__(self, group: str) -> Connector:
        return self._by_group[group][1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_group)

    def __len__(self) -> int:
        return len(self._by_group)

    def manifest(self, group: str) -> Manifest:
        """The manifest of the department that answers a group; KeyError for a group nobody answers, as in all that follows."""
        return self._by_group[group][0]

    def department(self, group: str) -> str:
        """The department's code (domain A2)."""
        return self.manifest(group).department

    def region(self, group: str) -> str:
        """The region the department answers for."""
        return self.manifest(group).region

    def system(self, group: str) -> str:
        """The department's system, as a source is named in an answer."""
        return self.manifest(group).system

    def deadline(self, group: str) -> float:
        """Seconds the department is given."""
        return self.manifest(group).deadline

    def gatherable(self, group: str) -> bool:
        """Whether asks of one organisation and purpose may leave together: the call carries a reference a subject."""
        return self.manifest(group).gather

    def counted(self, group: str) -> bool:
        """Whether the department bills or journals each query."""
        return self.manifest(group).limits.queries_counted

    def batch(self, group: str) -> int:
        """Most subjects a call."""
        return self.manifest(group).batch

    def at_once(self, group: str) -> int:
        """Most people under way at once: subjects a call, times calls side by side."""
        return self.manifest(group).batch * self.manifest(group).concurrency

    def names_people(self, group: str) -> bool:
        """Whether records of a group are believed only for the person of the number and the name that were asked."""
        return "name" in self._map(group).call

    def freshness(self, group: str) -> str:
        """live, daily or monthly."""
        return self.manifest(group).freshness

    def fresh_days(self, group: str) -> int:
        """Days after which the department's data are later than its manifest promises."""
        return self.manifest(group).limits.fresh_days

    def fields(self, group: str) -> frozenset[str]:
        """Our fields the department has."""
        return frozenset(self._map(group).fields)

    def computes(self, group: str, field: str) -> frozenset[str]:
        """Leaves of a field the department works out itself, so that its value need not travel."""
        return frozenset(self._map(group).fields[field].computes)

    @property
    def deferred(self) -> Mapping[str, DeferredConnector]:
        """The departments that answer later, by code; each needs a ledger before it is asked."""
        return {manifest.department: one for manifest, one in self._connectors if isinstance(one, DeferredConnector)}

    def describe(self, group: str, field: str) -> str:
        """What is asked of the department for a field, for `hub explain`: "GA pgjz, or for band pgqj"."""
        return f"{self.department(group)} {_described(self._map(group), field)}"

    def _map(self, group: str) -> GroupMap:
        return self.manifest(group).groups[group]

    async def contract_faults(self) -> Mapping[str, Sequence[str]]:
        """Per subgraph, by its system's name, what its SDL no longer has of what its manifest names; one that shows no SDL is a fault too."""
        checked = [(manifest, one) for manifest, one in self._connectors if isinstance(one, SubgraphConnector)]
        found = await asyncio.gather(*(_contract_faults(manifest, one) for manifest, one in checked))
        return {manifest.system: faults for (manifest, _), faults in zip(checked, found, strict=True)}

    async def close(self) -> None:
        """Give back every department's sockets, pools and files."""
        await asyncio.gather(*(connector.close() for _, connector in self._connectors))


async def _contract_faults(manifest: Manifest, subgraph: SubgraphConnector) -> Sequence[str]:
    try:
        async with asyncio.timeout(manifest.deadline):
            return await subgraph.faults()
    except (DepartmentError, TimeoutError) as error:
        return (f"its SDL cannot be had ({type(error).__name__})",)


def _described(group: GroupMap, field: str) -> str:
    entry = group.fields[field]
    if entry.derive == "absent":
        return "is not asked: the department has no such value"
    if entry.derive:
        return " and ".join(dict.fromkeys(group.fields[name].name for name in entry.inputs))
    weaker = "".join(
        f", or for {leaf} {f'its comparison of {made.threshold}' if made.threshold else made.name}"
        for leaf, made in entry.computes.items()
    )
    return f"{entry.name}{weaker}"


async def open_connectors(
    manifests: Path | Sequence[Path], settings: Mapping[str, str], *, clock: Clock, random: Random, changed: Changed | None = None,
    noted: Callable[[str, Noted], None] | None = None, copies: Path = _COPIES,
) -> Departments:
    """The departments of a directory of manifests, or of the manifests given. A registry of the region (`registries/`, opened where the
    settings name it) answers its groups in the department's place. Nothing is contacted yet. `changed` is told each
    new state of a department's breaker, `noted` a department's manners as they show (its code, which and how many); `copies` is where drops lie
    that must be fetched, a directory of the hub's own. Raises ManifestFault.
    """
    texts = await asyncio.to_thread(_texts, manifests)
    registries = await asyncio.to_thread(_registries, manifests, settings) if isinstance(manifests, Path) else []
    parsed = _taken_over(
        [parse(name, text, settings) for name, text in texts],
        [parse(name, text, settings) for name, text in await asyncio.to_thread(_told, registries)],
    )
    made = [(manifest, _made(manifest, clock, random, copies)) for manifest in parsed if manifest.protocol != "hub"]
    for manifest, connector in made:
        connector.batches.guard.watch(clock, changed)
        connector.batches.tally.told = partial(noted, manifest.department) if noted is not None else None
    return Departments(made, [manifest for manifest in parsed if manifest.protocol == "hub"])


def manifests_of(directory: Path, settings: Mapping[str, str]) -> list[Path]:
    """The manifests of a directory, those of registries where the settings name them. Blocks."""
    return [*sorted(directory.glob("*.toml")), *_registries(directory, settings)]


def _registries(directory: Path, settings: Mapping[str, str]) -> list[Path]:
    return [path for path in sorted((directory / "registries").glob("*.toml")) if named_by(settings, path.stem)]


def _taken_over(departments: Sequence[Manifest], registries: Sequence[Manifest]) -> list[Manifest]:
    """The registries, and the departments without what those answer now."""
    taken = {group for registry in registries for group in registry.groups}
    left = [
        dataclasses.replace(one, groups={name: group for name, group in one.groups.items() if name not in taken}) for one in departments
    ]
    return [*(one for one, before in zip(left, departments, strict=True) if one.groups or not before.groups), *registries]


def _texts(manifests: Path | Sequence[Path]) -> list[tuple[str, str]]:
    paths = sorted(manifests.glob("*.toml")) if isinstance(manifests, Path) else list(manifests)
    if not paths:
        raise ManifestFault("no manifest found")
    return _told(paths)


def _told(paths: Sequence[Path]) -> list[tuple[str, str]]:
    try:
        return [(path.name, path.read_text(encoding="utf-8")) for path in paths]
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestFault(f"a manifest cannot be read: {type(error).__name__}") from None


def _made(manifest: Manifest, clock: Clock, random: Random, copies: Path) -> Tallied:
    try:
        if manifest.protocol == "files":
            return FilesConnector(manifest, clock=clock, copies=copies)
        return _MAKERS[manifest.protocol](manifest, clock, random)
    except ManifestFault:
        raise
    except (ValueError, KeyError) as error:
        # The message of a key that cannot be read may hold the key.
        raise ManifestFault(f"{manifest.department}: its credentials do not fit, {type(error).__name__}") from None


def flattened(document: Mapping[str, object]) -> dict[str, str]:
    """Settings by name from a nested document: {"GA": {"url": …}} gives GA_URL, and a text at the top its name in capitals."""
    flat: dict[str, str] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}_{key}".upper(): str(inner) for key, inner in value.items()})
        else:
            flat[name.upper()] = str(value)
    return flat
