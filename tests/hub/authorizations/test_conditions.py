"""What a letter carries beside its signatures: items consented to apart (PIPL §29, §31), and a notice that later ones changed (§14, §17)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.authorizations.check_table import stand
from hub.authorizations.conditions import AS_SIGNED, LEVELS, Conditions
from hub.authorizations.matters import Matters
from hub.authorizations.presented import NotStanding, Presented, Requester
from hub.authorizations.reading import Reading
from hub.authorizations.reasons import Flaw, Reason, Refused
from hub.authorizations.renewals import Renewal, renewals
from hub.authorizations.withdrawal import LISTED
from hub.caller import Basis
from hub.canonical import canonical
from hub.citizens.letters import letters_of
from hub.citizens.notices import notice_of
from hub.people.store import People
from policies.groups import GROUPS
from policies.letter_templates import TEMPLATES
from policies.letters import UNDER_14
from policies.notices import read_notices
from policies.separate_consent import NATIONAL, read_separate_consent, separate_consent
from policies.verdict import BasisKind
from tests.hub.authorizations.family import CONDITIONS, TICKED, adults, for_the_girl, letter, letters, signs
from tests.hub.authorizations.test_coverage import GIRL, HEAD, NOW, OBLIGOR, WIFE, cover, matter, signature
from tests.hub.authorizations.test_coverage import letter as stored
from tests.hub.road import caller
from tests.policies.notice_text import TELLS, untold

V1 = '[[notice]]\nversion = "2025-01"\ntitle_zh = "一"\nfrom = 2025-01-01\nsource = "x"\nexample = true\n' + TELLS
V2 = '[[notice]]\nversion = "2026-11"\ntitle_zh = "二"\nfrom = 2026-11-20\nsource = "x"\nexample = true\n' + TELLS
AHEAD = V2.replace("2026-11-20", "2027-01-01")
SENSITIVE = CONDITIONS.sensitive


def change(about="KINDS", *, purposes="[]", groups="[]", receivers="[]") -> str:
    return f'[[notice.change]]\nabout = "{about}"\nwhat_zh = "改"\nmaterial = true\npurposes = {purposes}\nfact_groups = {groups}\nreceivers = {receivers}\n'


def changed(text: str) -> Conditions:
    return Conditions.made(separate_consent("500152"), read_notices("x", text))


def consenting(**changed_rules) -> Conditions:
    text = NATIONAL.read_text("utf-8")
    for old, new in changed_rules.values():
        assert old in text
        text = text.replace(old, new)
    return Conditions.made(read_separate_consent("x", text), CONDITIONS.notices)


# Items


def test_what_is_labelled_highly_sensitive_or_of_a_kind_the_law_names_needs_an_item():
    labelled = {group for group, levels in LEVELS.items() if "L4" in levels}
    assert labelled == {"disability", "justice", "health", "bankDeposit"}
    assert labelled < SENSITIVE == set(TICKED)


def test_a_signature_lacks_what_it_did_not_tick():
    assert CONDITIONS.lacking("SELF", TICKED, "") == frozenset(), "nobody signs for themselves who is a child"
    assert CONDITIONS.lacking("LEGAL_REPRESENTATIVE", TICKED, "") == {UNDER_14}
    assert CONDITIONS.lacking("LEGAL_REPRESENTATIVE", (*TICKED, UNDER_14), "") == frozenset()
    assert CONDITIONS.lacking("SELF", ("health",), "") == SENSITIVE - {"health"}
    assert AS_SIGNED.lacking("SELF", (), "") == frozenset()


def test_an_agent_ticks_for_nobody_unless_the_region_lets_them():
    assert CONDITIONS.lacking("AGENT", (*TICKED, UNDER_14), "") == SENSITIVE | {UNDER_14}
    assert consenting(agents=("by_agent = false", "by_agent = true")).lacking("AGENT", TICKED, "") == {UNDER_14}


def test_words_that_the_region_takes_for_an_item_are_one():
    lets = consenting(words=("texts = []", 'texts = ["national-text"]'))
    assert lets.lacking("SELF", (), "national-text") == SENSITIVE - TEMPLATES["national-text"].named
    assert lets.lacking("SELF", (), "national") == CONDITIONS.lacking("SELF", (), "national-text") == SENSITIVE


def test_a_region_may_ask_no_item_for_a_child():
    assert consenting(child=("under_14 = true", "under_14 = false")).lacking("LEGAL_REPRESENTATIVE", (), "") == SENSITIVE


def test_each_signer_opens_what_they_ticked_and_the_rest_says_why():
    half = replace(signature("head"), lacking=frozenset({"health", "justice", UNDER_14}))
    found = cover(matter(stored("auth_1", half, signature("wife"))))
    assert found["head"].groups == LISTED - {"health", "justice"}
    assert found["head"].closed == (("health", "CONSENT_NOT_ITEMISED"), ("justice", "CONSENT_NOT_ITEMISED"))
    assert (found["wife"].groups, found["wife"].closed) == (None, ())


def test_what_one_letter_lacks_another_may_carry_as_strongly_as_it_was_signed():
    whole = stored("auth_1", replace(signature("head"), lacking=frozenset({"health", "justice"})))
    apart = stored("auth_2", signature("head", assurance="LOW"), fact_groups=frozenset({"health", "tax"}))
    found = cover(matter(whole, apart))["head"]
    assert found.closed == (("justice", "CONSENT_NOT_ITEMISED"),)
    assert (found.assured("health"), found.assured("tax")) == ("LOW", "HIGH"), "the strong letter lends its strength to no item it lacks"
    everything = cover(matter(whole, stored("auth_3", signature("head"))))["head"]
    assert (everything.groups, everything.closed) == (None, ())


def test_a_letter_of_nothing_but_what_was_not_ticked_covers_nobody():
    narrow = stored("auth_1", replace(signature("head"), lacking=frozenset({"health"})), fact_groups=frozenset({"health"}))
    assert cover(matter(narrow))["head"].code == Reason.CONSENT_NOT_ITEMISED
    ordinary = stored("auth_1", replace(signature("head"), lacking=frozenset({"health"})), fact_groups=frozenset({"tax"}))
    assert (cover(matter(ordinary))["head"].groups, cover(matter(ordinary))["head"].closed) == ({"tax"}, ()), "it lists nothing that needs one"


def test_a_child_stands_under_a_letter_only_by_the_guardians_item_and_from_fourteen_without(monkeypatch):
    guardian = replace(signature("head", covers=("girl",), capacity="LEGAL_REPRESENTATIVE"), lacking=frozenset({UNDER_14}))
    girl = replace(GIRL, capacity="BY_AGE")
    found = matter(stored("auth_1", guardian), members=(HEAD, girl))
    assert cover(found)["girl"].code == Reason.CONSENT_NOT_ITEMISED
    birthday = datetime(2028, 6, 1, 4, tzinfo=UTC)
    assert cover(found, at=birthday)["girl"].code == Reason.CONSENT_NOT_ITEMISED, "on the day itself still a child"
    assert cover(found, at=birthday + timedelta(days=1))["girl"].covered
    ticked = matter(stored("auth_1", replace(guardian, lacking=frozenset())), members=(HEAD, girl))
    assert cover(ticked)["girl"].covered
    unknown = replace(girl, person=replace(girl.person, birth_date=None))
    assert cover(matter(stored("auth_1", guardian), members=(HEAD, unknown)))["girl"].code == Reason.CONSENT_NOT_ITEMISED


# Notices


def test_which_notices_may_be_shown_on_a_day():
    both = changed(V1.replace("2025-01-01", "2025-01-01\nuntil = 2026-12-31") + V2 + change())
    assert [both.shown(date(*day)) for day in ((2024, 12, 31), (2026, 1, 1), (2026, 12, 1), (2027, 1, 1))] == [
        (), ("2025-01",), ("2025-01", "2026-11"), ("2026-11",),
    ]
    assert AS_SIGNED.shown(date(2026, 1, 1)) == ()


def test_a_letter_under_a_notice_nobody_registered_carries_nothing():
    (part,) = CONDITIONS.outdated("1999-01")
    assert {part.people, part.fact_groups, part.purposes, part.receivers} == {frozenset()}, "every list empty: all of it"
    found = cover(matter(stored("auth_1", signature("head"), outdated=(part,))))["head"]
    assert (found.covered, found.code) == (False, Reason.NOTICE_SUPERSEDED)
    assert CONDITIONS.outdated("2025-01") == AS_SIGNED.outdated("1999-01") == ()


def test_what_a_later_notice_changed_is_closed_from_its_day_and_nothing_else():
    old = stored("auth_1", signature("head"), outdated=changed(V1 + V2 + change(groups='["health"]')).outdated("2025-01"))
    assert cover(matter(old), at=datetime(2026, 11, 19, 15, 59, tzinfo=UTC))["head"].groups is None, "in China it is still the day before"
    found = cover(matter(old), at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC))["head"]
    assert (found.groups, found.closed) == (LISTED - {"health"}, (("health", "NOTICE_SUPERSEDED"),))
    new = stored("auth_2", signature("head"), outdated=changed(V1 + V2 + change(groups='["health"]')).outdated("2026-11"))
    assert cover(matter(old, new))["head"].groups is None, "signed anew"


def test_a_change_holds_where_purpose_group_and_receiver_meet():
    text = V1 + V2 + change(purposes='["DIBAO_REVIEW"]', groups='["tax"]', receivers='["500152000000"]') + change("RECEIVER", receivers='["bureau-x"]')
    old = matter(stored("auth_1", signature("head"), purposes=frozenset({"DIBAO_REVIEW", "EDGE_REVIEW"}), outdated=changed(text).outdated("2025-01")))
    assert cover(old)["head"].closed == (("tax", "NOTICE_SUPERSEDED"),)
    assert cover(old, purpose="EDGE_REVIEW")["head"].groups is None
    assert cover(old, region="511725000000")["head"].groups is None
    assert cover(old, organisation="bureau-x")["head"].code == Reason.NOTICE_SUPERSEDED


def test_of_two_reasons_the_notice_is_told():
    lacking = replace(signature("head"), lacking=frozenset({"health", "justice"}))
    outdated = changed(V1 + V2 + change(groups='["health"]')).outdated("2025-01")
    by_both = (("health", "NOTICE_SUPERSEDED"), ("justice", "CONSENT_NOT_ITEMISED"))
    assert cover(matter(stored("auth_1", lacking, outdated=outdated)))["head"].closed == by_both
    apart = [stored("auth_1", lacking), stored("auth_2", signature("head"), outdated=outdated, fact_groups=frozenset({"health"}))]
    assert cover(matter(*apart))["head"].closed == by_both
    apart = [stored("auth_0", signature("head"), outdated=outdated, fact_groups=frozenset({"health", "tax"})), stored("auth_1", lacking)]
    assert cover(matter(*apart))["head"].closed == by_both


def asked(*held, groups=None):
    """The checks of a review under these letters."""
    found = replace(matter(*held, members=(HEAD, WIFE, GIRL, OBLIGOR)), region="500152103000", organisations=frozenset({"mz-hd"}))
    who = caller(basis=Basis(BasisKind.LETTER, tuple((one.id, one.hash) for one in held)), organisation="mz-hd", groups=groups)
    requester = Requester("c1", "mz-hd", "MZ-HD", "500152000000", "CHECK_OPERATOR", frozenset({"DIBAO_REVIEW"}), active=True)
    return stand(Presented(who, requester, found, NOW, assessed=frozenset({"DIBAO_REVIEW"})), dict.fromkeys(GROUPS, ""))


def test_a_token_whose_letters_a_notice_emptied_is_refused_and_one_emptied_in_part_stands():
    everything = changed(V1 + V2 + change("PURPOSE", purposes='["DIBAO_REVIEW"]')).outdated("2025-01")
    with pytest.raises(NotStanding) as caught:
        asked(stored("auth_1", signature("head"), outdated=everything))
    assert caught.value.reason is Reason.NOTICE_SUPERSEDED
    assert asked(stored("auth_1", signature("head"), outdated=everything), stored("auth_2", signature("wife"))).coverage["wife"].covered
    part = changed(V1 + V2 + change(groups='["tax"]')).outdated("2025-01")
    assert asked(stored("auth_1", signature("head"), outdated=part)).coverage["head"].closed == (("tax", "NOTICE_SUPERSEDED"),)
    with pytest.raises(NotStanding) as caught:
        asked(stored("auth_1", signature("head"), outdated=part), groups=frozenset({"tax"}))
    assert caught.value.reason is Reason.FACT_NOT_AUTHORIZED
    ahead = changed(V1 + AHEAD + change()).outdated("2025-01")
    assert asked(stored("auth_1", signature("head"), outdated=ahead)).coverage["head"].groups is None, "not yet"


def test_a_letter_withdrawn_from_the_purpose_is_revoked_to_it_whatever_notices_say():
    gone = changed(V1 + V2 + change()).outdated("2025-01")
    with pytest.raises(NotStanding) as caught:
        asked(stored("auth_1", signature("head"), outdated=gone, withdrawn=(replace(gone[0], purposes=frozenset({"DIBAO_REVIEW"})),)))
    assert caught.value.reason is Reason.AUTH_REVOKED


async def test_a_person_sees_what_nobody_ticked_and_what_is_to_be_signed_anew():
    guardian = replace(signature("head", covers=("girl",), capacity="LEGAL_REPRESENTATIVE"), lacking=frozenset({"health", "justice", UNDER_14}))
    old = changed(V1 + V2 + change(groups='["vehicle"]')).outdated("2025-01")
    held = matter(stored("auth_1", guardian, fact_groups=frozenset({"health", "vehicle"}), outdated=old))

    async def matter_of(_: str):
        return held

    async def counted(*_: object):
        return {}

    (child,) = await letters_of("girl", ["case_1"], matter_of, NOW, counted, CONDITIONS.notices)
    (parent,) = await letters_of("head", ["case_1"], matter_of, NOW, counted, CONDITIONS.notices)
    assert (child["unticked"], child["signAnew"]) == (["UNDER_14", "health"], True)
    assert parent["unticked"] == ["health"]


# Notices that told nothing of it


def under(*codes: str) -> frozenset[str]:
    """What a notice is silent about that does not tell of these."""
    return changed(V1.replace(TELLS, untold(*codes))).silent("2025-01")


def test_what_a_notice_did_not_tell_of_is_closed_and_the_rest_is_told():
    assert under("health", "MONITORING") == {"health", "MONITORING"}
    both = changed(V1.replace(TELLS, untold("health")) + V2.replace(TELLS, untold("tax")) + change())
    assert [both.silent_on(date(*day)) for day in ((2024, 12, 31), (2026, 11, 19), (2026, 11, 20))] == [frozenset(), {"health"}, {"tax"}]
    assert CONDITIONS.silent("2025-01") == CONDITIONS.silent("1999-01") == AS_SIGNED.silent("2025-01") == frozenset()
    found = cover(matter(stored("auth_1", signature("head"), silent=under("health"))))["head"]
    assert (found.groups, found.closed) == (LISTED - {"health"}, (("health", "NOTICE_SILENT"),))
    listed = stored("auth_1", signature("head"), silent=under("health"), fact_groups=frozenset({"tax"}))
    assert (cover(matter(listed))["head"].groups, cover(matter(listed))["head"].closed) == ({"tax"}, ()), "it never listed it"
    other = stored("auth_2", signature("head"))
    assert cover(matter(stored("auth_1", signature("head"), silent=under("health")), other))["head"].groups is None, "another notice told of it"


def test_a_purpose_the_notice_did_not_tell_of_is_not_agreed_to():
    held = stored("auth_1", signature("head"), purposes=frozenset({"DIBAO_REVIEW", "EDGE_REVIEW"}), silent=under("EDGE_REVIEW"))
    assert cover(matter(held))["head"].groups is None
    assert cover(matter(held), purpose="EDGE_REVIEW")["head"].code == Reason.NOTICE_SILENT


def test_of_a_child_nothing_is_told_where_the_notice_did_not_say_why():
    guardian = signature("head", covers=("girl", "head"), capacity="LEGAL_REPRESENTATIVE")
    row = TELLS[TELLS.index('[[notice.tells.sensitive]]\nfact_groups = ["UNDER_14"]'):]
    silent = changed(V1.replace(row, "")).silent("2025-01")
    assert silent == {UNDER_14}
    found = cover(matter(stored("auth_1", guardian, signature("head"), silent=silent), members=(HEAD, replace(GIRL, capacity="BY_AGE"))))
    assert (found["girl"].code, found["head"].covered) == (Reason.NOTICE_SILENT, True)
    unasked = Conditions.made(consenting(child=("under_14 = true", "under_14 = false")).consent, read_notices("x", V1.replace(row, "")))
    assert unasked.silent("2025-01") == frozenset(), "a region that asks no item for a child"


def test_under_a_notice_whose_contents_nobody_entered_nobody_is_covered_and_no_token_is_given():
    held = stored("auth_1", signature("head"), silent=changed(V1.replace(TELLS, "")).silent("2025-01"))
    assert cover(matter(held))["head"].code == Reason.NOTICE_SILENT
    with pytest.raises(NotStanding) as caught:
        asked(held)
    assert caught.value.reason is Reason.NOTICE_SILENT
    assert asked(held, stored("auth_2", signature("wife"))).coverage["wife"].covered


def test_of_three_reasons_what_was_never_told_of_comes_first():
    lacking = replace(signature("head"), lacking=frozenset({"health", "justice", "disability"}))
    outdated = changed(V1 + V2 + change(groups='["health", "disability"]')).outdated("2025-01")
    each = (("disability", "NOTICE_SUPERSEDED"), ("health", "NOTICE_SILENT"), ("justice", "CONSENT_NOT_ITEMISED"))
    assert cover(matter(stored("auth_1", lacking, outdated=outdated, silent=under("health"))))["head"].closed == each
    apart = [stored("auth_1", lacking), stored("auth_2", signature("head"), outdated=outdated, fact_groups=frozenset({"health", "disability"}))]
    apart.append(stored("auth_3", signature("head"), silent=under("health"), fact_groups=frozenset({"health"})))
    for order in (apart, apart[::-1]):
        assert cover(matter(*order))["head"].closed == each


async def test_a_person_reads_the_notice_they_signed_under():
    later = V1 + V2 + change(groups='["vehicle"]', purposes='["EDGE_REVIEW"]', receivers='["x"]') + change("NARROWED").replace("material = true", "material = false")
    register = read_notices("x", later.replace(TELLS, untold("health"), 1).replace("from = 2025-01-01", "from = 2025-01-01\nuntil = 2026-11-19"))
    silent = changed(V1.replace(TELLS, untold("health"))).silent("2025-01")
    held = [
        stored("auth_1", signature("head"), notice="2025-01", silent=silent), stored("auth_2", signature("head"), notice="2025-01", silent=silent, fact_groups=frozenset({"tax"})),
        stored("auth_3", signature("head"), notice="2026-11"), stored("auth_4", signature("head"), notice="1999-01"),
    ]
    old, narrow, new, unknown = [notice_of(one, register) for one in held]
    assert unknown is None
    assert (old["version"], old["title"], old["signedFrom"], old["signedUntil"]) == ("2025-01", "一", "2025-01-01", "2026-11-19")
    assert (old["silent"], narrow["silent"], new["silent"], new["signedUntil"], new["changes"]) == (["health"], [], [], None, [])
    assert old["changes"][0] == {
        "version": "2026-11", "signedFrom": "2026-11-20", "about": "KINDS", "what": "改", "material": True, "purposes": ["EDGE_REVIEW"],
        "factGroups": ["vehicle"], "receivers": ["x"],
    }
    assert [(one["about"], one["material"]) for one in old["changes"]] == [("KINDS", True), ("NARROWED", False)]
    words = dict(new["tells"])
    assert words.pop("digest") == hashlib.sha256(canonical(words)).hexdigest() != old["tells"]["digest"], "other words, another digest"
    assert notice_of(held[0], read_notices("x", V1.replace(TELLS, "")))["tells"] is None


# Registered and read


async def read(world, case, conditions=CONDITIONS):
    return await Matters(Reading(world.pool), People(world.vault, None), conditions).load(case)


def covering(found, name):
    person = next(one.person.id for one in found.members if one.person.name == name)
    named = [one.id for one in found.letters]
    return cover(found, named=named, organisation="mz-hd-500152", at=found.opened_at + timedelta(minutes=1))[person]


async def test_what_each_signer_ticked_is_kept_and_decides(world):
    made = [letter("H-1", [signs("head", separately=("health",)), signs("wife")], now=world.clock()), letter("G-1", [for_the_girl()], now=world.clock())]
    accepted = await world.register(letters=made)
    found = await read(world, accepted.case)
    assert dict(covering(found, "测试甲").closed) == dict.fromkeys(SENSITIVE - {"health"}, "CONSENT_NOT_ITEMISED")
    assert covering(found, "测试乙").groups is covering(found, "测试戊").groups is None
    assert {row["template"] for row in await world.pool.fetch("SELECT template FROM letter")} == {"national"}


async def test_the_nationwide_form_alone_opens_nothing_sensitive_and_no_child_unless_the_region_takes_its_words(world):
    bare = {"words": TEMPLATES["national-text"].text}
    made = [
        letter("H-1", [signs("head", separately=())], now=world.clock(), document=bare),
        letter("G-1", [replace(for_the_girl(), separately=())], now=world.clock(), document=bare),
    ]
    accepted = await world.register(letters=made)
    found = await read(world, accepted.case)
    assert covering(found, "测试甲").groups == LISTED - SENSITIVE
    assert covering(found, "测试戊").code == Reason.CONSENT_NOT_ITEMISED
    lets = await read(world, accepted.case, consenting(words=("texts = []", 'texts = ["national-text"]')))
    assert covering(lets, "测试甲").groups == LISTED - SENSITIVE | TEMPLATES["national-text"].named
    assert found.version != lets.version, "other rules, another state: no standing made from the first is kept"


async def test_an_item_there_is_none_of_is_refused(world):
    with pytest.raises(Refused) as caught:
        await world.register(letters=[letter("H-1", [signs("head", separately=("gossip",))], now=world.clock())])
    assert caught.value.flaw is Flaw.LETTER_MALFORMED


async def test_a_younger_letter_without_an_item_takes_no_older_ones_place(world):
    accepted = await world.register()
    world.clock.advance(60)
    fewer = [letter("H-2", [replace(one, separately=("health",)) for one in adults()], now=world.clock())]
    again = await world.register(letters=[*letters(world.clock() - timedelta(minutes=1)), *fewer])
    assert {"H-1", "H-2"} <= again.letters.keys(), "consent given apart stays given (PIPL §29)"
    assert accepted.case == again.case


async def test_a_notice_that_is_unknown_or_was_not_shown_that_day_is_refused_at_the_door(world):
    with pytest.raises(Refused) as caught:
        await world.register(letters=[letter("H-1", adults(), now=world.clock(), document={"notice": "1999-01"})])
    assert caught.value.flaw is Flaw.NOTICE_UNKNOWN
    world.desk.registrar._conditions = changed(V1.replace("2025-01-01", "2026-01-01\nuntil = 2026-06-30"))
    with pytest.raises(Refused) as caught:
        await world.register()
    assert caught.value.flaw is Flaw.NOTICE_NOT_SHOWN
    assert await world.pool.fetchval("SELECT count(*) FROM letter") == 0


async def test_a_letter_the_hub_holds_is_brought_again_though_its_notice_is_no_longer_shown(world):
    at = world.clock()
    await world.register(letters=letters(at))
    world.desk.registrar._conditions = changed(V1.replace("2025-01-01", "2025-01-01\nuntil = 2026-06-30"))
    assert (await world.register(letters=letters(at), case={"stage": "REVIEW"})).changed


async def test_a_platform_is_told_which_of_its_letters_are_to_be_signed_anew(world):
    at = world.clock()
    assert (await world.register(letters=letters(at))).warnings == ()
    world.desk.registrar._conditions = changed(V1 + V2 + change(groups='["tax"]'))
    told = (await world.register(letters=letters(at), case={"stage": "REVIEW"})).warnings
    assert [one.partition(" is to be signed anew")[0] for one in told] == ["letter 'H-1'", "letter 'G-1'", "letter 'O-1'"]


async def test_a_platform_is_told_what_the_notice_of_a_letter_does_not_tell_of(world):
    world.desk.registrar._conditions = changed(V1.replace(TELLS, untold("health", "DIBAO_REVIEW")))
    told = (await world.register()).warnings
    assert told[0] == "letter 'H-1' is to be signed anew: its notice does not tell of DIBAO_REVIEW, health"
    assert len(told) == 3
    assert await renewals(world.engine, world.desk.registrar._conditions, world.clock()) == (Renewal("2025-01", 3, 3),)
    assert await renewals(world.engine, changed(V1.replace(TELLS, untold("MONITORING"))), world.clock()) == (Renewal("2025-01", 3, 0),), "no letter is for that"


async def test_what_a_stored_letters_notice_is_silent_about_closes_that(world):
    accepted = await world.register()
    found = await read(world, accepted.case, changed(V1.replace(TELLS, untold("tax"))))
    assert {one.notice for one in found.letters} == {"2025-01"}
    assert dict(covering(found, "测试甲").closed) == {"tax": "NOTICE_SILENT"}


async def test_how_many_living_letters_are_to_be_signed_anew_is_counted(world):
    accepted = await world.register()
    assert await renewals(world.engine, CONDITIONS, world.clock()) == (Renewal("2025-01", 3, 0),)
    later = V1 + V2 + change(purposes='["EDGE_REVIEW"]')
    assert await renewals(world.engine, changed(later), world.clock()) == (Renewal("2025-01", 3, 0),), "no letter is for that"
    touching = {
        "a purpose": change(purposes='["DIBAO_REVIEW"]'), "a group": change(groups='["tax"]'), "a receiver": change("RECEIVER", receivers='["x"]'),
    }
    for text in touching.values():
        assert await renewals(world.engine, changed(V1 + V2 + text), world.clock()) == (Renewal("2025-01", 3, 3),)
        assert await renewals(world.engine, changed(V1 + AHEAD + text), world.clock()) == (Renewal("2025-01", 3, 0),)
    await world.pool.execute("UPDATE letter SET receivers = '{500152000000}', fact_groups = '{vehicle}'")
    for text, anew in ((touching["a group"], 0), (touching["a receiver"], 0), (change("RECEIVER", receivers='["500152103000"]'), 3)):
        assert await renewals(world.engine, changed(V1 + V2 + text), world.clock()) == (Renewal("2025-01", 3, anew),)
    await world.pool.execute("UPDATE letter SET notice_version = '1999-01', status = 'PAUSED' WHERE number = 'H-1'")
    await world.pool.execute("UPDATE letter SET status = 'REVOKED' WHERE number = 'O-1'")
    assert await renewals(world.engine, CONDITIONS, world.clock()) == (Renewal("1999-01", 1, 1), Renewal("2025-01", 1, 0))
    await world.pool.execute("UPDATE matter_case SET closed_at = $1", world.clock() - timedelta(days=1))
    assert await renewals(world.engine, CONDITIONS, world.clock()) == ()
    assert accepted.letters.keys() == {"H-1", "G-1", "O-1"}
