"""A department is connected by the commands of docs/connecting-a-department.md, followed line by line; what is wrong is named."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path

import click.testing
import pytest

from connectors.manifest import parse
from connectors.sandbox.departments import DIALECTS
from connectors.sandbox.population import Population
from connectors.sandbox.rest_department import RestDepartment
from hub.cli import main
from hub.clock import clock
from hub.connecting.comparison import faults
from hub.connecting.skeleton import SCHEMES, skeleton, unanswered
from schema.register import GROUPS
from tests.connectors.shipped import MANIFESTS, SETTINGS

GUIDE = Path("docs/connecting-a-department.md").read_text(encoding="utf-8").partition("## On Monday")[2].partition("## Play it")[0]
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
POPULATION = Population("500152", 400)
ROOT = Path.cwd()


def run(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(main, ["connector", *arguments])


@pytest.fixture
async def veterans():
    """The department of the guide, alone, on its own protocol; by the clock of the day, as the command's."""
    department = RestDepartment(POPULATION, next(one for one in DIALECTS if one.code == "TY"), clock=clock)
    await department.start()
    yield department
    await department.stop()


@pytest.fixture
def desk(veterans, tmp_path, monkeypatch) -> Path:
    """A directory with what the guide's commands name: the repository's manifests, the sources, a synthetic person."""
    person = next(one for one in POPULATION.people() if POPULATION.records("veteran", one))
    (tmp_path / "sources.json").write_text(json.dumps({"region": "500152", "TY": dict(veterans.settings)}), encoding="utf-8")
    (tmp_path / "person.json").write_text(json.dumps({"idNumber": person.id_number, "name": person.name}), encoding="utf-8")
    (tmp_path / "connectors").symlink_to(ROOT / "connectors")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_the_guide_is_followed_command_by_command(desk, veterans):
    assert len(COMMANDS) == 4
    told = []
    for line in COMMANDS:
        command, _, note = line.partition(" # ")
        result = await asyncio.to_thread(run, *shlex.split(command)[2:])
        assert result.exit_code == (1 if note == "exit 1" else 0), (line, result.output)
        told.append(result.output)
    assert "question mark" in told[0]
    assert "question marks left on lines" in told[1]
    assert "agrees with the graph" in told[2]
    assert "veteran 优抚: two people who cannot exist: NO_RECORD for both" in told[3]
    assert re.search(r"the test person: \d record\(s\) as of 2026-\d\d-\d\dT.*, 4 of 4 fields with a value", told[3])
    assert "51 of 51 people answered" in told[3]
    assert len(veterans.journal.entries) == 4  # strangers, the person, and two calls for one more than a call holds
    person = json.loads((desk / "person.json").read_text(encoding="utf-8"))
    assert person["idNumber"] not in "".join(told)
    assert person["name"] not in "".join(told)


async def test_a_trial_says_what_is_not_as_the_contract_has_it(desk, veterans):
    arguments = ("try", "connectors/manifests/TY.toml", "--sources", "sources.json", "--person", "person.json")
    for settings, said in (
        ({"lie": "types"}, "DepartmentBroke"), ({"fail": 503}, "DepartmentUnavailable"), ({"lie": "half"}, "left out or answered unreadably"),
    ):
        await veterans.control(settings)
        result = await asyncio.to_thread(run, *arguments)
        assert result.exit_code == 1
        assert said in result.output
        assert "to mend" in result.output


async def test_nobody_real_is_looked_up_in_a_trial(desk, veterans):
    (desk / "person.json").write_text(json.dumps({"idNumber": "11010519491231002X", "name": "张三"}), encoding="utf-8")
    result = await asyncio.to_thread(run, "try", "connectors/manifests/TY.toml", "--sources", "sources.json", "--person", "person.json")
    assert result.exit_code == 1
    assert "nobody real is looked up" in result.output
    assert veterans.journal.calls == 0


def test_the_shipped_manifests_agree_with_the_graph():
    for path in MANIFESTS:
        manifest = parse(path.name, path.read_text(encoding="utf-8"), SETTINGS)
        assert manifest.protocol == "hub" or faults(manifest) == [], path.name


