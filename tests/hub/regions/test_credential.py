from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from random import Random

import orjson
import pytest

from hub.regions.credential import Credential, CredentialRefused, issue, reduced, verify
from hub.regions.status_list import publish, standing
from tests.hub.jose_vectors import forgeries, taken_apart
from tests.hub.regions.conftest import NOW, Region

ID = "519901198001010019"
CLAIMS = {"category": "DIBAO_EDGE", "region": "511725000000", "confirmedOn": "2026-09-01", "validTo": None}
URI = "http://127.0.0.1:8725/regions/status-list"


@pytest.fixture
def compact(quxian: Region) -> str:
    return issue(
        CLAIMS, id_number=ID, issuer=quxian.url, kid=quxian.kid, key=quxian.jwk, issued_at=NOW,
        expires_at=NOW + timedelta(days=90), status=(7, URI), random=Random(1).randbytes,
    )


def check(compact: str, region: Region, **changes: object) -> Credential:
    asked = {"keys": region.keys, "issuer": region.url, "id_number": ID, "now": NOW} | changes
    return verify(compact, **asked)  # type: ignore[arg-type]


def test_what_was_issued_verifies(compact: str, quxian: Region) -> None:
    credential = check(compact, quxian)
    assert credential.claims == CLAIMS
    assert (credential.status_index, credential.status_uri) == (7, URI)


def test_a_dropped_claim_is_gone_and_the_rest_still_verifies(compact: str, quxian: Region) -> None:
    part = reduced(compact, {"category"})
    assert check(part, quxian, id_number=None).claims == {"category": "DIBAO_EDGE"}
    hidden = [orjson.loads(urlsafe_b64decode(piece + "==")) for piece in part.split("~")[1:-1]]
    assert not [name for _, name, _ in hidden if name in {"region", "confirmedOn"}]


def test_against_what_a_caller_is_shown_no_id_number_can_be_tried(compact: str, quxian: Region) -> None:
    part = reduced(compact, set(CLAIMS))
    salts = [orjson.loads(urlsafe_b64decode(piece + "==")) for piece in part.split("~")[1:-1]]
    assert {name for _, name, _ in salts} == set(CLAIMS)
    for salt, _, value in salts:  # a masked number hides a birth date: the right one must look like any other
        for guess in (ID, ID[:6] + "19991231" + ID[14:]):
            tried = hmac.digest(salt.encode(), guess.encode(), "sha256")
            assert urlsafe_b64encode(tried).rstrip(b"=").decode() not in (value, part)
    with pytest.raises(CredentialRefused, match="whom it is about"):
        check(part, quxian)


def test_the_credential_never_holds_the_id_number(compact: str) -> None:
    pieces = [part for token in compact.split("~") for part in token.split(".")]
    decoded = b"".join(urlsafe_b64decode(piece + "=" * (-len(piece) % 4)) for piece in pieces)
    assert ID.encode() not in decoded


@pytest.mark.parametrize(("change", "message"), [
    ({"id_number": "519901198001010027"}, "about another person"),
    ({"issuer": "http://elsewhere"}, "not of this type and issuer"),
    ({"now": NOW + timedelta(days=91)}, "not valid at this time"),
    ({"now": NOW - timedelta(days=1)}, "not valid at this time"),
])
def test_another_person_issuer_or_time_is_refused(
    compact: str, quxian: Region, change: dict[str, object], message: str,
) -> None:
    with pytest.raises(CredentialRefused, match=message):
        check(compact, quxian, **change)


def test_another_regions_key_is_refused(compact: str, quxian: Region, tongnan: Region) -> None:
    with pytest.raises(CredentialRefused, match="signature does not verify"):
        check(compact, quxian, keys=tongnan.keys)


@pytest.mark.parametrize(("damage", "message"), [
    (lambda c: c.replace("~", "~WyJhIiwiY2F0ZWdvcnkiLCJESUJBTyJd~", 1), "not one the issuer signed"),
    (lambda c: "~".join([c.split("~")[0], *[c.split("~")[1]] * 2, ""]), "not one the issuer signed"),
    (lambda c: c.split("~")[0] + "~", "does not say whom"),
    (lambda c: c.replace("~", "~!!~", 1), "cannot be read"),
    (lambda _: "", "signature does not verify"),
    (lambda _: "a.b.c~", "signature does not verify"),
])
def test_damage_is_named(compact: str, quxian: Region, damage: Callable[[str], str], message: str) -> None:
    with pytest.raises(CredentialRefused, match=message):
        check(damage(compact), quxian)


def status(region: Region, *withdrawn: int) -> str:
    return publish(withdrawn, size=64, uri=URI, kid=region.kid, key=region.jwk, at=NOW, lifetime=300)


def test_a_withdrawn_result_no_longer_stands(quxian: Region) -> None:
    token = status(quxian, 7, 20)
    assert [standing(token, n, uri=URI, keys=quxian.keys, now=NOW) for n in (6, 7, 20, 21)] == [True, False, False, True]


def test_an_old_or_foreign_or_short_status_list_is_refused(quxian: Region, tongnan: Region) -> None:
    token = status(quxian)
    with pytest.raises(CredentialRefused, match="too old"):
        standing(token, 7, uri=URI, keys=quxian.keys, now=NOW + timedelta(seconds=301))
    with pytest.raises(CredentialRefused, match="not the status list"):
        standing(token, 7, uri="http://elsewhere", keys=quxian.keys, now=NOW)
    with pytest.raises(CredentialRefused, match="cannot be read"):
        standing(token, 7, uri=URI, keys=tongnan.keys, now=NOW)
    with pytest.raises(CredentialRefused, match="cannot be read"):
        standing(token, 64, uri=URI, keys=quxian.keys, now=NOW)


def test_public_attacks_on_what_the_issuer_signed_are_refused_alike(compact: str, quxian: Region) -> None:
    token, rest = compact.split("~", 1)
    good = taken_apart(token, quxian.jwk)
    said = set()
    for _, forged in forgeries(good, claims=False):
        with pytest.raises(CredentialRefused) as caught:
            check(f"{forged}~{rest}", quxian)
        said.add(str(caught.value))
    assert len(said) == 1
    for claim in ({"iat": True}, {"exp": "9999999999"}, {"iat": None}, {"exp": 1.5e12}, {"_sd": "x"}):
        with pytest.raises(CredentialRefused):
            check(f"{good.saying(**claim)}~{rest}", quxian)
    assert check(f"{good.signed()}~{rest}", quxian).claims == CLAIMS
