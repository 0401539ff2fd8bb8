"""The header a proxy names a client's certificate in: what is read of it, from whom, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.oauth.binding import Binding
from hub.oauth.certificate import Certificates
from hub.signatures import BadSignature
from tests.hub.oauth.certificates import ClientCertificate

AT = datetime(2026, 11, 23, tzinfo=UTC)
OWN = ClientCertificate("hd", AT)
PROXY = ("127.0.0.1", 40000)


def shown(*values: str | bytes, client: object = PROXY, proxies: str = "127.0.0.1,::1", name: bytes = b"client-cert") -> str:
    headers = [(name, value if isinstance(value, bytes) else value.encode()) for value in values]
    return Certificates("Client-Cert", proxies).shown({"client": client, "headers": headers})


def test_both_spellings_give_the_thumbprint_of_rfc_8705() -> None:
    assert shown(OWN.percent) == shown(OWN.sequence) == OWN.thumbprint
    assert len(OWN.thumbprint) == 43


def test_no_header_or_an_empty_one_is_no_certificate() -> None:
    assert shown() == shown("") == ""


def test_it_counts_from_the_proxys_addresses_alone() -> None:
    assert shown(OWN.percent, client=("172.18.0.5", 1), proxies="172.18.0.0/16") == OWN.thumbprint
    assert shown(OWN.percent, client=("::1", 1)) == OWN.thumbprint
    for stranger in (("10.0.0.9", 1), ("::ffff:127.0.0.1", 1), ("not an address", 1), (), None, ("127.0.0.1.evil", 1)):
        with pytest.raises(BadSignature, match="not the proxy"):
            shown(OWN.percent, client=stranger)
    with pytest.raises(BadSignature, match="not the proxy"):
        shown("", client=("10.0.0.9", 1))
    with pytest.raises(BadSignature, match="not the proxy"):
        shown(OWN.percent, proxies="")


def test_two_copies_are_one_too_many() -> None:
    for copies in ((OWN.percent, OWN.percent), (OWN.sequence, ""), ("", "")):
        with pytest.raises(BadSignature, match="two client certificates"):
            shown(*copies)


@pytest.mark.parametrize("value", [
    "x", ":", "::", ":AAAA", ":AAAA:", ":not base64!:", OWN.sequence + ", " + OWN.sequence, OWN.sequence[:-20] + ":", "%2D%2D%2D%2D%2DBEGIN", OWN.percent[:200],
    "A" * 16_385, OWN.percent + "A" * 16_385, b"\xff\xfe", OWN.percent.replace("CERTIFICATE", "PRIVATE%20KEY"),
])  # fmt: skip
def test_what_is_no_certificate_is_refused(value) -> None:
    with pytest.raises(BadSignature):
        shown(value)


def test_without_a_setting_nothing_is_read() -> None:
    reader = Certificates("", "127.0.0.1")
    assert not reader.known
    assert reader.shown({"client": ("10.0.0.9", 1), "headers": [(b"client-cert", b"x"), (b"client-cert", b"y")]}) == ""


def test_another_headers_name_is_another_header() -> None:
    assert shown(OWN.percent, name=b"client_cert") == ""
    assert shown(OWN.percent, name=b"x-client-cert") == ""


def test_a_network_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="appear to be"):
        Certificates("Client-Cert", "127.0.0.1,proxy.internal")


def test_a_token_bound_in_a_way_nobody_knows_is_bound() -> None:
    with pytest.raises(BadSignature, match="nobody knows"):
        Binding.of_claim({"kid": "x"})
    with pytest.raises(BadSignature, match="nobody knows"):
        Binding.of_claim({"jkt": 7})
    assert not Binding.of_claim(None)
    assert Binding.of_claim({"jkt": "a", "x5t#S256": "b"}) == Binding("a", "b")
