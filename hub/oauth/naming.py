"""Names in a token request: a case by its platform's own number, letters by their hash alone; the token names the hub's ids.

Whoever asks several hubs about one matter knows what the platform registered with all of them, and not the ids each hub gave. What
is not found keeps the name it came with (a letter) or none (a case), and the checks refuse it like one that does not exist.
"""

from __future__ import annotations

from typing import Any

from hub.authorizations.presentation import Presenter
from hub.oauth.details import Details, details


async def named(asked: Details, presenter: Presenter) -> Details:
    """The details with the hub's own ids in place of the platform's names."""
    given: dict[str, Any] = dict(asked.given)
    if "matter" in given:
        matter = given.pop("matter")
        given["case"] = await presenter.case(matter["platform"], matter["reference"])
    letters = given["basis"].get("letters", ())
    if any("id" not in letter for letter in letters):
        found = await presenter.matter_anew(given.get("case", ""))
        by_hash = {letter.hash: letter.id for letter in found.letters} if found is not None else {}
        given["basis"] = given["basis"] | {"letters": [{"id": by_hash.get(one["hash"], one["hash"]), **one} for one in letters]}
    return asked if given == asked.given else details(given)
