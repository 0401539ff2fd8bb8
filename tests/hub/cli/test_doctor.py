"""The doctor finds what is broken, names it, and says what to do; one wound does not hide another."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import asyncpg
import pytest

from hub.access_log.note import Checkpoint, Signer
from hub.cli import recourse, working_days
from hub.cli.recourse import recourse_named
from hub.clock import clock
from hub.keys import Use
from hub.settings import Settings
from policies import approvals
from policies.calendar import CHINA
from policies.citizens import Recourse, citizen_rules
from tests.connectors.shipped import MANIFESTS
from tests.hub.cli.conftest import ORIGIN, Desk, years
from tests.hub.cli.test_catalogue import FILED
from tests.hub.cli.test_enrolment import CATALOGUE

CHECKS = {"settings", "directory", "keys", "policy", "GraphiQL", "database", "clock", "access log", "revocations", "agreements", "later answers", "sharing", "calendar", "citizens", "approvals", "notices", "chores", "certificates", "remedies", "explanations"}


@pytest.fixture
def manifest(desk: Desk, tmp_path) -> Desk:
    """One department alone, the one that needs no server: with a drop it is well."""
    manifests = tmp_path / "manifests"
    manifests.mkdir()
    (manifests / "CL.toml").write_text(Path("connectors/manifests/CL.toml").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("cjr_202610.csv", "cjr_202610.csv.done"):
        (tmp_path / "drop" / name).touch()
    desk.environment["HUB_MANIFESTS"] = str(manifests)
    desk.environment["HUB_CALENDAR"] = desk.file("calendar.toml", years(clock().year, clock().year + 1))
    return desk


def states(said: str) -> dict[str, str]:
    return {check: state for state, check in re.findall(r"^(ok|warn|fail) +([\w -]+):", said, flags=re.MULTILINE)}


def test_a_well_hub_has_no_failure(manifest: Desk) -> None:
    said = manifest.run("doctor")
    found = states(said)
    assert set(found) >= CHECKS
    # The tests' server is fast and forgets: fsync is off, and its login owns everything; nobody is enrolled yet, and a citizen is sent to
    # examples. The doctor says so.
    assert {check for check, state in found.items() if state != "ok"} == {"database", "login", "assessments", "remedies", "notices"}
    assert "this login owns the log's tables -> run the hub under another" in said
    assert "fsync" in said
    assert "all well" in said


def test_departments_that_are_away_are_named_each_and_no_secret_is_told(desk: Desk) -> None:
    said = desk.run("doctor", code=1)
    found = states(said)
    empty = {"department CL", "department YJ"}
    away = {f"department {path.stem}" for path in MANIFESTS} - empty
    assert {check for check, state in found.items() if state == "fail"} == away
    assert {found[check] for check in empty} == {"warn"}
    assert "secret-of" not in said
    assert f"{len(away)} check(s) failed" in said


def test_a_setting_that_is_missing_is_the_only_finding(desk: Desk) -> None:
    assert "HUB_REGION is not set" in desk.run("doctor", code=1, env={"HUB_REGION": None})
    assert "unknown setting HUB_REGOIN" in desk.run("doctor", code=1, env={"HUB_REGOIN": "5"})
    assert "12 digits" in desk.run("doctor", code=1, env={"HUB_REGION": "500152"})


def test_an_open_directory_and_a_manifest_without_its_settings_are_named(manifest: Desk, tmp_path) -> None:
    manifest.directory.chmod(0o755)
    (tmp_path / "sources.json").write_text(json.dumps({"region": "500152"}))
    said = manifest.run("doctor", code=1)
    assert "can be read by others -> chmod 700" in said
    assert "department CL: CL.toml" in said
    assert states(said)["database"] == "warn"


def test_a_database_that_is_away_or_empty_is_named(manifest: Desk, empty_database_url) -> None:
    said = manifest.run("doctor", code=1, env={"HUB_DATABASE_URL": "postgresql://u:topsecret@127.0.0.1:9/none"})
    assert "cannot be reached" in said
    assert "topsecret" not in said
    assert "run `hub migrate`" in manifest.run("doctor", code=1, env={"HUB_DATABASE_URL": empty_database_url})
    assert "postgresql://" in manifest.run("doctor", code=1, env={"HUB_DATABASE_URL": "mysql://x"})


def test_a_log_behind_the_kept_checkpoint_is_named(manifest: Desk) -> None:
    note = Checkpoint(ORIGIN, 5, bytes(32)).sign(Signer(ORIGIN, manifest.keys.current(Use.LOG).secret))
    (manifest.directory / "checkpoint").write_text(note, encoding="utf-8")
    said = manifest.run("doctor", code=1)
    assert states(said)["access log"] == "fail"
    assert "behind" in said


def test_revocations_nobody_announces_are_a_warning(manifest: Desk) -> None:
    async def silence() -> None:
        connection = await asyncpg.connect(manifest.url)
        await connection.execute("ALTER TABLE revocation DISABLE TRIGGER USER")
        await connection.close()

    asyncio.run(silence())
    assert states(manifest.run("doctor"))["revocations"] == "warn"


def test_an_agreement_that_does_not_verify_is_named(manifest: Desk) -> None:
    async def forge() -> None:
        connection = await asyncpg.connect(manifest.url)
        await connection.execute("INSERT INTO agreement VALUES ('FORGED', '{}', '{}', '2026-01-01', '2036-01-01', true)")
        await connection.close()

    asyncio.run(forge())
    said = manifest.run("doctor", code=1)
    assert "FORGED" in said
    assert states(said)["agreements"] == "fail"


def test_a_platform_that_vouched_for_as_many_people_as_it_may_is_a_warning(manifest: Desk) -> None:
    async def vouched() -> None:
        connection = await asyncpg.connect(manifest.url)
        await connection.execute("INSERT INTO vouched_person SELECT 'cq-1', int4send(n), now() FROM generate_series(1, 120) AS n")
        await connection.close()

    asyncio.run(vouched())
    said = manifest.run("doctor")
    assert states(said)["citizens"] == "warn"
    assert "cq-1 vouched for 120 people in 60 minutes, of 120" in said


def test_a_region_in_which_one_system_names_both_officers_is_a_warning(manifest: Desk, monkeypatch, tmp_path) -> None:
    text = approvals.FILE.read_text(encoding="utf-8").replace('"PROVEN_OR_TWO_SYSTEMS"', '"ASSERTED"\nexception = "one system until 2027"')
    region = tmp_path / manifest.environment["HUB_REGION"][:6]
    region.mkdir()
    (region / "approvals.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(approvals, "REGIONS", tmp_path)
    said = manifest.run("doctor")
    assert states(said)["approvals"] == "warn"
    assert "one system may name both officers of KIN_OF_STAFF: one system until 2027" in said


def test_a_region_that_names_its_own_places_is_well(monkeypatch) -> None:
    settings = Settings(region="500152000000", issuer="https://hub.example")
    rules = citizen_rules("500152")
    assert asyncio.run(recourse_named(settings)).seen.endswith("OFFICE, AUTHORITY, COURT")
    own = {kind: replace(place, example=kind is Recourse.COURT) for kind, place in rules.places.items()}
    for places, seen in ((own, "example: COURT"), ({kind: replace(place, example=False) for kind, place in own.items()}, "may turn to")):
        monkeypatch.setattr(recourse, "citizen_rules", lambda _region, places=places: replace(rules, places=places))
        assert asyncio.run(recourse_named(settings)).seen.endswith(seen)


DAILY = '\n[[maintenance]]\nweekdays = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]\nfrom = "00:00"\nto = "24:00"\n'


def test_a_department_in_maintenance_is_well_and_said_to_be_back(manifest: Desk, tmp_path) -> None:
    text = (tmp_path / "manifests" / "CL.toml").read_text(encoding="utf-8")
    (tmp_path / "manifests" / "CL.toml").write_text(text + DAILY, encoding="utf-8")
    said = manifest.run("doctor")
    assert states(said)["department CL"] == "ok"
    assert re.search(r"department CL: .* is in maintenance and not asked; back at \d{4}-\d\d-\d\d 00:00", said)


@contextmanager
def running(exposition: str) -> Iterator[int]:
    """A hub's /metrics, on a port of its own."""

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(exposition.encode())

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Metrics)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("value", "state", "words"), [
    (0, "ok", ""), (1, "warn", "asked once to see"), (2, "warn", "left alone after failing several times"),
])
def test_a_department_a_running_worker_leaves_alone_is_a_warning(manifest: Desk, value: int, state: str, words: str) -> None:
    lines = '# TYPE hub_department_breaker gauge\nhub_department_breaker{department="CL",protocol="files"} %d\nhub_department_breaker{department="CL",protocol="rest"} 2\n'
    with running(lines % value) as port:
        said = manifest.run("doctor", env={"HUB_PORT": str(port)})
    assert states(said)["department CL"] == state
    assert words in said
    assert ("left alone" in said) == (value == 2)


