"""A part of a letter withdrawn through the desk: who may, what ends, what is foretold, and that another worker's memory follows."""

from __future__ import annotations

from datetime import date

import pytest

from hub.authorizations.reasons import Flaw, Refused
from tests.hub.authorizations.family import family, letter, letters, person, revocation, signs
from tests.hub.authorizations.world import heard


async def withdraw(world, **part):
    return await world.desk.revocations.accept(revocation(world.clock(), jti=world.jti(), **part), world.clock())


async def identified(world, token):
    """The standing once the watch has heard: a notice takes a moment."""
    await heard(world.desk, world.engine)
    return await world.identify(token)


def coverage(world, standing, name):
    return standing.coverage[world.person(standing, name)]


async def test_one_signer_withdraws_for_herself_and_the_others_of_the_letter_stand(world):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    told = await withdraw(world, letter="H-1", by="wife")
    assert told.letters == ()
    assert told.parts[accepted.letters["H-1"][0]]["people"] == ["wife"]
    standing = await identified(world, token)
    assert coverage(world, standing, "测试乙").code == "AUTH_REVOKED"
    assert coverage(world, standing, "测试甲").covered
    assert coverage(world, standing, "测试戊").covered, "her daughter is under her father's letter"


async def test_a_group_withdrawn_by_a_guardian_is_the_wards_alone(world):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    told = await withdraw(world, by="wife", people=["girl"], factGroups=["tax"])
    assert list(told.parts) == [accepted.letters["G-1"][0]]
    standing = await identified(world, token)
    assert "tax" not in coverage(world, standing, "测试戊").groups
    assert coverage(world, standing, "测试甲").groups is None


async def test_without_people_it_is_who_withdraws_and_their_wards_in_every_letter(world):
    accepted = await world.register()
    told = await withdraw(world, by="head")
    assert told.letters == (accepted.letters["G-1"][0],), "of the girl's letter nothing is left"
    assert told.parts[accepted.letters["H-1"][0]]["people"] == ["head"]
    assert await world.pool.fetchval("SELECT closed_at FROM matter_case") is None


async def test_parts_add_up_to_the_whole_and_the_letter_is_revoked(world):
    accepted = await world.register()
    for one in ("wife", "mother", "son"):
        assert (await withdraw(world, letter="H-1", by=one)).letters == ()
    told = await withdraw(world, letter="H-1", by="head", factGroups=["ALL_LISTED"], purposes=["DIBAO_REVIEW", "PERIODIC_RECHECK"])
    assert told.letters == (accepted.letters["H-1"][0],)
    assert await world.pool.fetchval("SELECT status FROM letter WHERE number = 'H-1'") == "REVOKED"
    kinds = [row["kind"] for row in await world.pool.fetch("SELECT kind FROM outbox WHERE kind LIKE 'LETTER%' ORDER BY id")]
    assert kinds == ["LETTER_PART_WITHDRAWN"] * 3 + ["LETTER_REVOKED"]


async def test_a_purpose_or_receiver_withdrawn_by_everybody_gives_no_token_and_another_does(world):
    accepted = await world.register(letters=[letter("H-1", [signs("brother")], now=world.clock())])
    await withdraw(world, by="brother", purposes=["PERIODIC_RECHECK"], receivers=["500152000000"])
    refused = await world.ask(world.details(accepted, purpose="PERIODIC_RECHECK"))
    assert refused.json()["error_description"].startswith("AUTH_REVOKED")
    assert (await world.ask(world.details(accepted))).status_code == 200


async def test_a_ward_come_of_age_withdraws_and_the_father_no_longer_for_him(world, clock):
    grown = [one if one["ref"] != "son" else person("son", "测试丁", date(2008, 12, 1), "1", "20", capacity="LIMITED", guardians=["head"]) for one in family()]
    from_father = letter("S-1", [signs("head", capacity="LEGAL_REPRESENTATIVE", covers=("son",))], now=clock(), people=grown)
    await world.register(letters=[from_father], people=grown)
    clock.advance(20 * 86_400)
    with pytest.raises(Refused) as caught:
        await withdraw(world, by="head")
    assert (caught.value.flaw, caught.value.code) == (Flaw.WITHDRAWER_NOT_ENTITLED, "WITHDRAWER_NOT_ENTITLED")
    assert len((await withdraw(world, by="son")).letters) == 1


@pytest.mark.parametrize(("part", "flaw"), [
    ({"by": "wife", "people": ["head"]}, Flaw.WITHDRAWER_NOT_ENTITLED), ({"by": "cousin"}, Flaw.WITHDRAWER_NOT_ENTITLED),
    ({"by": "nobody"}, Flaw.WITHDRAWER_NOT_ENTITLED), ({"by": "girl"}, Flaw.WITHDRAWER_NOT_ENTITLED),
    ({"by": "brother", "letter": "H-1"}, Flaw.WITHDRAWER_NOT_ENTITLED), ({"by": "wife", "people": ["wife", "head"]}, Flaw.WITHDRAWER_NOT_ENTITLED),
    ({"by": "wife", "letter": "H-1", "people": ["girl"]}, Flaw.NOTHING_TO_WITHDRAW), ({"by": "wife", "factGroups": ["horoscope"]}, Flaw.NOTHING_TO_WITHDRAW),
    ({"by": "wife", "purposes": ["DIBAO_REVIEW", "SPOT_CHECK"]}, Flaw.NOTHING_TO_WITHDRAW),
    ({"by": "wife", "receivers": ["jy-500153"]}, Flaw.NOTHING_TO_WITHDRAW), ({"people": ["wife"]}, Flaw.REGISTRATION_MALFORMED),
])
async def test_a_stranger_withdraws_nothing_and_what_no_letter_has_is_said(world, part, flaw):
    await world.register()
    with pytest.raises(Refused) as caught:
        await withdraw(world, **part)
    assert caught.value.flaw is flaw
    assert await world.pool.fetchval("SELECT count(*) FROM letter WHERE withdrawn <> '[]' OR status <> 'ACTIVE'") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM revocation") == 0


