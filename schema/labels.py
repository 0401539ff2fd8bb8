"""标签: what every field of a fact says about itself, printed into the SDL: level, kind, default form in another region, unit, codes.

Rules of this file:
- A fact's field is declared with the constructor of its kind (`text`, `amount`, …); the constructor writes the `@label`.
- A record list is declared with `records`; a type of facts names its group with `@factGroup`.
- Nothing here decides anything: policies read the labels, the printed SDL shows them to an officer or auditor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from policies.forms import Form, Kind, Level

strawberry.enum(Level, description="敏感级别 Sensitivity of a field: L1 may be public, L4 is highly sensitive.")
strawberry.enum(Form, description="披露形式 How much of a value is told, strongest first.")
strawberry.enum(Kind, description="值类 What kind of value a field is, and so which weaker forms its type can tell.")


@strawberry.schema_directive(
    name="label",
    locations=[Location.FIELD_DEFINITION],
    description="标签 Disclosure label of a field: what policy knows about it before any value is fetched.",
)
class Label:
    """`item` is the name in the departments' catalogue where it differs from the field's; `codes` a table or "A/B/C"."""

    level: Level
    kind: Kind
    cross_region: Form
    unit: str | None = strawberry.UNSET
    codes: str | None = strawberry.UNSET
    item: str | None = strawberry.UNSET


@strawberry.schema_directive(
    name="factGroup",
    locations=[Location.OBJECT],
    description="事实组 Which fact group a type carries, what it is called, which department holds it.",
)
class FactGroup:
    """The group of a facts type; `source` cites why the item is checked."""

    code: str
    title: str
    department: str
    source: str


@strawberry.schema_directive(
    name="key",
    locations=[Location.OBJECT],
    repeatable=True,
    description="The field by which another graph may refer to an object (Apollo Federation 2).",
)
class Key:
    """Entity key."""

    fields: str


def plain(level: Level, title: str, english: str, *, unit: str = "", codes: str = "", name: str = "") -> Any:
    """A scalar no rule weakens: L1 or L2, told in full or not at all."""
    return labelled(Kind.PLAIN, level, Form.FULL, title, english, unit=unit, codes=codes, name=name)


def flag(level: Level, cross: Form, title: str, english: str) -> Any:
    """是/否: a Boolean whose full form is already the weakest."""
    return labelled(Kind.FLAG, level, cross, title, english)


def text(level: Level, cross: Form, title: str, english: str) -> Any:
    """A name or a number: in full or masked."""
    return labelled(Kind.TEXT, level, cross, title, english)


def amount(level: Level, cross: Form, title: str, english: str, *, unit: str = "yuan", item: str = "") -> Any:
    """Money: exact, as a band, or against a named threshold. `unit` may be per month or year."""
    return labelled(Kind.AMOUNT, level, cross, title, english, unit=unit, item=item)


def quantity(level: Level, cross: Form, title: str, english: str, *, unit: str) -> Any:
    """A count or measure: exact, as a band, or whether there is any."""
    return labelled(Kind.QUANTITY, level, cross, title, english, unit=unit)


def dated(level: Level, cross: Form, title: str, english: str) -> Any:
    """A day: exact, its year, or whether there is one."""
    return labelled(Kind.DATED, level, cross, title, english)


def coded(level: Level, cross: Form, title: str, english: str, *, codes: str = "") -> Any:
    """A code: exact with its label, its group, or whether there is one."""
    return labelled(Kind.CODED, level, cross, title, english, codes=codes)


def pseudonym(level: Level, cross: Form, title: str, english: str) -> Any:
    """A person a source names: a pseudonym of this purpose, or whether there is one; never traversable."""
    return labelled(Kind.PSEUDONYM, level, cross, title, english)


def records(title: str, english: str) -> Any:
    """The record list of a group: that there is a record, and how many, is a fact with a verdict of its own."""
    return labelled(Kind.PRESENCE, Level.L2, Form.FULL, title, english)


def labelled(
    kind: Kind, level: Level, cross: Form, title: str, english: str, *,
    unit: str = "", codes: str = "", item: str = "", name: str = "",
) -> Any:
    """A Strawberry field with its bilingual description and its label."""
    label = Label(
        level=level, kind=kind, cross_region=cross,
        unit=unit or strawberry.UNSET, codes=codes or strawberry.UNSET, item=item or strawberry.UNSET,
    )
    return strawberry.field(name=name or None, description=f"{title} {english}", directives=[label])


def told(title: str, english: str, *, name: str = "") -> Any:
    """A field that carries no fact of a department: ids, status, provenance; bilingual, without a label."""
    return strawberry.field(name=name or None, description=f"{title} {english}")


def asked(title: str, english: str) -> Callable[[Callable[..., Any]], Any]:
    """A field with arguments: the method below it declares them and is never called, since the hub's own road answers."""
    field: Callable[[Callable[..., Any]], Any] = strawberry.field(description=f"{title} {english}")
    return field
