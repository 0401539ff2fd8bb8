"""GraphQL over HTTP: how a question may arrive and how its answer is written. No decision about facts is taken here.

Rules of this file:
- POST with `application/json` in UTF-8. GET runs only persisted operations, by hash, with no variables: a URL is kept in
  proxies' logs, so neither a document nor a person's handle may stand in one.
- `application/graphql-response+json` answers a request error with 4xx; `application/json` answers it with 200 once the
  body could be read, as the specification has it for clients of old.
- A body is read up to the limit and not a byte further.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import field
from typing import Any
from urllib.parse import parse_qs

import orjson

from connectors.value import value
from hub.errors import CallerError, Malformed, NotAcceptable, TooLarge

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
BODY_SECONDS = 10.0
"""How long a body may take to arrive."""
_KNOWN = {"query", "operationName", "variables", "extensions"}


@value
class Asked:
    """One request's parameters: a document or a persisted operation's hash, and the variables that came with it."""

    document: str | None
    hash: str | None
    operation_name: str | None
    variables: Mapping[str, Any] = field(repr=False)


def header(scope: Scope, name: bytes) -> str:
    """A request header's value, or ""; several of one name are joined, as RFC 9110 §5.3 reads them."""
    found = [value for key, value in scope["headers"] if key == name]
    return (found[0] if len(found) == 1 else b", ".join(found)).decode("latin-1")


def media_type(accept: str) -> str:
    """What the answer is written as: the preferred of the two types, by quality and then by order; 406 for neither."""
    if not accept:
        return JSON
    best, chosen = 0.0, ""
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        offered = {RESPONSE_JSON: RESPONSE_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}.get(name)
        charset = next((p[8:].strip('"') for p in parameters if p.startswith("charset=")), "utf-8")
        if offered and charset == "utf-8" and quality > best:
            best, chosen = quality, offered
    if not chosen:
        raise NotAcceptable(f"the answer is written as {RESPONSE_JSON} or {JSON}")
    return chosen


async def read(scope: Scope, receive: Receive, *, max_bytes: int) -> Asked:
    """The question's parameters. Raises Malformed, NotAcceptable (405, 415) or TooLarge (413)."""
    method = scope["method"]
    if method == "GET":
        return _from_query(scope["query_string"])
    if method != "POST":
        raise NotAcceptable("only POST, or GET of a persisted operation", status=405, code="METHOD_NOT_ALLOWED")
    name, _, rest = header(scope, b"content-type").lower().partition(";")
    # A form or text/plain body could be sent by a page of another origin without the browser asking first (CSRF).
    if name.strip() != JSON or (rest.strip() and rest.replace(" ", "").replace('"', "") != "charset=utf-8"):
        raise NotAcceptable(f"the body must be {JSON} in UTF-8", status=415, code="UNSUPPORTED_MEDIA_TYPE")
    body = await body_of(scope, receive, max_bytes=max_bytes)
    try:
        parameters = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(parameters, dict):
        raise Malformed("the body is not a JSON object")
    return _asked(parameters)


async def body_of(scope: Scope, receive: Receive, *, max_bytes: int) -> bytes:
    """The request body. Raises TooLarge (413) as soon as the declared or the received length passes the limit, NotAcceptable (408) where
    it does not come in time: a place, and one of the client's, is held meanwhile.
    """
    declared = header(scope, b"content-length")
    if declared.isdigit() and int(declared) > max_bytes:
        raise TooLarge(f"a body holds at most {max_bytes} bytes", status=413)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _whole(receive, max_bytes)
    except TimeoutError:
        raise NotAcceptable("the body did not arrive in time", code="BODY_CUT_OFF", status=408) from None


async def _whole(receive: Receive, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Malformed("the request was not sent to its end")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"a body holds at most {max_bytes} bytes", status=413)
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _from_query(query: bytes) -> Asked:
    try:
        given = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=8)
    except ValueError:
        raise Malformed("the query string holds too many parameters") from None
    if set(given) - {"extensions", "operationName"}:
        raise NotAcceptable(
            "GET runs persisted operations by hash only; send the document or variables by POST", status=405, code="METHOD_NOT_ALLOWED",
        )
    parameters: dict[str, Any] = {"operationName": given.get("operationName", [None])[0]}
    try:
        parameters["extensions"] = orjson.loads(given.get("extensions", ["null"])[0])
    except orjson.JSONDecodeError:
        raise Malformed("extensions is not JSON") from None
    return _asked(parameters)  # without a document there, a hash is what it must have


def _asked(parameters: Mapping[str, Any]) -> Asked:
    if set(parameters) - _KNOWN:
        raise Malformed("the body holds a parameter the hub does not know")
    document = _typed(parameters, "query", str)
    extensions = _typed(parameters, "extensions", dict) or {}
    persisted = _typed(extensions, "persistedQuery", dict) or {}
    digest = _typed(persisted, "sha256Hash", str)
    if document is None and digest is None:
        raise Malformed("neither query nor extensions.persistedQuery.sha256Hash was given")
    if document is not None and digest is not None:
        raise Malformed("an operation is registered before it is run by hash; send one of query and hash")
    return Asked(
        document=document,
        hash=digest,
        operation_name=_typed(parameters, "operationName", str),
        variables=_typed(parameters, "variables", dict) or {},
    )


def _typed(values: Mapping[str, Any], name: str, kind: type) -> Any:
    value = values.get(name)
    if value is not None and not isinstance(value, kind):
        raise Malformed(f"{name} is not {'text' if kind is str else 'an object'}")
    return value


def status_of(error: CallerError, media: str, *, read_body: bool) -> int:
    """The HTTP status of a request error: its own, but 200 for an `application/json` client whose body was well formed."""
    if media == JSON and read_body and error.status == 400:
        return 200
    return error.status


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
