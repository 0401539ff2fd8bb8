"""GraphQL over HTTP without a network: what a request must look like, what an answer is written as."""

from __future__ import annotations

import pytest

from hub.errors import Forbidden, Malformed, NotAcceptable, TooLarge
from hub.graphql_http import JSON, RESPONSE_JSON, body_of, header, media_type, read, status_of

HASH = "a" * 64


def scope(method="POST", query=b"", **headers):
    given = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    encoded = [(name.encode(), value.encode()) for name, value in given.items() if value]
    return {"type": "http", "method": method, "query_string": query, "headers": encoded}


def sent(*chunks: bytes):
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number + 1 < len(chunks)} for number, chunk in enumerate(chunks)
    ]

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


async def asked(body: bytes, **headers):
    return await read(scope(**headers), sent(body), max_bytes=1000)


@pytest.mark.parametrize(("accept", "written"), [
    ("", JSON), ("*/*", JSON), ("application/*", JSON), (JSON, JSON), (RESPONSE_JSON, RESPONSE_JSON),
    (f"{RESPONSE_JSON}, {JSON}", RESPONSE_JSON), (f"{JSON}, {RESPONSE_JSON}", JSON), (f"{JSON};q=0.5, {RESPONSE_JSON};q=0.9", RESPONSE_JSON),
    (f"{RESPONSE_JSON};q=0, {JSON};q=0.1", JSON), (f"text/html, {JSON};charset=utf-8", JSON), (f'{RESPONSE_JSON}; charset="UTF-8"', RESPONSE_JSON),
    (f"{JSON};q=high, */*;q=0.1", JSON), (RESPONSE_JSON.upper(), RESPONSE_JSON),
])
def test_the_answer_is_written_as_the_preferred_type(accept, written):
    assert media_type(accept) == written


@pytest.mark.parametrize("accept", ["text/html", f"{JSON};q=0", f"{JSON};charset=gb18030", "application/xml, text/*", ","])
def test_neither_type_accepted_is_406(accept):
    with pytest.raises(NotAcceptable) as refused:
        media_type(accept)
    assert refused.value.status == 406


def test_headers_of_one_name_are_joined():
    assert header({"headers": [(b"accept", b"a"), (b"x", b"y"), (b"accept", b"b")]}, b"accept") == "a, b"


async def test_a_post_brings_document_name_and_variables():
    got = await asked(b'{"query": "{ a }", "operationName": "A", "variables": {"x": 1}, "extensions": null}', content_type="application/json;charset=UTF-8")
    assert (got.document, got.hash, got.operation_name, got.variables) == ("{ a }", None, "A", {"x": 1})
    assert "x" not in repr(got)


async def test_a_hash_takes_the_documents_place():
    body = b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "' + HASH.encode() + b'"}}}'
    got = await asked(body)
    assert (got.document, got.hash, got.variables) == (None, HASH, {})
    with pytest.raises(Malformed, match="registered before"):
        await asked(body[:-1] + b', "query": "{ a }"}')


@pytest.mark.parametrize("body", [
    b"", b"{", b"7", b"[]", b"{}", b'{"query": 1}', b'{"query": "{a}", "operationName": 1}', b'{"query": "{a}", "variables": [1]}',
    b'{"query": "{a}", "extensions": "x"}', b'{"extensions": {"persistedQuery": []}}', b'{"extensions": {"persistedQuery": {"sha256Hash": 1}}}',
    b'{"query": "{a}", "id": 1}', b"\xff",
])
async def test_what_is_no_request_is_malformed(body):
    with pytest.raises(Malformed):
        await asked(body)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json; charset=latin-1", "application/graphql", "application/jsonx"])
async def test_another_content_type_is_415(content_type):
    with pytest.raises(NotAcceptable) as refused:
        await asked(b"{}", content_type=content_type)
    assert (refused.value.status, refused.value.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_405(method):
    with pytest.raises(NotAcceptable) as refused:
        await read(scope(method), sent(b""), max_bytes=10)
    assert refused.value.status == 405


async def test_a_body_is_read_to_the_limit_and_not_a_byte_further():
    assert await body_of(scope(), sent(b"ab", b"cd"), max_bytes=4) == b"abcd"
    with pytest.raises(TooLarge):
        await body_of(scope(), sent(b"abc", b"de"), max_bytes=4)

    async def never():
        raise AssertionError("read although the declared length is over the limit")

    with pytest.raises(TooLarge) as refused:
        await body_of(scope(content_length="5"), never, max_bytes=4)
    assert refused.value.status == 413
    with pytest.raises(Malformed, match="not sent to its end"):
        await body_of(scope(), sent(), max_bytes=4)


def get(extensions: str, more: str = "") -> bytes:
    return f"extensions={extensions}{more}".encode()


async def test_get_runs_a_hash_and_takes_no_document_and_no_variables():
    hashed = '{"persistedQuery":{"sha256Hash":"' + HASH + '"}}'
    got = await read(scope("GET", get(hashed, "&operationName=A")), sent(), max_bytes=10)
    assert (got.hash, got.document, got.operation_name, got.variables) == (HASH, None, "A", {})
    for query in (b"query={a}", get(hashed, "&variables={}"), get("null", "&query={a}"), b"x=1"):
        with pytest.raises(NotAcceptable) as refused:
            await read(scope("GET", query), sent(), max_bytes=10)
        assert refused.value.status == 405
    for query in (b"", get("{"), get("7"), get("{}"), get('{"persistedQuery":{}}')):
        with pytest.raises((Malformed, NotAcceptable)):
            await read(scope("GET", query), sent(), max_bytes=10)
    with pytest.raises(Malformed):
        await read(scope("GET", b"&".join([b"operationName=A"] * 20)), sent(), max_bytes=10)


def test_an_application_json_client_gets_200_for_what_it_could_send_and_its_own_status_else():
    assert status_of(Malformed("m"), JSON, read_body=True) == 200
    assert status_of(Malformed("m"), JSON, read_body=False) == 400
    assert status_of(Malformed("m"), RESPONSE_JSON, read_body=True) == 400
    assert status_of(Forbidden("m"), JSON, read_body=True) == 403
