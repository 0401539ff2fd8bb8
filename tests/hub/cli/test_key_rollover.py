"""`hub keys rotate token` beside a hub of two worker processes: every token taken meanwhile opens, and verifies by keys fetched before."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from hub.keys import KeyRing, Use
from hub.oauth.presenting import authenticated, build_assertion, household_facts, token_request
from hub.oauth.rollover import ANNOUNCED
from hub.signatures import header_of
from tests.hub.cli.conftest import key_pair
from tests.hub.cli.test_serve import Serving, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Client:
    """An auditor's system that keeps the published keys as long as it may."""

    def __init__(self, serving: Serving, parent: Path) -> None:
        self.serving, self.url = serving, serving.environment["HUB_ISSUER"]
        self.key, jwks = key_pair("c1")
        file = parent / "client.json"
        file.write_text(json.dumps(jwks))
        serving.run("organisation", "add", "PO", "--name", "x", "--department", "MZ", "--region", "500152", "--role", "PRIVACY_OFFICER")
        serving.run("client", "add", "po", "--organisation", "PO", "--name", "x", "--jwks", str(file), "--purpose", "PRIVACY_AUDIT")

    def assertion(self) -> str:
        return build_assertion(
            self.key, client="po", kid="c1", audience=self.url, jti=os.urandom(12).hex(), now=datetime.now(UTC), officer={"id": "o"},
        )

    def post(self, path: str, form: dict[str, str]) -> dict:
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(self.url + path, data, timeout=10) as reply:  # a connection each: either worker may get it
            return json.load(reply)

    def token(self) -> str:
        return self.post("/oauth/token", token_request(self.assertion(), household_facts(purpose="PRIVACY_AUDIT", basis={"kind": "audit"})))["access_token"]

    def active(self, token: str) -> bool:
        return self.post("/oauth/introspect", authenticated(self.assertion(), token=token))["active"]

    def jwks(self) -> list[dict]:
        return json.loads(self.serving.get("/oauth/jwks")[1])["keys"]

    def kids(self) -> set[tuple[str, ...]]:
        """What several looks find: both workers, most likely."""
        return {tuple(key["kid"] for key in self.jwks()) for _ in range(12)}


@pytest.fixture
def client() -> Iterator[Client]:
    parent = Path(tempfile.mkdtemp(prefix="hub-"))
    serving = Serving(parent, HUB_WORKERS="2", HUB_REQUIRE_DPOP="0")
    try:
        serving.start()
        yield Client(serving, parent)
    finally:
        if serving.process is not None and serving.process.poll() is None:
            serving.end()
        shutil.rmtree(parent, ignore_errors=True)


def test_the_key_changes_under_two_workers_without_a_token_refused(client: Client) -> None:
    first = client.token()
    assert "signs from" in client.serving.run("keys", "rotate", "token")
    assert until(lambda: client.kids() == {("token-2", "token-1")}), "both workers publish it within a second or two"
    assert header_of(client.token())["kid"] == "token-1", "and neither signs with it yet"
    # Six minutes on: a version made that long ago, but for the seconds the client's fetched keys must bridge here.
    ring = KeyRing.load(client.serving.directory / "keys")
    ring.rotate(Use.TOKEN, random=os.urandom, at=datetime.now(UTC) - ANNOUNCED + timedelta(seconds=12))
    assert until(lambda: client.kids() == {("token-3", "token-2", "token-1")}, 8)
    kept, signed = KeySet.import_key_set({"keys": client.jwks()}), Counter()
    deadline = time.monotonic() + 60
    while signed["token-3"] < 12 and time.monotonic() < deadline:
        token = client.token()
        signed[header_of(token)["kid"]] += 1
        jws.deserialize_compact(token, kept, algorithms=["Ed25519"])
        assert client.active(token)
        assert client.active(first)
        time.sleep(0.2)  # a client's rate is for who is quicker
    assert set(signed) == {"token-1", "token-3"}
    assert "no version has ended" in client.serving.run("keys", "forget", "token")
