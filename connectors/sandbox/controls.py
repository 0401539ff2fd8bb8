"""How a sandbox department can be told to misbehave, and its journal of what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LIES = frozenset({"types", "codes", "renamed", "extra_fields", "extra_people", "half", "other_person", "nothing", "html", "huge"})

NEW_CODE = "99"
"""A code no contract lists, as a department may have one tomorrow."""
"""An object class the bureau brought in without telling anybody."""


class BadControl(ValueError):
    """The settings sent to a department's control are not settings it has."""


@dataclass(frozen=True, slots=True)
class Mood:
    """How one call is answered: late by `slow` seconds, with HTTP status `fail` or a cut connection ("drop"), or with a lie."""

    slow: float = 0.0
    fail: int | str | None = None
    lie: str | None = None


CALM = Mood()


@dataclass(slots=True)
class Controls:
    """The mood of one department; `times` limits it to the next n calls."""

    mood: Mood = CALM
    times: int | None = None

    def set(self, settings: Mapping[str, object]) -> None:
        """Replace the mood by what `PUT /_control` sent; an empty mapping resets. Raises BadControl."""
        unknown = settings.keys() - {"slow", "fail", "lie", "times"}
        slow, fail, lie, times = settings.get("slow", 0), settings.get("fail"), settings.get("lie"), settings.get("times")
        if unknown or isinstance(slow, bool) or not isinstance(slow, int | float) or not 0 <= slow <= 3600:
            message = "slow is seconds; keys are slow, fail, lie, times"
            raise BadControl(message)
        if not (fail is None or fail == "drop" or (isinstance(fail, int) and 400 <= fail <= 599)):
            message = "fail is an HTTP status of 400 to 599 or drop"
            raise BadControl(message)
        if not (lie is None or lie in LIES) or not (times is None or (isinstance(times, int) and times > 0)):
            message = f"lie is one of {sorted(LIES)}; times is a positive number"
            raise BadControl(message)
        self.mood = Mood(slow=float(slow), fail=fail if isinstance(fail, int | str) else None, lie=str(lie) if lie else None)
        self.times = times

    def take(self) -> Mood:
        """The mood for one call, counted against `times`."""
        mood = self.mood
        if self.times is not None and mood is not CALM:
            self.times -= 1
            if self.times <= 0:
                self.mood, self.times = CALM, None
        return mood


@dataclass(slots=True)
class Journal:
    """What a department was asked, newest last; it keeps references and purposes, never an ID number. Bounded to 10,000 questions."""

    entries: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=10_000))
    calls: int = 0

    def note(self, *, group: str, columns: Sequence[str], organisation: str, subjects: Sequence[tuple[str, str, str]]) -> None:
        """One question; a subject is (reference, purpose, approval)."""
        self.entries.append({
            "group": group, "columns": list(columns), "organisation": organisation,
            "subjects": [{"reference": ref, "purpose": purpose, "approval": approval} for ref, purpose, approval in subjects],
        })

    def clear(self) -> None:
        """Forget all questions and start counting anew."""
        self.entries.clear()
        self.calls = 0


def tamper(person: dict[str, Any], name: str, lie: str) -> None:
    """One list of a person in a graph's answer, as the lie has it."""
    rows: list[dict[str, Any]] = person[name]
    match lie:
        case "types":
            person[name] = [{key: [value] for key, value in row.items()} for row in rows]
        case "codes":
            person[name] = [{key: NEW_CODE if key == "objectClass" else value for key, value in row.items()} for row in rows]
        case "renamed":
            person[name + "2"] = person.pop(name)
        case "extra_fields":
            person[name] = [{**row, "phone": "13800000000"} for row in rows]
