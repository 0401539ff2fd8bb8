"""The house rules of CONTRIBUTING.md, each a test that names the file that breaks it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest
import yaml

from hub.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("hub", "schema", "connectors", "policies")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "core", "misc", "service"}
CLOCKS = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time|os\.urandom|secrets\.\w+|random\.random)\(")
CLOCK_PLACES = ("hub/clock.py", "hub/app.py", "hub/cli/", "connectors/sandbox/__main__.py", "hub/__main__.py")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    assert len(SOURCES) > 40
    return {_name(path): ast.parse(path.read_text()) for path in SOURCES}


def test_no_file_is_longer_than_300_lines() -> None:
    long = [f"{_name(path)}: {n}" for path in SOURCES if (n := len(path.read_text().splitlines())) > 300]
    assert not long


def test_no_function_is_longer_than_40_lines(trees: dict[str, ast.Module]) -> None:
    long = [
        f"{name}:{function.lineno} {function.name}"
        for name, tree in trees.items()
        for function in _functions(tree)
        if (function.end_lineno or 0) - function.lineno + 1 > 40
    ]
    assert not long


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [_name(path) for path in SOURCES if path.stem.strip("_") in FORBIDDEN_NAMES]


def test_each_module_begins_with_a_docstring(trees: dict[str, ast.Module]) -> None:
    assert not [name for name, tree in trees.items() if not ast.get_docstring(tree)]


def test_public_classes_and_functions_say_what_they_are(trees: dict[str, ast.Module]) -> None:
    silent = []
    for name, tree in trees.items():
        if name.startswith("connectors/sandbox/"):
            continue
        silent += [
            f"{name}:{node.lineno} {node.name}"
            for node in tree.body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert not silent


def test_no_import_inside_a_function_and_none_for_types_alone(trees: dict[str, ast.Module]) -> None:
    late = [
        f"{name}:{inner.lineno}"
        for name, tree in trees.items()
        for function in _functions(tree)
        for inner in ast.walk(function)
        if isinstance(inner, (ast.Import, ast.ImportFrom))
    ]
    assert not late
    assert not [name for name, tree in trees.items() if "TYPE_CHECKING" in ast.dump(tree)]


def test_nobody_reads_the_clock_or_draws_randomness_outside_the_composition_root() -> None:
    found = []
    for path in SOURCES:
        if _name(path).startswith(CLOCK_PLACES):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if CLOCKS.search(line) and not line.lstrip().startswith(("#", '"')):
                found.append(f"{_name(path)}:{number}")
    assert not found


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 400
    assert list(TopologicalSorter(imports).static_order())  # CycleError names the circle


def test_import_contracts_hold() -> None:
    done = subprocess.run([ROOT / ".venv/bin/lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_lock_files_hold_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-run.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pins = re.findall(r"^[\w.\-\[\]]+==\S+", text, flags=re.MULTILINE)
        assert len(pins) > 40
        assert text.count("--hash=sha256:") >= len(pins)
        # PyPI's package of that name would be hidden by our own `schema`.
        assert not re.search(r"^schema==", text, flags=re.MULTILINE)
    drivers = (ROOT / "requirements-drivers.lock").read_text()
    assert "://" not in drivers
    assert drivers.count("--hash=sha256:") >= drivers.count("==") >= 2
    for name in ("package-lock.json", "tests/federation/package-lock.json"):
        assert "resolved" not in (ROOT / name).read_text()


def test_every_module_said_to_be_covered_is_there_and_what_is_not_counted_says_why() -> None:
    """`make coverage` (docs/decisions/0037): a module renamed would fall out of the gate without a word."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["run"]["source_pkgs"]
    modules = [ROOT.joinpath(*name.split(".")) for name in named]
    assert not [module for module in modules if not (module.is_dir() or module.with_suffix(".py").is_file())]
    left_out = [line for path in SOURCES for line in path.read_text().splitlines() if "pragma: no" in line]
    assert len(left_out) <= 1
    assert all(re.search(r"# pragma: no (cover|branch) \(\w.+\)$", line) for line in left_out)


def test_no_registry_is_named_anywhere() -> None:
    hosts = [r"py" + r"pi\.org", r"python" + r"hosted\.org", r"npm" + r"js\.(org|com)", r"deb" + r"ian\.org"]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    named = []
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".ico"}:
            text = path.read_text(errors="replace")
            named += [name for host in hosts if re.search(host, text)]
    assert not named


def test_production_compose_is_whole() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services = compose["services"]
    assert {"postgres", "migrate", "hub-a", "hub-b"} <= set(services)
    assert services["hub-a"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for service in services.values():
        tag = service["image"].partition(":")[2]
        assert re.match(r"\d+\.\d+", tag), "images are pinned to an exact version"
        environment = service.get("environment", {})
        assert not [name for name in environment if name.endswith("PASSWORD")], "no password stands in the file"
        mounted = {f"/run/secrets/{name}" for name in service.get("secrets", [])}
        assert {value for value in environment.values() if str(value).startswith("/run/secrets/")} <= mounted
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
    # As `hub serve` reads it in the container, with what hub.env must hold: a name it does not know would stop it there.
    given = {**services["hub-a"]["environment"], "HUB_REGION": "500152000000", "HUB_ISSUER": "https://hub.example"}
    settings = Settings.read({name: value for name, value in given.items() if not name.endswith("_FILE")})
    assert settings.sources == Path("/run/secrets/hub_sources")
    example = dict(line.split("=", 1) for line in (ROOT / "hub.env.example").read_text().splitlines() if line and line[0] != "#")
    assert Settings.read({**example, "HUB_DATABASE_URL": "postgresql://x"}).require_dpop, "the example starts, with DPoP on"
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert all(re.search(r":\d+\.\d+\.\d+", line) for line in re.findall(r"^FROM .*", dockerfile, flags=re.MULTILINE))
    assert "USER hub" in dockerfile


def test_each_directory_a_department_drops_into_is_mounted_in_production() -> None:
    manifests = [path.read_text("utf-8") for path in (ROOT / "connectors/manifests").glob("*.toml")]
    read = {found[1] for text in manifests if (found := re.search(r'^place = "\$\{(\w+)_DIRECTORY\}"', text, flags=re.MULTILINE))}
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert read >= {"CL", "YJ"}
    for replica in ("hub-a", "hub-b"):
        assert {f"./drops/{code}:/srv/drops/{code}:ro" for code in read} <= set(services[replica]["volumes"])


def test_every_setting_stands_in_both_readmes() -> None:
    settings = re.findall(r"^    (\w+): ", (ROOT / "hub/settings.py").read_text(), flags=re.MULTILINE)
    assert len(settings) > 10
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text()
        assert not [setting for setting in settings if f"HUB_{setting.upper()}" not in text]


def test_decision_records_are_numbered_and_weigh_their_options() -> None:
    records = sorted((ROOT / "docs/decisions").glob("[0-9][0-9][0-9][0-9]-*.md"))
    assert len(records) >= 8
    for record in records:
        text = record.read_text().lower()
        assert "bad, because" in text, record.name
        assert "decision" in text, record.name
