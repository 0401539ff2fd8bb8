"""Departments that put files on a front-end machine: the newest good drop is served.

Rules of this file:
- Only what lies in the directory now is served. A bad drop is refused, and the newest good one goes on counting with its own `asOf`.
- The directory is the department's own, or the hub's copy of what it put into an SFTP account (`connectors.sftp`).
- A look at the directory costs one `stat` a question; verifying a drop happens in a thread, once a state of the file.
- No file of a department's is ever written, moved or deleted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from connectors.comma_drop import CommaDrop
from connectors.department import Department
from connectors.drop import Drop, DropRefused, Layout, Stamp, complete, stamp, states
from connectors.instants import instant
from connectors.interface import Ask, DepartmentUnavailable, Records, Subject
from connectors.manifest import Manifest
from connectors.selection import Selection, Selections
from connectors.sftp import SftpDrops
from connectors.signing import Clock
from connectors.workbook_drop import WorkbookDrop

_FORMS: Mapping[str, type[Drop]] = {"csv": CommaDrop, "xlsx": WorkbookDrop}
_LOG = logging.getLogger("connectors.files")


class FilesConnector(Department):
    """A department's directory behind its manifest; one dataset a group."""

    def __init__(self, manifest: Manifest, *, clock: Clock, copies: Path) -> None:
        """`copies` is the hub's own directory for drops it must fetch."""
        super().__init__(manifest)
        self._selections = {name: Selections(group) for name, group in manifest.groups.items()}
        self._fetching: list[SftpDrops] = []
        self._shelves = {
            name: self._shelf(_layout(group.call, manifest.max_bytes), clock, copies) for name, group in manifest.groups.items()
        }

    def _shelf(self, layout: Layout, clock: Clock, copies: Path) -> _Shelf:
        if not self._manifest.place.startswith("sftp://"):
            return _Shelf(layout, _lying(Path(self._manifest.place)))
        fetched = SftpDrops(
            self._manifest, layout, copies / self.department / layout.dataset, lambda path: _opened(path, layout).close(), clock=clock,
        )
        self._fetching.append(fetched)
        return _Shelf(layout, fetched.directory)

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        return await self._batches.run(ask, lambda subjects: self._read(ask, selection, subjects))

    async def _read(self, ask: Ask, selection: Selection, subjects: Sequence[Subject]) -> Sequence[Records]:
        shelf = self._shelves[ask.group]
        try:
            drop = await shelf.newest()
            found = [drop.lines(subject.id_number) for subject in subjects]
        except DropRefused as refusal:
            raise DepartmentUnavailable(f"{self.department}: {refusal}") from None
        except OSError as error:
            raise DepartmentUnavailable(f"{self.department}: drop directory, {type(error).__name__}") from None
        positions = [shelf.layout.header.index(name) for name in selection.names]
        as_of = instant(drop.as_of)
        return [self._batches.records(selection, ask, [[line[at] for at in positions] for line in lines], as_of) for lines in found]

    async def lying(self) -> bool:
        """Whether a finished drop lies there of every dataset, whatever it is worth. Raises DepartmentError and OSError."""
        found = [bool(await fetched.lying()) for fetched in self._fetching]
        if not self._fetching:
            directory = Path(self._manifest.place)
            found = [bool(await asyncio.to_thread(complete, directory, shelf.layout)) for shelf in self._shelves.values()]
        return all(found)

    async def close(self) -> None:
        for fetched in self._fetching:
            await fetched.close()
        for shelf in self._shelves.values():
            shelf.close()


def _opened(path: Path, layout: Layout) -> Drop:
    return _FORMS[layout.form](path, layout)


def _lying(directory: Path) -> Callable[[], Awaitable[Path]]:
    async def where() -> Path:
        return directory

    return where


def _layout(call: Mapping[str, str], max_bytes: int) -> Layout:
    return Layout(
        dataset=call["dataset"], header=tuple(call["header"].split(",")), encoding=call.get("encoding", ""),
        subject=call["subject"], subject_end=int(call["subject_end"]), max_bytes=max_bytes,
        form=call.get("format", "csv"), many=call.get("lines") == "many",
    )


class _Shelf:
    """A directory of one dataset's drops, and the one now served."""

    def __init__(self, layout: Layout, where: Callable[[], Awaitable[Path]]) -> None:
        self.layout = layout
        self._where = where
        self._seen: Stamp | None = None
        self._served: Drop | None = None
        self._refused: dict[Path, tuple[Stamp, ...]] = {}
        self._looking = asyncio.Lock()

    async def newest(self) -> Drop:
        """The newest good drop lying there. Raises DropRefused when there is none, and OSError."""
        directory = await self._where()
        if self._current(directory):
            return self._present()
        async with self._looking:
            if not self._current(directory):
                seen = stamp(directory.stat())
                old, self._served = self._served, await asyncio.to_thread(self._look, directory, self._served)
                # Only now: a question that came while the look went on must wait for it, not take its absence for an answer.
                self._seen = seen
                if old is not None and old is not self._served:
                    old.close()
            return self._present()

    def _current(self, directory: Path) -> bool:
        """Whether nothing changed since the last look; two system calls, and three a refused drop, short enough for the loop.

        A department may mend a refused drop where it lies, which the directory's own time does not show.
        """
        if self._seen is None or stamp(directory.stat()) != self._seen:
            return False
        if any(states(path) != state for path, state in self._refused.items()):
            return False
        return self._served is None or self._served.unchanged()

    def _present(self) -> Drop:
        if self._served is None:
            raise DropRefused("no complete and valid drop lies there")
        return self._served

    def _look(self, directory: Path, served: Drop | None) -> Drop | None:
        known, self._refused = self._refused, {}
        for path in complete(directory, self.layout):
            state = states(path)
            if served is not None and served.path == path and served.stamp == state[0]:
                return served
            self._refused[path] = state
            if known.get(path) == state:
                continue
            try:
                drop = _opened(path, self.layout)
            except DropRefused as refusal:
                _LOG.warning("drop %s refused: %s", path.name, refusal)
            else:
                del self._refused[path]
                return drop
        return None

    def close(self) -> None:
        if self._served is not None:
            self._served.close()
            self._served = None