def test_a_neighbouring_server_that_is_no_hub_changes_nothing(manifest: Desk) -> None:
    with running("<html>not metrics {") as port:
        found = states(manifest.run("doctor", env={"HUB_PORT": str(port)}))
        assert (found["department CL"], found["chores"]) == ("ok", "ok")


def test_a_chore_of_the_running_hub_that_fails_is_a_warning(manifest: Desk) -> None:
    lines = '# TYPE hub_chore_failing gauge\nhub_chore_failing{chore="sweep"} 0\nhub_chore_failing{chore="outbox"} 1\n'
    with running(lines) as port:
        said = manifest.run("doctor", env={"HUB_PORT": str(port)})
    assert states(said)["chores"] == "warn"
    assert "failing: outbox -> see the hub's log: chore failed" in said


def test_clients_that_one_certificate_could_both_name_are_a_warning(office: Desk, manifest: Desk) -> None:
    for client, kind, name in (("mz-3", "subject-dn", "CN=核对系统"), ("mz-4", "san-dns", "hd.test"), ("mz-5", "san-uri", "urn:gone")):
        manifest.run(
            "client", "add", client, "--organisation", "mz-hd-500152", "--name", "证书系统", "--purpose", "DIBAO_REVIEW", "--officer-identity", "proven",
            f"--tls-client-auth-{kind}", name,
        )
    manifest.run("client", "disable", "mz-5")
    said = manifest.run("doctor")
    assert states(said)["certificates"] == "warn"
    assert "certificates: by host name mz-4; by subject mz-3 -> one that names two of them proves neither" in said
    manifest.run("client", "disable", "mz-3")
    assert "certificates: by host name mz-4\n" in manifest.run("doctor")


