from __future__ import annotations

from datetime import timedelta

import pytest

from hub.http_signatures import Request, Response
from hub.regions.asking import public_keys
from hub.regions.exchange import (
    ExchangeRefused,
    sign_request,
    sign_response,
    unseal,
    verify_request,
    verify_response,
)
from hub.sealed_bodies import seal
from tests.hub.regions.conftest import NOW, Region

URL = "http://127.0.0.1:8725/regions/confirmations"


def sent(region: Region, body: bytes) -> Request:
    request = Request("POST", URL, {"Content-Type": "application/jose"})
    sign_request(request, body, kid=region.kid, key=region.raw, at=NOW, nonce="n-1")
    return request


def test_a_signed_request_verifies_and_names_its_nonce(tongnan: Region) -> None:
    request = sent(tongnan, b"body")
    assert verify_request(request, b"body", keys=public_keys(tongnan.keys), now=NOW) == (tongnan.kid, "n-1")


def test_a_changed_body_target_or_late_arrival_is_refused(tongnan: Region, quxian: Region) -> None:
    keys = public_keys(tongnan.keys)
    request = sent(tongnan, b"body")
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_request(request, b"bodY", keys=keys, now=NOW)
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_request(Request("POST", URL + "/other", request.headers), b"body", keys=keys, now=NOW)
    with pytest.raises(ExchangeRefused, match="not made now"):
        verify_request(request, b"body", keys=keys, now=NOW + timedelta(seconds=61))
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_request(request, b"body", keys=public_keys(quxian.keys), now=NOW)
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_request(Request("POST", URL, {"Content-Type": "application/jose"}), b"body", keys=keys, now=NOW)


def test_a_signature_that_does_not_cover_the_body_is_refused(tongnan: Region) -> None:
    request = sent(tongnan, b"body")
    request.headers["Signature-Input"] = request.headers["Signature-Input"].replace(' "content-digest"', "")
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_request(request, b"body", keys=public_keys(tongnan.keys), now=NOW)


def test_an_answer_is_bound_to_its_question(tongnan: Region, quxian: Region) -> None:
    first, second = sent(tongnan, b"one"), sent(tongnan, b"two")
    response = Response(200, first, {"Content-Type": "application/jose"})
    sign_response(response, b"answer", kid=quxian.kid, key=quxian.raw, at=NOW, nonce="r-1")
    keys = public_keys(quxian.keys)
    assert verify_response(response, b"answer", keys=keys, now=NOW) == quxian.kid
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_response(Response(200, second, response.headers), b"answer", keys=keys, now=NOW)
    with pytest.raises(ExchangeRefused, match="does not verify"):
        verify_response(Response(403, first, response.headers), b"answer", keys=keys, now=NOW)


def test_a_body_opens_only_for_the_region_it_is_sealed_to(tongnan: Region, quxian: Region) -> None:
    sealed = seal({"idNumber": "519901198001010019"}, recipient=quxian.encryption, kid="q")
    assert b"5199" not in sealed
    assert unseal(sealed, quxian.encryption) == {"idNumber": "519901198001010019"}
    with pytest.raises(ExchangeRefused, match="not sealed to this region"):
        unseal(sealed, tongnan.encryption)
    with pytest.raises(ExchangeRefused, match="not sealed"):
        unseal(b"rubbish", quxian.encryption)
