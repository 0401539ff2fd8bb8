"""How the hub proves itself, as a manifest says it: the scheme, what may be written out, and what is a secret and so only a reference."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.section import Section

CREDENTIALS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "none": (frozenset(), frozenset()),
    "http-signature": (frozenset({"key_id"}), frozenset({"key"})),
    "api-key-hmac": (frozenset(), frozenset({"api_key", "secret"})),
    "bearer": (frozenset(), frozenset({"token"})),
    "wss-digest": (frozenset({"username"}), frozenset({"password"})),
    "ssh-key": (frozenset({"username", "host_key"}), frozenset({"key"})),
    "region-key": (frozenset({"client"}), frozenset()),  # the asking hub's own key, as enrolled below: no secret to be given
}
"""Per scheme: what stands in the manifest, and what is a secret and so only a reference."""


def read_credentials(auth: Section) -> tuple[str, Mapping[str, str]]:
    """Scheme and credentials of an `auth` table. Raises ManifestFault."""
    scheme = auth.choice("scheme", frozenset(CREDENTIALS))
    open_keys, secret_keys = CREDENTIALS[scheme]
    credentials = {key: auth.given(key) for key in sorted(open_keys)}
    credentials.update({key: auth.secret(key) for key in sorted(secret_keys)})
    auth.done()
    return scheme, credentials