@pytest.mark.parametrize(("old", "new", "said"), [
    ('subsidyFrom = { name = "qfny", kind = "month" }', "", "veteran.subsidyFrom: missing"),
    ("subsidyFrom = {", "paidFrom = {", "veteran.paidFrom: the graph has no such field"),
    ('kind = "fen"', 'kind = "percent"', "veteran.subsidyMonthly: kind percent gives no AMOUNT in yuan/month"),
    ('kind = "code-as-is"', 'kind = "code", codes = { 1 = true }', "veteran.beneficiaryKind: code True: a code of BENEFICIARY_KIND is expected"),
    ('kind = "code-as-is"', 'kind = "code", codes = { 1 = "NOBODY" }', "'NOBODY' is not in BENEFICIARY_KIND"),
    ('kind = "fen"', 'kind = "fen", level = "L1"', "veteran.subsidyMonthly: labelled L1, weaker than the graph's L3"),
    ('kind = "fen"', 'kind = "fen", computes = { band = { name = "qj", codes = { 1 = "a lot" } } }', "a lot is no band of the table"),
    ('kind = "fen"', 'kind = "fen", computes = { masked = { name = "qj", codes = { 1 = "x" } } }', "computes.masked: AMOUNT has no such weaker form"),
    ("[groups.veteran", "[groups.hero", "hero: the graph has no such fact group"),
    ("[groups.veteran", "[groups.tax", "tax: a group of SW, not of TY"),
    ('secret = "${TY_SECRET}"', 'secret = "hunter2"', "a secret may only be a ${SETTING} reference"),
])
def test_what_is_wrong_is_named_before_anybody_is_asked(old, new, said, tmp_path):
    text = Path("connectors/manifests/TY.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "TY.toml").write_text(text.replace(old, new), encoding="utf-8")
    result = run("check", str(tmp_path / "TY.toml"))
    assert result.exit_code == 1
    assert said in result.output
    assert "hunter2" not in result.output


def test_a_stricter_department_is_a_remark_and_no_fault(tmp_path):
    text = Path("connectors/manifests/TY.toml").read_text(encoding="utf-8").replace('kind = "flag"', 'kind = "flag", level = "L4"')
    (tmp_path / "TY.toml").write_text(text, encoding="utf-8")
    result = run("check", str(tmp_path / "TY.toml"))
    assert result.exit_code == 0
    assert "veteran.isBeneficiary: the department classifies it L4, the graph L2" in result.output


@pytest.mark.parametrize("protocol", sorted(SCHEMES))
def test_a_skeleton_of_every_protocol_needs_its_question_marks_answered_and_nothing_else(protocol):
    """Answered by words of the right form, it parses and agrees with the graph."""
    for group, spec in GROUPS.items():
        if group == "identity":
            continue
        text = skeleton(spec.department, protocol, [group])
        assert unanswered(text)
        answered = re.sub(r'"\?(\d+)"', r'"\1"', text)
        for key, word in (
            ("freshness", "daily"), ("shape", "flat"), ("path", "/v1/x"), ("submit", "/v1/x"), ("poll", "/v1/y"), ("header", "a,b"), ("subject", "a"), ("subject_end", "18"),
            ("namespace", "urn:x"), ("action", "urn:a"), ("encoding", "utf-8"),
        ):
            answered = re.sub(rf'^{key} = "\?"', f'{key} = "{word}"', answered, flags=re.MULTILINE)
        answered = re.sub(r'kind = "\?"(.* kind ([\w-]+) or)', r'kind = "\2"\1', answered).replace('"?"', '"x"')
        settings = dict.fromkeys(re.findall(r"\$\{(\w+)\}", answered), "set")
        assert faults(parse(f"{group}.toml", answered, settings)) == []


def test_a_skeleton_overwrites_nothing_and_knows_whose_group_it_is(tmp_path):
    (tmp_path / "TY.toml").write_text("mine", encoding="utf-8")
    assert "is there already" in run("new", "TY", "--protocol", "rest", "--group", "veteran", "--output", str(tmp_path / "TY.toml")).output
    assert (tmp_path / "TY.toml").read_text(encoding="utf-8") == "mine"
    assert "veteran is a group of TY, not of GA" in run("new", "GA", "--protocol", "rest", "--group", "veteran").output
    assert "the graph has no fact group 'heroes'" in run("new", "GA", "--protocol", "rest", "--group", "heroes").output


def test_a_department_that_answers_later_is_not_asked_in_a_trial_that_waits_for_nobody(tmp_path):
    nested: dict[str, dict[str, str]] = {}
    for name, value in SETTINGS.items():
        code, _, key = name.partition("_")
        if code == "JR":
            nested.setdefault(code, {})[key.lower()] = value
    (tmp_path / "sources.json").write_text(json.dumps({"region": "500152", **nested}), encoding="utf-8")
    result = run("try", "connectors/manifests/JR.toml", "--sources", str(tmp_path / "sources.json"))
    assert result.exit_code == 0, result.output
    assert "a trial waits for nobody: nothing was asked" in result.output
    assert "answers as its contract has it" not in result.output
