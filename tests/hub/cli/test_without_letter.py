"""hub assessment, hub approval, hub log review: what stands in for a letter or beside it, as the operator sees it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hub.actor import operator
from tests.hub.cli.privacy_officers import PASSWORD, enrol_privacy_officers, typed

TERM = ("--from", "2026-01-01", "--until", "2099-12-31")


def test_an_assessment_is_recorded_listed_and_ended_and_the_log_hears_of_each(office) -> None:
    assert "none that tells facts can be used" in office.run("assessment", "list", code=1), "the office's system is enrolled for a review"
    report = office.file("report.txt", "个人信息保护影响评估报告")
    said = office.run("assessment", "add", "DIBAO_REVIEW", "EDGE_REVIEW", "--report", report, "--by", "评估人", *TERM)
    identifiers = [line.split()[0] for line in said.splitlines() if line.startswith("pia")]
    assert len(identifiers) == 2
    listed = office.run("assessment", "list")
    assert hashlib.sha256(Path(report).read_bytes()).hexdigest() in listed
    assert "2102-12-31" in listed, "three years beyond its term (PIPL §56)"
    office.run("assessment", "end", identifiers[0])
    assert "no assessment" in office.run("assessment", "end", identifiers[0], code=1)
    assert "without a current assessment: DIBAO_REVIEW" in office.run("assessment", "list", code=1)
    assert [kind for kind, _ in office.outbox() if kind.startswith("ASSESSMENT")] == ["ASSESSMENT_RECORDED"] * 2 + ["ASSESSMENT_ENDED"]


@pytest.mark.parametrize("given", [("PRIVACY_AUDIT", *TERM), ("NO_PURPOSE", *TERM), ("DIBAO_REVIEW", "--from", "2027-01-01", "--until", "2026-01-01")])
def test_what_cannot_be_an_assessment_changes_nothing(office, given) -> None:
    office.run("assessment", "add", *given, "--report", office.file("report.txt", "x"), "--by", "评估人", code=1)
    assert office.ask("SELECT count(*) FROM impact_assessment") == [(0,)]


def test_the_doctor_of_a_fresh_installation_says_how_assessments_come_about(desk) -> None:
    said = desk.run("doctor", code=1)
    assert "warn  assessments: no system is enrolled that is told facts -> `hub client add`, then `hub assessment add`" in said


def test_an_approval_is_listed_and_taken_back_once(office) -> None:
    assert "nothing was asked for" in office.run("approval", "list")
    assert "see `hub approval list`" in office.run("approval", "withdraw", "apr_1", "--by", "科长", code=1)
    office.await_(lambda: enrol_privacy_officers(office.url))
    office.ask("INSERT INTO platform (id, name, active) VALUES ('p', 'p', true)")
    office.ask(
        "INSERT INTO matter_case (id, platform, reference, assistance_type, stage, region, organisations, registration_hash, opened_at) "
        "VALUES ('case_1', 'p', 'r', 'DIBAO', 'SURVEY', '500152000000', '{}', '', now())",
    )
    for number in ("apr_1", "apr_2"):
        office.ask(
            "INSERT INTO approval (id, case_id, kind, purpose, fact_groups, people, organisation, officer, reason, asked_at, state, decided_by, "
            "decided_organisation, client, officer_proof, decided_client, decided_proof, valid_until, ended_by, sample) "
            "SELECT $1, 'case_1', 'SPOT_CHECK', 'SPOT_CHECK', '{}', '{}', code, 'o', 'x', now(), 'APPROVED', 'p', code, 'mz-1', 'asserted', 'mz-2', "
            "'asserted', now() + interval '1 day', '', '' FROM organisation WHERE code = 'mz-hd-500152'", number,
        )
    office.run("approval", "withdraw", "apr_1", "--by", "科长")
    assert "wrong" in office.run("approval", "withdraw", "apr_2", "--by", "chief", "--proven", input=typed("guessed"), code=1)
    office.run("approval", "withdraw", "apr_2", "--by", "chief", "--proven", input=typed(PASSWORD))
    assert "see `hub approval list`" in office.run("approval", "withdraw", "apr_2", "--by", "科长", code=1)
    assert [one for one in office.said_by() if one[0] == "APPROVAL_WITHDRAWN"] == [
        ("APPROVAL_WITHDRAWN", "科长", "STATED", operator()), ("APPROVAL_WITHDRAWN", "chief", "CONSOLE_PASSWORD", operator()),
    ]


def test_a_log_without_questions_on_a_statute_says_so(office) -> None:
    assert "no question without a letter" in office.run("log", "review", "--from", "2026-01-01", "--to", "2026-12-31")


def test_the_doctor_warns_of_purposes_nobody_assessed_and_of_papers_that_are_overdue(office) -> None:
    said = office.run("doctor", code=1)
    assert "warn  assessments: 1 purpose(s) without a current one: DIBAO_REVIEW -> `hub assessment add DIBAO_REVIEW" in said
    assert "ok    emergencies: 0 duties open" in said
    office.ask("INSERT INTO platform (id, name, active) VALUES ('p', 'p', true)")
    office.ask(
        "INSERT INTO matter_case (id, platform, reference, assistance_type, stage, region, organisations, registration_hash, opened_at) "
        "VALUES ('case_1', 'p', 'r', 'TEMP_EMERGENCY', 'SURVEY', '500152000000', '{}', '', now())",
    )
    office.ask(
        "INSERT INTO follow_up (id, case_id, organisation, officer, reason, opened_at, due, state, letter, closed_by, closed_reason) "
        "SELECT 'fup_1', 'case_1', code, 'o', 'x', now(), '2026-01-05', 'OPEN', '', '', '' FROM organisation LIMIT 1",
    )
    office.run("assessment", "add", "DIBAO_REVIEW", "--report", office.file("report.txt", "x"), "--by", "评估人", *TERM)
    said = office.run("doctor", code=1)
    assert "ok    assessments" in said
    assert "warn  emergencies: 1 of 1 open duties are overdue, the oldest since 2026-01-05" in said
    elsewhere = office.run("doctor", code=1, env={"HUB_REGION": "500000000000"})
    assert "states no deadline for their papers" in elsewhere
