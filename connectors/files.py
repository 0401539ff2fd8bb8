"""Departments that put files on a front-end machine: the newest good drop is served, read where it lies.

Rules of this file:
- Only what lies in the directory now is served. A bad drop is refused, and the newest good one goes on counting with its own `asOf`.
- A look at the directory costs one `stat` a question; verifying a drop happens in a thread, once a state of the file.
- No file is ever written, moved or deleted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.batches import Batches
from connectors.comma_drop import CommaDrop
from connectors.conversion import instant
from connectors.drop import Drop, DropRefused, Layout, Stamp, complete, stamp, states
from connectors.interface import Ask, DepartmentUnavailable, Records, Subject
from connectors.manifest import Manifest
from connectors.selection import Selection, Selections
from connectors.workbook_drop import WorkbookDrop

_FORMS: Mapping[str, type[Drop]] = {"csv": CommaDrop, "xlsx": WorkbookDrop}
_LOG = logging.getLogger("connectors.files")


class FilesConnector:
    """A department's directory behind its manifest; one dataset a group."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._batches = Batches(manifest)
        self._selections = {name: Selections(group) for name, group in manifest.groups.items()}
        self._shelves = {
            name: _Shelf(Path(manifest.place), _layout(group.call, manifest.max_bytes)) for name, group in manifest.groups.items()
        }

    @property
    def department(self) -> str:
        return self._manifest.department

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(self._manifest.groups)

    @property
    def batches(self) -> Batches:
        """How this department is asked, and the count of its manners."""
        return self._batches

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

    async def close(self) -> None:
        for shelf in self._shelves.values():
            shelf.close()


def _layout(call: Mapping[str, str], max_bytes: int) -> Layout:
    return Layout(
        dataset=call["dataset"], header=tuple(call["header"].split(",")), encoding=call.get("encoding", ""),
        subject=call["subject"], subject_end=int(call["subject_end"]), max_bytes=max_bytes,
        form=call.get("format", "csv"), many=call.get("lines") == "many",
    )


class _Shelf:
    """A directory of one dataset's drops, and the one now served."""

    def __init__(self, directory: Path, layout: Layout) -> None:
        self.layout = layout
        self._directory = directory
        self._seen: Stamp | None = None
        self._served: Drop | None = None
        self._refused: dict[Path, tuple[Stamp, ...]] = {}
        self._looking = asyncio.Lock()

    async def newest(self) -> Drop:
        """The newest good drop lying there. Raises DropRefused when there is none, and OSError."""
        if self._current():
            return self._present()
        async with self._looking:
            if not self._current():
                seen = stamp(self._directory.stat())
                old, self._served = self._served, await asyncio.to_thread(self._look, self._served)
                # Only now: a question that came while the look went on must wait for it, not take its absence for an answer.
                self._seen = seen
                if old is not None and old is not self._served:
                    old.close()
            return self._present()

    def _current(self) -> bool:
        """Whether nothing changed since the last look; two system calls, and three a refused drop, short enough for the loop.

        A department may mend a refused drop where it lies, which the directory's own time does not show.
        """
        if self._seen is None or stamp(self._directory.stat()) != self._seen:
            return False
        if any(states(path) != state for path, state in self._refused.items()):
            return False
        return self._served is None or self._served.unchanged()

    def _present(self) -> Drop:
        if self._served is None:
            raise DropRefused("no complete and valid drop lies there")
        return self._served

    def _look(self, served: Drop | None) -> Drop | None:
        known, self._refused = self._refused, {}
        for path in complete(self._directory, self.layout):
            state = states(path)
            if served is not None and served.path == path and served.stamp == state[0]:
                return served
            self._refused[path] = state
            if known.get(path) == state:
                continue
            try:
                drop = _FORMS[self.layout.form](path, self.layout)
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
