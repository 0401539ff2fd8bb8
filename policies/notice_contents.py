"""告知内容: what a privacy notice tells who signs under it (PIPL §17, §30), in the words it was told in, as data.

- Who handles, and how to reach them (§17(1)); for what and how (§17(2)); which kinds of information, and how long each is kept (§17(2)).
- How a person exercises their rights (§17(3)); what else law has them told (§17(4)), such as who receives it (§23).
- Of what is sensitive, why it is needed and what it does to the person's rights (§30); a child's is sensitive whatever it is (§28).

What the words say, and when nothing need be told (§18, §35), is the office's. Whether everything is told of is asked here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from policies.groups import GROUPS
from policies.letters import UNDER_14
from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

BY_LETTER = frozenset(code for code, purpose in PURPOSES.items() if BasisKind.LETTER in purpose.bases)
"""The purposes a letter may name, and a notice therefore tells of."""
NOTHING_TOLD = frozenset(GROUPS) | BY_LETTER | {UNDER_14}
"""What a version is silent about whose contents nobody entered."""


@dataclass(frozen=True, slots=True)
class Use:
    """For what information is handled, and how."""

    purposes: tuple[str, ...]
    why_zh: str
    manner_zh: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of information, and how long it is kept."""

    title_zh: str
    fact_groups: tuple[str, ...]
    kept_zh: str


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Sensitive groups (or UNDER_14), why they are needed, and what that does to the person's rights."""

    fact_groups: tuple[str, ...]
    need_zh: str
    effect_zh: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All of it."""

    handler_zh: str
    contact_zh: str
    rights_zh: str
    other_zh: tuple[str, ...]
    uses: tuple[Use, ...]
    kinds: tuple[Kind, ...]
    sensitive: tuple[Sensitive, ...]

    def silent(self, sensitive: Collection[str]) -> frozenset[str]:
        """The fact groups, purposes and UNDER_14 it does not tell of. `sensitive` are the groups, and UNDER_14, of which the need and the effect
        are told too (§30): one whose need is not told is not told of.
        """
        explained = _all(one.fact_groups for one in self.sensitive)
        told = _all(one.fact_groups for one in self.kinds) | _all(one.purposes for one in self.uses) | {UNDER_14}
        return NOTHING_TOLD - (told - (frozenset(sensitive) - explained))


def contents(table: Table) -> Contents:
    """From a version's table `tells`. Raises ParametersRefused on what is missing, blank, unknown or told twice."""
    made = Contents(
        handler_zh=_said(table, "handler_zh"), contact_zh=_said(table, "contact_zh"), rights_zh=_said(table, "rights_zh"), other_zh=table.codes("other_zh"),
        uses=tuple([_use(row) for row in table.rows("use")]), kinds=tuple([_kind(row) for row in table.rows("kind")]),
        sensitive=tuple([_sensitive(row) for row in table.rows("sensitive")]),
    )
    table.done()
    if not made.uses or not made.kinds:
        raise ParametersRefused(f"{table.where}: it names no use, or no kind of information (PIPL §17(2))")
    if not all(one.strip() for one in made.other_zh):
        raise ParametersRefused(f"{table.where}: other_zh has a blank entry")
    kinds = [group for one in made.kinds for group in one.fact_groups]
    sensitive = [group for one in made.sensitive for group in one.fact_groups]
    _once(table, "use", [code for one in made.uses for code in one.purposes], BY_LETTER)
    _once(table, "kind", kinds, GROUPS)
    _once(table, "sensitive", sensitive, {*kinds, UNDER_14})
    return made


def _named(row: Table, key: str) -> tuple[str, ...]:
    """At least one code: elsewhere an empty list means all, and a notice that tells of all says of what."""
    codes = row.codes(key)
    if not codes:
        raise ParametersRefused(f"{row.where}: {key} names nothing")
    return codes


def _use(row: Table) -> Use:
    made = Use(purposes=_named(row, "purposes"), why_zh=_said(row, "why_zh"), manner_zh=_said(row, "manner_zh"))
    row.done()
    return made


def _kind(row: Table) -> Kind:
    made = Kind(title_zh=_said(row, "title_zh"), fact_groups=_named(row, "fact_groups"), kept_zh=_said(row, "kept_zh"))
    row.done()
    return made


def _sensitive(row: Table) -> Sensitive:
    made = Sensitive(fact_groups=_named(row, "fact_groups"), need_zh=_said(row, "need_zh"), effect_zh=_said(row, "effect_zh"))
    row.done()
    return made


def _said(table: Table, key: str) -> str:
    words = table.text(key).strip()
    if not words:
        raise ParametersRefused(f"{table.where}: {key} is blank")
    return words


def _once(table: Table, rows: str, codes: Collection[str], known: Collection[str]) -> None:
    if unknown := set(codes) - set(known):
        raise ParametersRefused(f"{table.where}: [[{rows}]] names {', '.join(sorted(unknown))}, which is none, or of no kind told of here")
    if twice := {code for code in codes if sum(code == other for other in codes) > 1}:
        raise ParametersRefused(f"{table.where}: [[{rows}]] names {', '.join(sorted(twice))} twice")


def _all(lists: Iterable[Collection[str]]) -> frozenset[str]:
    return frozenset[str]().union(*lists)
