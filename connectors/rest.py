"""Departments that answer JSON over HTTP: in one batch, or page after page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from yarl import URL

from connectors.batches import MISSING
from connectors.conversion import Unreadable
from connectors.department import OverHttp
from connectors.door import accepted
from connectors.envelope import ROWS_A_SUBJECT, Page, Rows, page, question
from connectors.interface import Ask, DepartmentBroke, Records, Subject
from connectors.manifest import Manifest
from connectors.selection import Selection
from connectors.signing import Clock, Random, signer

PAGES = 100
"""Pages of one answer; a department that gives a next page for ever is stopped here."""


class RestConnector(OverHttp):
    """A REST department behind its manifest."""

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        super().__init__(manifest, clock=clock, random=random)
        self._sign = signer(
            manifest.scheme, manifest.credentials,
            intent_header=self._names.get("intent_header", ""), clock=clock, random=random,
        )
        self._targets = {name: _Target(manifest.place, group.call["path"]) for name, group in manifest.groups.items()}

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        return await self._batches.run(ask, lambda subjects: self._call(ask, selection, subjects))

    async def _call(self, ask: Ask, selection: Selection, subjects: Sequence[Subject]) -> Sequence[Records]:
        if not selection.names and not selection.thresholds:
            selection = selection.asking(self._manifest.groups[ask.group].call["presence"])
        body = question(self._names, ask, subjects, selection)
        first = await self._page(ask, selection, subjects, body)
        rows = first.rows
        if first.next_page is not None:
            await self._turn(ask, selection, subjects, body, first)
        self._batches.tally.note("strays", first.strays)
        return [
            MISSING if (raw := rows.get(at)) is None else self._batches.records(selection, ask, raw, first.as_of)
            for at in range(len(subjects))
        ]

    async def _turn(
        self, ask: Ask, selection: Selection, subjects: Sequence[Subject], body: dict[str, object], first: Page,
    ) -> None:
        """Read the pages after `first` into its rows."""
        token = first.next_page
        for _ in range(PAGES):
            if token is None:
                return
            body[self._names["page_token"]] = token
            further = await self._page(ask, selection, subjects, body)
            _merge(first.rows, further.rows)
            self._batches.tally.note("strays", further.strays)
            token = further.next_page
        raise DepartmentBroke(f"{self.department} gave more than {PAGES} pages")

    async def _page(self, ask: Ask, selection: Selection, subjects: Sequence[Subject], body: dict[str, object]) -> Page:
        target = self._targets[ask.group]
        if "page_size" in self._names:
            body[self._names["page_size"]] = int(self._names["rows_per_page"])
            body.setdefault(self._names["page_token"], None)
        content = orjson.dumps(body)
        intents = ", ".join(dict.fromkeys(subject.intent for subject in subjects))

        def make() -> tuple[bytes, Mapping[str, str]]:
            return content, {"Content-Type": "application/json", **self._sign(target.address, target.path, content, intents)}

        answer = await self._door.post(target.url, make)
        whole = accepted(self.department, answer, "application/json")
        try:
            return page(self._names, orjson.loads(whole), subjects, selection.row_names)
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"{self.department} answered with what is not JSON") from None
        except Unreadable:
            raise DepartmentBroke(f"{self.department} dated its answer unreadably") from None



class _Target:
    """A group's address: as signed, as path, as sent; the three agree because one is made of the other."""

    def __init__(self, place: str, path: str) -> None:
        self.url = URL(place.rstrip("/") + path, encoded=True)
        self.address = str(self.url)
        self.path = self.url.raw_path


def _merge(into: Rows, further: Rows) -> None:
    for at, rows in further.items():
        known = into.setdefault(at, [])
        known.extend(rows)
        if len(known) > ROWS_A_SUBJECT:
            raise DepartmentBroke("more records of one person than there can be")
