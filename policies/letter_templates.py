"""授权书模板: the forms of 核对授权书 a region uses, as data: for whom they are signed, for what, over which fact groups.

A template is no letter: nobody has signed it. It says before anybody signs what a letter of this form would open, so that a question
can be held against it (`hub fits`), and by its words a signed letter is known to be of this form. Words that changed are another file, with
its own version: letters under the old ones stay what they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policies.groups import GROUPS
from policies.letters import ALL_LISTED, LEVELS, UNDER_14
from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

DIRECTORY = Path(__file__).parent / "letter_templates"
NATIONAL = "national"
"""The nationwide form, by which a question is measured where nobody names another."""


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """One form. `fact_groups` as a letter states them: {"ALL_LISTED"} or codes; `assurances` what its ways of signing can bring;
    `obligors`: whether 法定义务人 sign it too, each their own. `text` are the words of its scope; `separately` the items its sheet asks each
    signer for, one by one (PIPL §29); `named` the sensitive groups its words name themselves, which count where the region lets them.
    `digest` is SHA-256 of what it says.
    """

    code: str
    version: str
    title_zh: str
    source: str
    purposes: frozenset[str]
    fact_groups: frozenset[str]
    receivers: frozenset[str]
    assurances: tuple[str, ...]
    obligors: bool
    text: str
    separately: tuple[str, ...]
    named: frozenset[str]
    digest: str


def read_template(file: str, text: str) -> LetterTemplate:
    """A template from TOML. Raises ParametersRefused on an unknown key, group or way of signing, and on a purpose no letter opens."""
    top, code = Table.parse(file, text), Path(file).stem
    made = LetterTemplate(
        code=code, version=top.text("version"), title_zh=top.text("title_zh"), source=top.text("source"), purposes=frozenset(top.codes("purposes")),
        fact_groups=frozenset(top.codes("fact_groups")), receivers=frozenset(top.codes("receivers")), assurances=top.codes("assurances"),
        obligors=top.flag("obligors"), text=top.text("text"), separately=top.codes("separately"), named=frozenset(top.codes("named")),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    top.done()
    by_letter = {name for name, purpose in PURPOSES.items() if BasisKind.LETTER in purpose.bases}
    unknown = (
        (made.purposes - by_letter) | (made.fact_groups - GROUPS.keys() - {ALL_LISTED}) | (frozenset(made.assurances) - frozenset(LEVELS))
        | ((made.named | set(made.separately)) - (GROUPS.keys() if ALL_LISTED in made.fact_groups else made.fact_groups) - {UNDER_14})
    )
    if unknown:
        raise ParametersRefused(f"{file}: {', '.join(sorted(unknown))} is nothing a letter states")
    if not (made.purposes and made.fact_groups and made.receivers and made.assurances):
        raise ParametersRefused(f"{file}: a letter names purposes, fact groups, receivers and ways of signing")
    return made


def templates(directory: Path = DIRECTORY) -> Mapping[str, LetterTemplate]:
    """Every template by code, the name of its file."""
    found = {path.stem: read_template(path.name, path.read_text("utf-8")) for path in sorted(directory.glob("*.toml"))}
    if NATIONAL not in found:
        raise ParametersRefused(f"{directory.name}: the nationwide form, {NATIONAL}.toml, is missing")
    if len({one.text for one in found.values()}) != len(found):
        raise ParametersRefused(f"{directory.name}: two forms have the same words, and no letter could be told to be of either")
    return MappingProxyType(found)


TEMPLATES: Mapping[str, LetterTemplate] = templates()
"""Every form known to the hub; one that cannot be read stops it at its start."""

BY_TEXT: Mapping[str, str] = MappingProxyType({one.text: code for code, one in TEMPLATES.items()})
"""The code of the form whose words these are."""