def test_a_year_without_a_notice_and_a_calendar_that_is_none_are_named(manifest: Desk, monkeypatch) -> None:
    monkeypatch.setattr(working_days, "clock", lambda: datetime(2026, 10, 19, tzinfo=CHINA))
    said = manifest.run("doctor", env={"HUB_CALENDAR": ""})
    assert states(said)["calendar"] == "warn"
    assert "no working days are known of 2027" in said
    monkeypatch.setattr(working_days, "clock", lambda: datetime(2026, 10, 17, tzinfo=CHINA))
    assert states(manifest.run("doctor", env={"HUB_CALENDAR": ""}))["calendar"] == "ok"
    said = manifest.run("doctor", code=1, env={"HUB_CALENDAR": manifest.file("odd.toml", "[[year]]\nyear = 2027\n")})
    assert states(said)["calendar"] == "fail"
    assert "HUB_CALENDAR" in said
    assert states(manifest.run("doctor", code=1, env={"HUB_CALENDAR": "nowhere.toml"}))["calendar"] == "fail"


def test_what_is_overdue_under_the_catalogue_is_a_warning(office: Desk, manifest: Desk) -> None:
    office.run("catalogue", "load", office.file("c.toml", CATALOGUE))
    filed = office.run("catalogue", "request", "file", "GA-vehicle", *FILED)
    assert "1 open, none overdue" in manifest.run("doctor")

    async def later() -> None:
        connection = await asyncpg.connect(manifest.url)
        await connection.execute("UPDATE share_request SET answer_due = '2026-01-05'")
        await connection.close()

    asyncio.run(later())
    said = manifest.run("doctor")
    assert states(said)["sharing"] == "warn"
    assert "1 of 1 open are overdue, the oldest since 2026-01-05" in said
    assert filed.split()[2].rstrip(":") in office.run("catalogue", "due", code=1)


def test_platforms_and_registries_the_settings_name_are_looked_at_and_no_others(desk: Desk) -> None:
    path = Path(desk.environment["HUB_SOURCES"])
    nowhere = "http://127.0.0.1:9"
    named = {"CREDIT": {"url": nowhere, "key_id": "hub", "private_key": "A" * 43}, "TN_NEEDY_DB": {"url": nowhere, "bearer": "t"}}
    path.write_text(json.dumps(json.loads(path.read_text()) | named), encoding="utf-8")
    found = states(desk.run("doctor", code=1))
    assert found["platform credit"] == "fail"
    assert found["department tn-needy-db"] == "fail"
    assert not {check for check in found if "means-check" in check or "low-income" in check}
    with running("") as port:
        named["CREDIT"]["url"] = f"http://127.0.0.1:{port}"
        path.write_text(json.dumps(json.loads(path.read_text()) | named), encoding="utf-8")
        assert states(desk.run("doctor", code=1))["platform credit"] == "ok"
    named["CREDIT"] = {"key_id": "hub"}
    path.write_text(json.dumps(json.loads(path.read_text()) | named), encoding="utf-8")
    assert re.search(r"fail +platforms: credit.toml.*is not set", desk.run("doctor", code=1))
