"""What is believed of an answer that comes later, by call-back or by poll: read by the manifest's names, held against its job, reduced.

Rules of this file:
- An answer is believed only about the person asked, with the columns asked and no others, each of its type. Whatever else comes is
  refused by name and nothing of it is kept.
- Raw values live in one call of `Reading.of` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.batches import Tally
from connectors.conversion import Unreadable
from connectors.envelope import ROWS_A_SUBJECT
from connectors.instants import instant
from connectors.interface import Column, DepartmentBroke, Records, Told
from connectors.ledger import Job, refused
from connectors.manifest import Manifest
from connectors.selection import Selection, Selections


class Reading:
    """How one department's later answers are read; `tally` counts its manners."""

    def __init__(self, manifest: Manifest, tally: Tally) -> None:
        self._manifest = manifest
        self._names = manifest.envelope
        self._selections = {name: Selections(group) for name, group in manifest.groups.items()}
        self._tally = tally

    def selection(self, group: str, columns: tuple[Column, ...]) -> Selection:
        """What is asked of the department. Raises DepartmentBroke for what its manifest does not declare."""
        selection = self._selections[group].of(columns)
        if selection.thresholds:
            raise DepartmentBroke(f"{self._manifest.department} compares nothing for those who ask later")
        return selection if selection.names else selection.asking(self._manifest.groups[group].call["presence"])

    def number(self, answer: object) -> str:
        """The job an answer says it is to. Raises AnswerRefused."""
        number = answer.get(self._names["key"]) if isinstance(answer, dict) else None
        if not isinstance(number, str):
            raise refused("ANSWER_UNREADABLE")
        return number

    def of(self, job: Job, answer: Mapping[str, object]) -> Records | None:
        """One answer as asked, None while the department has none. Raises AnswerRefused."""
        names = self._names
        if answer.keys() - {names[part] for part in ("key", "id", "status", "as_of", "records")}:
            raise refused("ANSWER_NOT_ASKED")
        if answer.get(names["id"]) != job.subject.id_number:
            raise refused("OTHER_PERSON")
        status, told = answer.get(names["status"]), answer.get(names["records"], [])
        if status == names["waiting"]:
            return None
        if status == names["failed"]:
            return Records("SOURCE_ERROR", None, ())
        if status not in (names["found"], names["none"]) or not isinstance(told, list) or len(told) > ROWS_A_SUBJECT:
            raise refused("ANSWER_UNREADABLE")
        if bool(told) != (status == names["found"]):
            raise refused("ANSWER_UNREADABLE")
        try:
            as_of = instant(str(answer.get(names["as_of"])))
            return Records("MATCHED" if told else "NO_RECORD", as_of, self._rows(job, told))
        except Unreadable:
            self._tally.note("unreadable", group=job.group)
            raise refused("ANSWER_UNREADABLE") from None

    def _rows(self, job: Job, told: Sequence[object]) -> tuple[tuple[Told, ...], ...]:
        selection = self.selection(job.group, job.columns)
        raw = []
        for record in told:
            if not isinstance(record, dict) or set(selection.names) - record.keys():
                raise refused("ANSWER_UNREADABLE")
            if record.keys() - set(selection.names):
                raise refused("ANSWER_NOT_ASKED")
            raw.append([record[name] for name in selection.names])
        return selection.rows(raw, job.columns)


def listed(answer: Mapping[str, object], path: str) -> list[dict[str, object]]:
    """The list of objects at a dotted path. Raises DepartmentBroke."""
    found: object = answer
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DepartmentBroke("an answer without its list")
    return found


def when(value: object) -> str | None:
    """When a department expects to answer, None where it does not say. Raises DepartmentBroke."""
    if value is None or value == "":
        return None
    try:
        return instant(str(value))
    except Unreadable:
        raise DepartmentBroke("an answer is promised for what is no moment") from None
