"""Sealed entries: canonical, two parts, nothing guessable, nothing said that should stay shut."""

from __future__ import annotations

import hashlib
import random as randomness
from datetime import datetime, timedelta, timezone

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.access_log import entry as entries
from hub.access_log import questions
from hub.access_log.basis_line import basis_line, vouched_by
from hub.access_log.entry import Decision, Entry, Kind
from hub.access_log.leaf import Unreadable, parts, seal, split
from hub.access_log.merkle import leaf_hash
from hub.caller import Basis, Caller
from policies.verdict import BasisKind, Relation

AT = datetime(2026, 11, 23, 9, 0, 0, 123456, timezone(timedelta(hours=8)))
CALLER = Caller(
    organisation="mz-hd-500152",
    department="MZ-HD",
    region="500152000000",
    relation=Relation.LOCAL,
    role="CHECK_OPERATOR",
    client="check-system",
    officer="officer-7",
    purpose="DIBAO_REVIEW",
    basis=Basis(BasisKind.LETTER, letters=(("let_1", "aa"), ("let_2", "bb"))),
    case="case_1",
    token="jti-1",
    expires_at=AT,
    exchange="",
)
OUTCOME = questions.outcome(
    CALLER,
    at=AT,
    question="log_0",
    decision=Decision.PARTIAL,
    answer="ab" * 32,
    subjects=["5eb1ec7"],
    told={"vehicle.records.brandModel": {"FULL": 2}},
    statuses={"vehicle": {"MATCHED": 1, "NOT_AUTHORIZED": 1}},
    rows={"GA": 3},
    latency_ms=0,
)


def chance(seed: int):
    return randomness.Random(seed).randbytes


def test_the_leaf_is_the_head_and_the_head_names_the_rest() -> None:
    sealed = seal(OUTCOME, random=chance(1))
    head, rest = split(sealed.body)
    assert sealed.body.count(b"\n") == 1
    assert sealed.leaf_hash == leaf_hash(head)
    assert orjson.loads(head)["rest"] == hashlib.sha256(rest).hexdigest()
    assert rfc8785.dumps(orjson.loads(head)) == head
    assert rfc8785.dumps(orjson.loads(rest)) == rest


def test_the_head_holds_nothing_that_would_join_two_organisations_questions_about_one_person() -> None:
    head, rest = parts(seal(OUTCOME, random=chance(1)).body)
    assert set(head) == {
        "v", "id", "kind", "at", "nonce", "rest", "organisation", "purpose", "case", "question", "answer", "decision",
    }  # fmt: skip
    assert rest["subjects"] == ["5eb1ec7"]
    assert rest["letters"] == ["let_1", "let_2"]
    assert rest["rows"] == {"GA": 3}
    assert rest["latency_ms"] == 0


def test_equal_entries_get_unequal_leaves_and_two_nonces_of_128_bits() -> None:
    first, second = (seal(OUTCOME, random=chance(seed)) for seed in (1, 2))
    assert first.leaf_hash != second.leaf_hash
    head, rest = parts(first.body)
    assert len(bytes.fromhex(str(head["nonce"]))) == len(bytes.fromhex(str(rest["nonce"]))) == 16
    assert head["nonce"] != rest["nonce"]


def test_time_is_written_one_way() -> None:
    sealed = seal(OUTCOME, random=chance(1))
    assert parts(sealed.body)[0]["at"] == "2026-11-23T01:00:00.123Z"
    assert sealed.at == "2026-11-23T01:00:00.123Z"


@given(st.sampled_from(["organisation", "client", "officer", "purpose", "code"]), st.text(max_size=40))
def test_any_text_is_read_back_as_it_was_written(name: str, text: str) -> None:
    entry = Entry(kind=Kind.REFUSAL, at=AT, **{name: text})
    try:
        body = seal(entry, random=chance(1)).body
    except ValueError:
        assert "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
        return
    head, rest = parts(body)
    assert (head | rest).get(name, "") == text


@pytest.mark.parametrize(
    "entry",
    [
        Entry(kind=Kind.REFUSAL, at=AT, organisation="x\0y"),
        Entry(kind=Kind.REFUSAL, at=AT, purpose="x\x1fy"),
        Entry(kind=Kind.REFUSAL, at=AT, organisation="x" * 300),
        Entry(kind=Kind.INTENT, at=AT, letters=("let_1 let_2",)),
        Entry(kind=Kind.INTENT, at=AT, subjects=("",)),
        Entry(kind=Kind.INTENT, at=AT, code="x" * 70_000),
    ],
)
def test_an_entry_that_would_fail_its_neighbours_in_the_same_transaction_is_refused_alone(entry: Entry) -> None:
    with pytest.raises(Unreadable):
        seal(entry, random=chance(1))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace(b"5eb1ec7", b"5eb1ec8"),
        lambda body: body.replace(b"PARTIAL", b"ALLOW").replace(b"\n", b"\n "),
        lambda body: body.replace(b"\n", b""),
        lambda body: body.replace(b'"v":1', b'"v":2'),
        lambda body: body.replace(b'"v":1', b'"v": 1'),
        lambda body: b"[]\n[]",
        lambda body: b"{\n}",
    ],
)
def test_bytes_that_are_not_what_was_sealed_do_not_open(spoil) -> None:
    with pytest.raises(Unreadable):
        parts(spoil(seal(OUTCOME, random=chance(1)).body))


def test_each_constructor_fills_what_domain_c6_asks() -> None:
    wanted = questions.intent(
        CALLER, at=AT, operation="aa", plan="bb", policy="cc", fields=["MEMBER: GA plateMasked"], subjects=["s"], address="10.0.0.0/8"
    )
    assert (wanted.kind, wanted.basis, wanted.letters, wanted.officer, wanted.token) == (
        Kind.INTENT, "letter", ("let_1", "let_2"), "officer-7", "jti-1",
    )  # fmt: skip
    refused = questions.refusal(at=AT, code="PURPOSE_NOT_ALLOWED", caller=CALLER)
    assert (refused.decision, refused.organisation, refused.code) == (Decision.DENY, "mz-hd-500152", "PURPOSE_NOT_ALLOWED")
    early = questions.refusal(at=AT, code="TOKEN_INVALID", client="check-system")
    assert (early.client, early.basis, early.letters) == ("check-system", "", ())
    closed = entries.not_delivered(at=AT, question="log_0")
    assert (closed.kind, closed.code, closed.question) == (Kind.OUTCOME, "NOT_DELIVERED", "log_0")
    statute = basis_line(Basis(BasisKind.STATUTE, article="SAL §42"))
    assert statute == "statute: SAL §42"


@pytest.mark.parametrize(("basis", "platform"), [
    ("self: cq-jzt", "cq-jzt"), ("self: cq-jzt PIPL §49", "cq-jzt"), ("statute: SAL §42", ""), ("letter", ""), ("", ""),
])
def test_the_platform_that_vouched_is_read_out_of_the_basis_of_a_look_at_ones_own_records_alone(basis, platform):
    assert vouched_by({"basis": basis}) == platform
