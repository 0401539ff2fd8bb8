"""Two regions come to an agreement by the commands alone; what one of them did not sign is not kept."""

from __future__ import annotations

import json

import pytest

from hub.keys import KeyRing
from hub.postgres.connection import engine
from hub.regions.issuing import Issuing
from hub.regions.neighbours import region_keys
from tests.hub.cli.conftest import Desk


@pytest.fixture
def neighbour(desk, tmp_path, random, clock) -> dict[str, str]:
    """The environment of the other region's hub."""
    directory = tmp_path / "quxian"
    directory.mkdir(mode=0o700)
    KeyRing.create(directory / "keys", random=random, at=clock())
    return {"HUB_REGION": "511725000000", "HUB_ISSUER": "https://hub.511725.test", "HUB_DIRECTORY": str(directory)}


@pytest.fixture
def document(desk: Desk, neighbour) -> dict:
    own = json.loads(desk.run("agreement", "party", "--receiver", "YB", "--receiver", "MZ"))
    theirs = json.loads(desk.run("agreement", "party", "--receiver", "MZ", env=neighbour))
    return {
        "code": "EXAMPLE-2026-01", "validFrom": "2026-11-01", "validTo": "2036-10-31", "purposes": ["RESULT_RECOGNITION"],
        "resultKinds": ["CONFIRMATION"], "factGroups": ["confirmation"], "freshDays": 90, "parties": {**own, **theirs},
    }


def test_a_party_shows_public_keys_only(desk: Desk) -> None:
    (part,) = json.loads(desk.run("agreement", "party", "--receiver", "YB")).values()
    assert part["onwardReceivers"] == ["YB"]
    assert "d" not in part["encryption"]
    assert all("d" not in key for key in part["jwks"]["keys"])


def test_an_agreement_both_signed_is_kept_and_listed_as_verified(desk: Desk, neighbour, document) -> None:
    file = desk.file("agreement.json", json.dumps(document, indent=4))
    signatures = json.loads(desk.run("agreement", "sign", file)) | json.loads(desk.run("agreement", "sign", file, env=neighbour))
    assert "511725000000" in desk.run("agreement", "import", file, desk.file("signatures.json", signatures))
    listed = desk.run("agreement", "list")
    assert "EXAMPLE-2026-01" in listed
    assert "verified" in listed
    assert desk.outbox() == [("AGREEMENT_IMPORTED", "EXAMPLE-2026-01")]


def test_an_agreement_is_ended_once_and_listed_as_such(desk: Desk, neighbour, document) -> None:
    file = desk.file("agreement.json", document)
    signatures = json.loads(desk.run("agreement", "sign", file)) | json.loads(desk.run("agreement", "sign", file, env=neighbour))
    desk.run("agreement", "import", file, desk.file("signatures.json", signatures))
    assert "has ended" in desk.run("agreement", "end", "EXAMPLE-2026-01")
    assert "no agreement" in desk.run("agreement", "end", "EXAMPLE-2026-01", code=1)
    assert desk.ask("SELECT active FROM agreement") == [(False,)]
    assert [kind for kind, _ in desk.outbox()] == ["AGREEMENT_IMPORTED", "AGREEMENT_ENDED"]
    assert desk.ask("SELECT kind, ref FROM revocation") == [("AGREEMENT", "EXAMPLE-2026-01")] * 2


def test_an_agreement_one_party_did_not_sign_or_signed_otherwise_is_refused(desk: Desk, neighbour, document) -> None:
    file = desk.file("agreement.json", document)
    own = json.loads(desk.run("agreement", "sign", file))
    assert "missing" in desk.run("agreement", "import", file, desk.file("one.json", own), code=1)
    theirs = json.loads(desk.run("agreement", "sign", file, env=neighbour))
    altered = desk.file("altered.json", document | {"freshDays": 9000})
    assert "signed another document" in desk.run("agreement", "import", altered, desk.file("both.json", own | theirs), code=1)
    assert desk.ask("SELECT count(*) FROM agreement") == [(0,)]


def test_nothing_is_signed_that_does_not_name_this_region_s_keys(desk: Desk, neighbour, document) -> None:
    third = dict(neighbour, HUB_REGION="510000000000")
    file = desk.file("agreement.json", document)
    assert "no party" in desk.run("agreement", "sign", file, env=third, code=1)
    desk.run("keys", "rotate", "region")
    assert "present keys" in desk.run("agreement", "sign", file, code=1)


def test_an_agreement_whose_key_was_rotated_is_listed_as_refused(desk: Desk, neighbour, document) -> None:
    file = desk.file("agreement.json", document)
    signatures = json.loads(desk.run("agreement", "sign", file)) | json.loads(desk.run("agreement", "sign", file, env=neighbour))
    desk.run("agreement", "import", file, desk.file("signatures.json", signatures))
    desk.run("keys", "rotate", "region")
    assert "refused" in desk.run("agreement", "list")


def test_a_result_is_withdrawn_once(desk: Desk, clock) -> None:
    async def issue() -> None:
        database = engine(desk.url)
        issuing = Issuing(database, url="https://hub.500152.test", keys=region_keys(desk.keys, "500152000000"))
        await issuing.place(exchange="x_1", expires_at=clock())
        await database.dispose()

    desk.await_(issue)
    assert "1 result(s) withdrawn" in desk.run("agreement", "withdraw-result", "x_1")
    assert "no result" in desk.run("agreement", "withdraw-result", "x_1", code=1)
    assert desk.ask("SELECT withdrawn FROM issued_result") == [(True,)]
    assert [kind for kind, _ in desk.outbox()] == ["RESULT_WITHDRAWN"]
