"""A plan is shown for a token as it would be issued, on a real case; nobody is asked, nothing of a person is printed."""

from __future__ import annotations

import json
import os

import pytest

from hub.authorizations.store import Registrar
from hub.authorizations.withdrawals import Revocations
from hub.clock import clock
from hub.people.store import People
from hub.people.vault import Vault
from hub.postgres.connection import engine
from policies.purposes import PURPOSES
from tests.hub.authorizations import family
from tests.hub.cli.conftest import Desk, key_pair
from tests.hub.cli.test_enrolment import CATALOGUE

QUERY = "query Q($case: ID!) { case(id: $case) { household { members { person { name { masked } vehicle { records { plateNo { masked } } } tax { status } } } } } }"


@pytest.fixture
def case(office: Desk) -> str:
    """A registered family; the girl's letter is missing, the catalogue shares vehicles and not taxes."""
    office.run("platform", "add", family.PLATFORM, "--name", "救助通", "--jwks", office.file("p.json", family.platform_jwks()))
    office.run("catalogue", "load", office.file("c.toml", CATALOGUE))
    term = ("--from", "2026-01-01", "--until", "2099-12-31")
    office.run("assessment", "add", "DIBAO_REVIEW", "--report", office.file("report.txt", "评估报告"), "--by", "评估人", *term)

    async def register() -> str:
        database = engine(office.url)
        now = clock()
        registrar = Registrar(database, Vault(office.keys, os.urandom), random=os.urandom, audience=family.HUB, conditions=family.CONDITIONS)
        signed = family.registration(now, jti="registration-1", letters=family.letters(now, without=["girl"]))
        accepted = await registrar.accept(signed, now)
        await database.dispose()
        return accepted.case

    return office.await_(register)


def explained(office: Desk, case: str, *more: str, code: int = 0, text: str = QUERY, **options: str) -> str:
    given = {"as": "mz-1", "purpose": "DIBAO_REVIEW", "case": case, "variables": json.dumps({"case": case})} | options
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return office.run("explain", "-", *words, *more, code=code, input=text)


def test_the_plan_names_verdicts_rules_departments_and_columns_and_nobody(office: Desk, case) -> None:
    said = explained(office, case)
    assert "purpose DIBAO_REVIEW, basis letter" in said
    assert "ask GA vehicle" in said
    assert "plateNo.masked" in said
    assert "CATALOG_DENIED" in said
    assert "ask SW" not in said
    assert "SUBJECT_NOT_COVERED" in said  # the girl, whose letter is missing
    for person in family.family():
        assert person["idNumber"] not in said
        assert person["name"] not in said
    assert office.ask("SELECT count(*) FROM log_entry") == [(0,)]


def test_a_query_may_stand_in_a_file(office: Desk, case) -> None:
    path = office.file("q.graphql", QUERY)
    said = office.run("explain", path, "--as", "mz-1", "--purpose", "DIBAO_REVIEW", "--case", case, "--variables", json.dumps({"case": case}))
    assert "ask GA vehicle" in said


def test_who_would_get_no_token_gets_no_plan(office: Desk, case) -> None:
    assert "no client nobody" in explained(office, case, code=1, **{"as": "nobody"})
    other = next(code for code in PURPOSES if code != "DIBAO_REVIEW")
    assert "PURPOSE_MISMATCH" in explained(office, case, code=1, purpose=other)
    assert "no token would be issued" in explained(office, "case_unknown", code=1)
    assert "PURPOSE_MISMATCH" in explained(office, case, code=1, basis="statute:SAL §42")
    assert "--basis is" in explained(office, case, code=1, basis="because")


