"""`python -m tests.connectors.sandbox.contracts`: writes the machine-readable half of docs/contracts anew from the departments' dialects."""

from __future__ import annotations

from pathlib import Path

import yaml

from connectors.sandbox.departments import DIALECTS
from connectors.sandbox.dialect import Dialect, RestDialect
from connectors.sandbox.openapi import openapi
from connectors.sandbox.registries import REGISTRIES
from connectors.sandbox.wsdl import wsdl

DIRECTORY = Path(__file__).resolve().parents[3] / "docs/contracts"


class _Spelled(yaml.SafeDumper):
    """YAML without anchors: each part stands where it is read."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def contract(dialect: Dialect) -> tuple[Path, str]:
    """A department's file and what it must hold."""
    if isinstance(dialect, RestDialect):
        text = yaml.dump(openapi(dialect), Dumper=_Spelled, allow_unicode=True, sort_keys=False, width=140)
        return DIRECTORY / f"{dialect.code}.yaml", text
    return DIRECTORY / f"{dialect.code}.wsdl", wsdl(dialect)


if __name__ == "__main__":
    for one in (*DIALECTS, *REGISTRIES):
        path, text = contract(one)
        path.write_text(text, encoding="utf-8")
