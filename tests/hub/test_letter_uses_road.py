"""A letter that says how often it may be used, at a running hub: counted over tokens, the rest of the household still told, no token when it is spent."""

from __future__ import annotations

import pytest

from hub.access_log.entry import Kind
from tests.hub.living import TAXES, Living
from tests.hub.means_check.test_checks import ASKED, sent

pytestmark = pytest.mark.asyncio(loop_scope="session")


def statuses(reply) -> list[str]:
    return [one["person"]["tax"]["status"] for one in reply.body["data"]["case"]["household"]["members"]]


async def test_the_adults_letter_is_good_for_two_questions_whichever_token_asks_and_the_wards_goes_on(living: Living):
    matter = await living.register(limits={"H": {"max_uses": 2}})
    whole = statuses(await living.ask(matter, TAXES))
    assert "NOT_AUTHORIZED" not in whole
    assert statuses(await living.ask(matter, TAXES)) == whole
    token = await living.token(matter)
    living.government.forget()
    less = await living.line.ask(token, TAXES, {"id": matter.id})
    assert 0 < statuses(less).count("NOT_AUTHORIZED") < len(whole), "those the other letters cover are still told"
    why = {one["reason"] for one in less.body["extensions"]["disclosure"]["fields"]}
    assert "LETTER_USES_SPENT" in why
    assert sum([len(one["subjects"]) for one in await living.journal("SW")]) == len(whole) - statuses(less).count("NOT_AUTHORIZED")
    [entry] = await living.entries(kind=Kind.OUTCOME, limit=1)
    assert matter.numbers[f"{matter.reference}-H"] not in str(entry.parts())


async def test_a_token_of_spent_letters_alone_is_refused_and_so_is_one_given_before(living: Living):
    matter = await living.register(limits={"H": {"frequency": {"MONTH": 1}}})
    letters = [one for one in matter.letters if one["id"] == matter.numbers[f"{matter.reference}-H"]]
    basis = {"kind": "letter", "letters": letters}
    first, second = [await living.token(matter, basis=basis) for _ in range(2)]
    assert (await living.line.ask(first, TAXES, {"id": matter.id})).status == 200
    living.government.forget()
    refused = await living.line.ask(second, TAXES, {"id": matter.id})
    assert (refused.status, refused.code) == (403, "LETTER_USES_SPENT")
    with pytest.raises(ValueError, match="LETTER_USES_SPENT"):
        await living.token(matter, basis=basis)
    assert not any(living.asked().values())
    assert (await living.refusals())[:2] == ["LETTER_USES_SPENT"] * 2


async def test_a_means_check_is_a_use_too(living: Living):
    matter = await living.register(limits={suffix: {"max_uses": 1} for suffix in ("H", "G1", "O")})
    token = await living.token(matter)
    status, told = await sent(living, token, "", ASKED)
    assert status == 201, told
    status, told = await sent(living, token, "", ASKED)
    assert (status, told["code"]) == (403, "LETTER_USES_SPENT")