def test_several_cases_are_planned_together_only_as_one_token_may_name_them(office: Desk, case) -> None:
    assert "asked in batches" in explained(office, case, "--case", "case_unknown", code=1)
    term = ("--from", "2026-01-01", "--until", "2099-12-31")
    office.run("assessment", "add", "PERIODIC_RECHECK", "--report", office.file("more.txt", "评估报告"), "--by", "评估人", *term)
    _, jwks = key_pair("client-2")
    office.run(
        "client", "add", "mz-2", "--organisation", "mz-hd-500152", "--name", "复核系统", "--jwks", office.file("client-2.json", jwks),
        "--purpose", "PERIODIC_RECHECK",
    )
    recheck = {"as": "mz-2", "purpose": "PERIODIC_RECHECK"}
    said = explained(office, case, "--case", "case_unknown", **recheck)
    assert f"case {case}\n" in said
    assert "not in the token: case case_unknown, " in said
    assert "CATALOG_DENIED" in said
    assert "not in the token" not in explained(office, case, "--case", case, **recheck), "a case named twice is one"


def test_what_adds_up_under_a_purpose_that_is_not_exempt_is_said(office: Desk, case) -> None:
    term = ("--from", "2026-01-01", "--until", "2099-12-31")
    office.run("assessment", "add", "RESULT_RECOGNITION", "--report", office.file("more.txt", "评估报告"), "--by", "评估人", *term)
    _, jwks = key_pair("client-3")
    office.run(
        "client", "add", "mz-3", "--organisation", "mz-hd-500152", "--name", "互认系统", "--jwks", office.file("client-3.json", jwks),
        "--purpose", "RESULT_RECOGNITION",
    )
    recognition = {"as": "mz-3", "purpose": "RESULT_RECOGNITION", "basis": "statute:SAL §42"}
    said = explained(office, case, text="query Q($case: ID!) { case(id: $case) { household { members { person { sex { code } } } } } }", **recognition)
    assert "ordinary facts of one person to one organisation: 40 in 30 days without an approval" in said
    assert "1 asked, 0 told before, together 1: told" in said
    assert "ordinary facts" not in explained(office, case), "a review is exempt"


def test_a_letter_that_was_revoked_counts_no_more(office: Desk, case) -> None:
    async def revoke() -> None:
        database = engine(office.url)
        vault = Vault(office.keys, os.urandom)
        revocations = Revocations(database, People(vault, os.urandom), vault, audience=family.HUB)
        await revocations.accept(family.revocation(clock(), jti="revocation-1", letter="H-1"), clock())
        await database.dispose()

    before = explained(office, case).count("SUBJECT_NOT_COVERED")
    office.await_(revoke)
    assert "ask GA vehicle" not in explained(office, case)
    assert before > 0


def test_a_letter_that_is_used_up_is_said_to_be_and_explaining_is_no_use_of_it(office: Desk, case) -> None:
    limits = office.ask("UPDATE letter SET uses = '{\"EVER\": 1}' RETURNING id, number")
    adults = next(letter for letter, number in limits if number == "H-1")
    assert "LETTER_USES_SPENT" not in explained(office, case)
    assert office.ask("SELECT count(*) FROM allowance") == [(0,)]

    def used(letter: str) -> None:
        office.ask("INSERT INTO allowance VALUES ('LETTER', $1, '2026-01-01 00:00+08', 1, 0, '9999-01-01')", f"EVER {letter}")

    used(adults)
    said = explained(office, case)
    assert "NOT_AUTHORIZED LETTER_USES_SPENT, not asked" in said
    for letter, _ in limits:
        if letter != adults:
            used(letter)
    assert "no token would be issued: LETTER_USES_SPENT" in explained(office, case, code=1)
    assert office.ask("SELECT DISTINCT used FROM allowance") == [(1,)]


def test_a_question_the_hub_would_refuse_is_refused_with_its_code(office: Desk, case) -> None:
    assert "nothing" in explained(office, case, code=1, text="{ nothing }")
    assert "VARIABLE" in explained(office, case, code=1, variables="{}")
    number = family.family()[0]["idNumber"]
    assert number not in explained(office, case, code=1, text=f'{{ person(id: "{number}") {{ id }} }}')
    assert "50990" not in explained(office, case, code=2, variables='["509901198005010011"]')
