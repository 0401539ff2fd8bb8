"""What the authorization server says when it refuses: RFC 6749 §5.2, RFC 9396 §5, RFC 9449 §5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class OAuthRefused(Exception):
    """`error` and `description` go to the client; `detail` says exactly why, for the log. `client` is set once it was proven.
    `remedies`: where the person turns in whose name was asked.
    """

    def __init__(self, error: str, description: str, *, status: int = 400, detail: str = "", client: str = "") -> None:
        """`description` holds nothing personal."""
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.detail = detail or description
        self.client = client
        self.remedies: Sequence[Mapping[str, object]] = ()


def not_authenticated(detail: str) -> OAuthRefused:
    """One outward answer for an unknown client, another client's assertion, a bad signature, a replay: nothing to learn by trying."""
    return OAuthRefused("invalid_client", "client authentication failed", status=401, detail=detail)


def malformed(description: str, *, client: str = "") -> OAuthRefused:
    """The request is not one."""
    return OAuthRefused("invalid_request", description, client=client)
