"""What a browser posts to the console: a small urlencoded form of the console's own page, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from hub.errors import Malformed, NotAcceptable
from hub.graphql_http import body_of

LARGEST = 16_384
"""Bytes; a filter is some hundred."""
FILTERS = ("organisation", "subjectIdNumber", "subject", "purpose", "letter", "case", "approval", "kind", "decision", "from", "to")
_TYPE = "application/x-www-form-urlencoded"


async def posted(request: Request) -> Mapping[str, str]:
    """The form's values. Raises TooLarge, NotAcceptable or Malformed; nothing larger than `LARGEST` is held."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise NotAcceptable(f"the form must be {_TYPE}", status=415, code="UNSUPPORTED_MEDIA_TYPE")
    body = await body_of(request.scope, request.receive, max_bytes=LARGEST)
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=24, errors="strict"))
    except ValueError:
        raise Malformed("the form cannot be read") from None


def same_origin(request: Request) -> bool:
    """Whether the browser says that the page which posts is ours; a client that is no browser says nothing."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def chosen(form: Mapping[str, str]) -> dict[str, str]:
    """The filter's values, as they were typed."""
    return {name: form[name].strip() for name in FILTERS if form.get(name, "").strip()}


def variables(given: Mapping[str, str]) -> dict[str, str]:
    """The graph's filter from the page's: whole days of Asia/Shanghai, the last one included. Raises Malformed for no date."""
    wanted = dict(given)
    try:
        if "from" in wanted:
            wanted["from"] = f"{date.fromisoformat(wanted['from'])}T00:00:00+08:00"
        if "to" in wanted:
            wanted["to"] = f"{date.fromisoformat(wanted['to']) + timedelta(days=1)}T00:00:00+08:00"
    except (ValueError, OverflowError):
        raise Malformed("a date is written YYYY-MM-DD") from None
    return wanted
