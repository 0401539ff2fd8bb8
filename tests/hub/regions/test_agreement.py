from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hub.canonical import canonical
from hub.regions.agreement import Agreement, AgreementRefused, open_agreement
from tests.hub.regions.conftest import Region, make_region, signed

DAY = date(2026, 11, 23)


def opened(document: dict[str, Any], tongnan: Region, quxian: Region) -> Agreement:
    data, signatures = signed(document, tongnan, quxian)
    return open_agreement(data, signatures, own_region=tongnan.code, own_key=tongnan.jwk)


def allow(agreement: Agreement, **changes: object) -> None:
    asked = {
        "purpose": "RESULT_RECOGNITION", "kind": "CONFIRMATION", "group": "confirmation", "asking": "500152000000",
        "department": "YB", "on": DAY,
    } | changes
    agreement.allow(**asked)  # type: ignore[arg-type]


def test_what_both_signed_is_allowed(document: dict[str, Any], tongnan: Region, quxian: Region) -> None:
    allow(opened(document, tongnan, quxian))


@pytest.mark.parametrize(("change", "message"), [
    ({"purpose": "DIBAO_REVIEW"}, "does not name this purpose"),
    ({"kind": "RAW_FACTS"}, "does not name this kind of result"),
    ({"group": "vehicle"}, "does not name this kind of result"),
    ({"asking": "510904000000"}, "the asking region is no party"),
    ({"department": "JY"}, "does not name this onward receiver"),
    ({"on": date(2027, 11, 1)}, "not in force on this day"),
    ({"on": date(2026, 10, 31)}, "not in force on this day"),
])
def test_what_it_does_not_name_is_refused(
    document: dict[str, Any], tongnan: Region, quxian: Region, change: dict[str, object], message: str,
) -> None:
    with pytest.raises(AgreementRefused, match=message):
        allow(opened(document, tongnan, quxian), **change)


def test_one_signature_is_not_enough(document: dict[str, Any], tongnan: Region) -> None:
    data, signatures = signed(document, tongnan)
    with pytest.raises(AgreementRefused, match="signature is missing"):
        open_agreement(data, signatures, own_region=tongnan.code, own_key=tongnan.jwk)


def test_a_changed_byte_is_found(document: dict[str, Any], tongnan: Region, quxian: Region) -> None:
    _, signatures = signed(document, tongnan, quxian)
    changed = canonical(document | {"freshDays": 900})
    with pytest.raises(AgreementRefused, match="signed another document"):
        open_agreement(changed, signatures, own_region=tongnan.code, own_key=tongnan.jwk)


def test_an_agreement_we_never_signed_does_not_hold_whatever_keys_it_names(
    document: dict[str, Any], tongnan: Region, quxian: Region,
) -> None:
    impostor = make_region(tongnan.code, tongnan.url)
    document["parties"][tongnan.code] = impostor.published(["YB"])
    data, signatures = signed(document, impostor, quxian)
    with pytest.raises(AgreementRefused, match="signature is missing or does not verify"):
        open_agreement(data, signatures, own_region=tongnan.code, own_key=tongnan.jwk)


def test_a_region_that_is_no_party_cannot_use_it(document: dict[str, Any], tongnan: Region, quxian: Region) -> None:
    data, signatures = signed(document, tongnan, quxian)
    with pytest.raises(AgreementRefused, match="this region is no party"):
        open_agreement(data, signatures, own_region="500117000000", own_key=tongnan.jwk)


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"code":"x","parties":[]}'])
def test_a_document_that_cannot_be_read_is_refused(damaged: bytes, tongnan: Region) -> None:
    with pytest.raises(AgreementRefused, match="cannot be read"):
        open_agreement(damaged, {}, own_region=tongnan.code, own_key=tongnan.jwk)
