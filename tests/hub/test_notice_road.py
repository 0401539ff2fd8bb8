"""What the notice a letter was signed under did not tell of is not told under the letter, and no department is asked (PIPL §17)."""

from __future__ import annotations

import pytest

from hub.access_log.entry import Kind
from hub.authorizations.conditions import Conditions
from policies.notices import read_notices
from policies.separate_consent import separate_consent
from tests.hub.living import Living, people, statuses
from tests.policies.notice_text import untold
from tests.policies.test_notices import FIRST

pytestmark = pytest.mark.asyncio(loop_scope="session")

REGISTER = FIRST.replace('"1"', '"2025-01"').replace("2026-01-01", "2025-01-01")


async def test_a_group_the_notice_is_silent_about_is_closed_and_the_rest_is_told(living: Living, monkeypatch) -> None:
    told = _of_the_head(await living.ask(await living.register()))
    assert statuses(told)["vehicle"] in {"MATCHED", "NO_RECORD"}
    matters = living.hub.desk.authorization.presenter._matters
    register = read_notices("x", REGISTER + untold("vehicle"))
    monkeypatch.setattr(matters, "_conditions", Conditions.made(separate_consent("500152"), register))
    matter = await living.register()
    told = _of_the_head(await living.ask(matter))
    found = statuses(told)
    assert (found["vehicle"], told["vehicle"]["records"]) == ("NOT_COVERED", None)
    assert {line["reason"] for line in told["vehicle"]["disclosure"]["fields"]} == {"NOTICE_SILENT"}
    assert {found[group] for group in ("tax", "civilAssistance", "realEstate")} <= {"MATCHED", "NO_RECORD"}, "it takes nothing else along"
    (entry,) = await living.entries(kind=Kind.INTENT, limit=1)
    fields = list(entry.parts()[1]["fields"])
    assert [name for name in fields if name.startswith("tax")]
    assert not [name for name in fields if name.startswith("vehicle")], "no department was to be asked"


async def test_a_letter_under_a_notice_nobody_knows_the_words_of_opens_nothing(living: Living, monkeypatch) -> None:
    matters = living.hub.desk.authorization.presenter._matters
    monkeypatch.setattr(matters, "_conditions", Conditions.made(separate_consent("500152"), read_notices("x", REGISTER)))
    matter = await living.register()
    with pytest.raises(ValueError, match="NOTICE_SILENT"):
        await living.token(matter)


def _of_the_head(reply):
    return next(iter(people(reply).values()))
