"""单独同意: which fact groups are told on a letter only where who signed it consented to them one by one (PIPL §28–29, §31), as data.

The law names kinds of information and says that consent to them is given separately; which labels and groups these are here, whether the
words of a form alone are enough, and whether an agent may give it, is what a region decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policies.forms import Level
from policies.groups import GROUPS
from policies.letter_templates import TEMPLATES
from policies.parameters import REGIONS, ParametersRefused, Table

NATIONAL = Path(__file__).parent / "national" / "separate_consent.toml"


@dataclass(frozen=True, slots=True)
class SeparateConsent:
    """A group needs an item from `from_level` of its most sensitive field on, or as one of the law's `kinds`. `under_14`: of a child nothing
    is told without the guardian's item for the child. `by_agent`: whether an item ticked by an agent counts. `texts`: templates whose own
    words count for the groups they name.
    """

    from_level: Level
    kinds: Mapping[str, frozenset[str]]
    under_14: bool
    by_agent: bool
    texts: frozenset[str]
    source: str

    def needed(self, levels: Mapping[str, Collection[Level]]) -> frozenset[str]:
        """The fact groups that need an item; `levels` are those of each group's fields."""
        labelled = {group for group, found in levels.items() if any(level >= self.from_level for level in found)}
        return frozenset(labelled).union(*self.kinds.values())

    def named(self, template: str) -> frozenset[str]:
        """The groups a letter's own words name so that no item is needed; `template` is the form whose words they are, "" none's."""
        return TEMPLATES[template].named if template in self.texts else frozenset()


def read_separate_consent(file: str, text: str) -> SeparateConsent:
    """From TOML. Raises ParametersRefused on an unknown key, level, group or template, and on a kind given twice."""
    top = Table.parse(file, text)
    level, texts = top.text("from_level"), frozenset(top.codes("texts"))
    if unknown := ({level} - set(Level)) | (texts - TEMPLATES.keys()):
        raise ParametersRefused(f"{file}: {', '.join(sorted(unknown))} is no level, or no template of letters")
    made = SeparateConsent(
        from_level=Level(level), kinds=_kinds(top), under_14=top.flag("under_14"), by_agent=top.flag("by_agent"), texts=texts, source=top.text("source"),
    )
    top.done()
    return made


def separate_consent(region: str) -> SeparateConsent:
    """A region's (6 digits), or the national one where its folder has none. Raises ParametersRefused."""
    own = REGIONS / region / NATIONAL.name
    path = own if own.is_file() else NATIONAL
    return read_separate_consent(path.name, path.read_text("utf-8"))


def _kinds(top: Table) -> Mapping[str, frozenset[str]]:
    kinds: dict[str, frozenset[str]] = {}
    for row in top.rows("kind"):
        code, groups, _ = row.text("code"), frozenset(row.codes("groups")), (row.text("title_zh"), row.text("source"))
        row.done()
        if code in kinds or not groups <= GROUPS.keys():
            raise ParametersRefused(f"{row.where}: {code} is given twice, or is of what is no fact group")
        kinds[code] = groups
    return MappingProxyType(kinds)