async def test_a_preview_says_what_the_withdrawal_then_does_and_changes_nothing(world, clock):
    await world.register()
    noted = "SELECT count(*) FROM outbox"
    before = await world.pool.fetchval(noted)
    foretold = await withdraw(world, by="wife", factGroups=["tax"], preview=True)
    assert await world.pool.fetchval("SELECT count(*) FROM letter WHERE withdrawn <> '[]'") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM revocation") == 0
    assert await world.pool.fetchval(noted) == before
    done = await withdraw(world, by="wife", factGroups=["tax"])
    assert (foretold.preview, done.preview) == (True, False)
    assert (foretold.letters, foretold.parts, foretold.consequence) == (done.letters, done.parts, done.consequence)
    old = revocation(clock(), jti=world.jti(), by="wife", preview=True)
    await world.desk.revocations.accept(old, clock())
    with pytest.raises(Refused) as replayed:
        await world.desk.revocations.accept(old, clock())
    kept = revocation(clock(), jti=world.jti(), by="wife", preview=True)
    clock.advance(1200)
    with pytest.raises(Refused) as stale:
        await world.desk.revocations.accept(kept, clock())
    assert (replayed.value.flaw, stale.value.flaw) == (Flaw.MESSAGE_REPLAYED, Flaw.MESSAGE_UNSIGNED)


async def test_the_consequence_is_told_in_both_languages_with_its_ground(world, clock):
    await world.register()
    told = (await withdraw(world, by="brother")).consequence
    assert {name: [line["code"] for line in lines] for name, lines in told.items()} == {
        "stops": ["QUESTIONS", "PROCEDURE"], "ends": [], "stays": ["TOLD", "LETTERS", "STATUTE", "RECORD"],
    }  # fmt: skip
    lines = {line["code"]: line for several in told.values() for line in several}
    assert all(line["zh"] and line["en"] and line["ground"] for line in lines.values())
    assert "57 §29" in lines["PROCEDURE"]["ground"]
    assert set(lines["LETTERS"]["letters"]) == {"H-1", "G-1"}
    assert {"purpose": "RESULT_RECOGNITION", "law": "SAL §42"} in lines["STATUTE"]["purposes"]
    ended = await world.desk.revocations.accept(revocation(clock(), jti=world.jti()), clock())
    assert [line["code"] for line in ended.consequence["stops"]] == ["QUESTIONS", "MATTER"]
    assert [line["code"] for line in ended.consequence["stays"]] == ["TOLD", "RECORD"]


async def test_a_part_sent_again_is_told_the_same_and_written_once(world, clock):
    await world.register()
    token = revocation(clock(), jti=world.jti(), letter="H-1", by="wife")
    first = await world.desk.revocations.accept(token, clock())
    assert await world.desk.revocations.accept(token, clock()) == first
    assert await withdraw(world, letter="H-1", by="wife") == first
    assert await world.pool.fetchval("SELECT jsonb_array_length(withdrawn) FROM letter WHERE number = 'H-1'") == 1
    used = world.jti()
    await world.desk.revocations.accept(revocation(clock(), jti=used, letter="H-1", by="son"), clock())
    with pytest.raises(Refused) as caught:
        await world.desk.revocations.accept(revocation(clock(), jti=used, letter="H-1", by="mother"), clock())
    assert caught.value.flaw is Flaw.MESSAGE_REPLAYED


async def test_registering_again_brings_nothing_back_that_was_withdrawn(world, clock):
    made = letters(clock())
    await world.register(letters=made)
    await withdraw(world, letter="H-1", by="wife")
    await world.register(letters=made, case={"stage": "NOTICE"})
    assert await world.pool.fetchval("SELECT jsonb_array_length(withdrawn) FROM letter WHERE number = 'H-1'") == 1


async def test_over_http_the_platform_is_told_what_was_withdrawn_and_what_follows(world, clock):
    accepted = await world.register()
    message = revocation(clock(), jti=world.jti(), letter="H-1", by="wife", factGroups=["tax"])
    answer = await world.http.post("/revocations", content=message, headers={"content-type": "application/jose"})
    body = answer.json()
    assert (answer.status_code, body["revoked"], body["preview"]) == (200, [], False)
    assert body["withdrawn"] == [{
        "letter": accepted.letters["H-1"][0], "number": "H-1", "people": ["wife"], "factGroups": ["tax"],
        "purposes": ["DIBAO_REVIEW", "PERIODIC_RECHECK"], "receivers": ["ALL_LEVELS"],
    }]
    assert [line["code"] for line in body["consequence"]["stops"]] == ["QUESTIONS", "PROCEDURE"]
