"""`hub fits` on the command line: from a file without database or keys, and for an enrolled client; the answer is the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.hub.cli.conftest import Desk
from tests.hub.cli.test_enrolment import CATALOGUE

NAMES = "query Q($c: ID!) { case(id: $c) { household { members { person { name { masked } vehicle { status } } } } } }"
MORE = "query Q($c: ID!) { case(id: $c) { household { members { person { name { full } vehicle { records { plateNo { full } } } } } } } }"
REVIEW = ("--purpose", "DIBAO_REVIEW")


def alone(tmp_path: Path, *words: str, text: str = NAMES):
    """The command where there is no hub: a directory that must stay empty."""
    environment = {"HUB_REGION": "500152", "HUB_ISSUER": "https://hub.500152.test", "HUB_DIRECTORY": str(tmp_path / "hub")}
    done = CliRunner().invoke(main, ["fits", *words], input=text, env=environment)
    assert not (tmp_path / "hub").exists(), "neither database nor keys were looked for"
    return done


def test_the_exit_status_is_the_answer(tmp_path: Path) -> None:
    fits, partly = alone(tmp_path, "-", *REVIEW), alone(tmp_path, "-", *REVIEW, text=MORE)
    assert (fits.exit_code, fits.output.partition(":")[0]) == (0, "FITS")
    assert (partly.exit_code, partly.output.partition(":")[0]) == (1, "FITS_PARTLY")
    assert "vehicle.plateNo.full 号牌号码: withheld UNDER_14, at most BOOLEAN 有无  [MEMBER UNDER_14]" in partly.output
    none = alone(tmp_path, "-", *REVIEW, "--letter-template", "education-aid")
    assert (none.exit_code, none.output.partition(":")[0]) == (2, "DOES_NOT_FIT")
    assert "no token would be issued: PURPOSE_MISMATCH" in none.output


def test_as_json_from_a_file_under_a_catalogue_file(tmp_path: Path) -> None:
    (tmp_path / "q.graphql").write_text(NAMES)
    (tmp_path / "c.toml").write_text(CATALOGUE.replace("vehicle", "tax"), encoding="utf-8")
    done = alone(tmp_path, str(tmp_path / "q.graphql"), *REVIEW, "--catalogue", str(tmp_path / "c.toml"), "--json", "--department", "TOWN")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["fit"], told["reasons"], told["catalogued"]) == (1, "FITS_PARTLY", ["CATALOG_DENIED"], True)
    assert {one["field"]: one["outcomes"][0]["form"] for one in told["told"]} == {"name": "MASKED", "status": "WITHHELD"}
    assert len(told["policyDigest"]) == len(told["templateDigest"]) == 64


@pytest.mark.parametrize(("words", "text", "told"), [
    (("nowhere.graphql", *REVIEW), NAMES, "neither a document"),
    (("-", *REVIEW), "{ nobody }", "DOCUMENT_INVALID"),
    (("-", *REVIEW, "--variables", "[]"), NAMES, "not a JSON object"),
    (("-", "--purpose", "GOSSIP"), NAMES, "GOSSIP"),
])
def test_where_there_is_no_answer_nothing_is_printed_as_one(tmp_path: Path, words: tuple[str, ...], text: str, told: str) -> None:
    done = alone(tmp_path, *words, text=text)
    assert (done.exit_code != 0, done.stdout) == (True, "")
    assert told in done.stderr


def test_for_a_client_as_it_is_enrolled_under_the_catalogue_as_published(office: Desk) -> None:
    office.run("catalogue", "load", office.file("c.toml", CATALOGUE))
    assert "catalogue not consulted" not in office.run("fits", "-", *REVIEW, "--client", "mz-1", input=NAMES)
    tax = NAMES.replace("vehicle", "tax")
    assert "withheld CATALOG_DENIED" in office.run("fits", "-", *REVIEW, "--client", "mz-1", input=tax, code=1)
    assert "there is no client" in office.run("fits", "-", *REVIEW, "--client", "nobody", input=NAMES, code=1)


def test_an_operation_put_on_a_list_is_told_whether_it_fits_and_goes_stale_with_its_policy(office: Desk) -> None:
    office.run("catalogue", "load", office.file("c.toml", CATALOGUE))
    said = office.run("client", "allow-operation", "mz-1", office.file("q.graphql", NAMES))
    assert "DIBAO_REVIEW under letter national: FITS" in said
    digest = said.splitlines()[0].rpartition(" ")[2]
    assert digest[:16] in office.run("client", "fits", "mz-1")
    assert "stale" not in office.run("client", "fits", "mz-1")
    office.ask("UPDATE operation_fit SET policy_digest = 'of last year' RETURNING hash")
    assert "stale" in office.run("client", "fits", "mz-1")
    assert office.run("fits", digest, *REVIEW, "--client", "mz-1").startswith("FITS")
    assert "stale" not in office.run("client", "fits", "mz-1"), "named by its hash, it was decided anew"
    assert "name it with --client" in office.run("fits", digest, *REVIEW, code=1)
    assert "not enrolled for STATISTICS" in office.run("fits", digest, "--purpose", "STATISTICS", "--client", "mz-1", code=1)
