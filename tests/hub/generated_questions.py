"""Random questions over the real schema that reach real people: aliases, fragments, directives, variables, unions, interfaces."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date

from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type

from hub.authorizations.matter import Matter
from schema import SCHEMA
from tests.hub.road import FACT_GROUPS, Road, id_number, matter, member


class Generator:
    """One document. `draw` is seeded, so that a failing number fails again."""

    def __init__(self, seed: int, road: Road) -> None:
        self.draw = random.Random(seed)
        self.road = road
        self.people = [road.handle(one) for one in matter_of().members]
        self.fragments: list[str] = []
        self.variables: dict[str, tuple[str, object]] = {}
        self.names = 0
        self.budget = 90  # fields drawn before every selection ends in its type's name

    def operation(self) -> tuple[str, Mapping[str, object]]:
        roots = " ".join(self.root() for _ in range(self.draw.choice((1, 1, 2, 3))))
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        text = f"query Q{f'({declared})' if declared else ''} {{ {roots} }} {' '.join(self.fragments)}"
        return text, {name: value for name, (_, value) in self.variables.items()}

    def root(self) -> str:
        name = self.draw.choice(("case", "household", "person", "people", "lookUp", "accessLog", "case", "person", "__typename"))
        if name == "__typename":
            return f"{self.alias()}__typename"
        wrong = self.draw.random() < 0.1
        name = "cases" if name == "case" and self.names % 4 == 0 else name
        ids = [self.draw.choice(self.people) for _ in range(self.draw.randrange(4))] + ["per_nobody"] * wrong
        given = {
            "case": ("id", "ID!", "case_2" if wrong else "case_1"),
            "cases": ("ids", "[ID!]!", ["case_1", "case_2"][wrong:]),
            "household": ("id", "ID!", "hh_x" if wrong else self.road.household()),
            "person": ("id", "ID!", "per_x" if wrong else self.draw.choice(self.people)),
            "people": ("ids", "[ID!]!", ids),
            "lookUp": ("idNumber", "IdNumber!", self.id_number(wrong=wrong)),
            "accessLog": ("first", "Int", 5),
        }[name]
        arguments = self.argument(*given, always=name == "lookUp")
        type_ = get_named_type(SCHEMA.query_type.fields[name].type)
        return f"{self.alias(0.99)}{name}({arguments}){self.directives(0.05)} {self.selection(type_, 0)}"

    def id_number(self, *, wrong: bool) -> str:
        return id_number("50990019900101123") if wrong else self.draw.choice(matter_of().members).person.id_number

    def argument(self, name: str, type_: str, value: object, *, always: bool = False) -> str:
        if always or self.draw.random() < 0.4:
            self.names += 1
            self.variables[f"v{self.names}"] = (type_, value)
            return f"{name}: $v{self.names}"
        return f"{name}: {self.literal(value)}"

    def literal(self, value: object) -> str:
        if isinstance(value, list):
            return "[" + ", ".join(self.literal(one) for one in value) + "]"
        return str(value) if isinstance(value, int) else f'"{value}"'

    def alias(self, chance: float = 0.2) -> str:
        self.names += 1
        return f"a{self.names}: " if self.draw.random() < chance else ""

    def directives(self, chance: float = 0.08) -> str:
        if self.draw.random() >= chance:
            return ""
        directive = self.draw.choice(("skip", "include"))
        value = self.draw.choice(("true", "false", "$b0", "$b1"))
        if value[0] == "$":
            self.variables.setdefault(value[1:], ("Boolean!", self.draw.random() < 0.5))
        return f" @{directive}(if: {value})"

    def selection(self, type_: object, depth: int, *, aliased: bool = False) -> str:
        if is_abstract_type(type_):
            return self.abstract(type_, depth)
        assert isinstance(type_, GraphQLObjectType)
        likely = [name for name in ("household", "members", "person", "records", *FACT_GROUPS) if name in type_.fields]
        names = self.draw.choices([*type_.fields, *likely * 3], k=self.draw.randrange(1, 7) if depth else 4)
        self.budget -= len(names)
        names = names if self.budget > 0 else []
        parts = [self.field(type_, name, depth, aliased=aliased) for name in names if name in type_.fields]
        parts.append(f"{self.alias(1.0)}__typename" if not parts or self.draw.random() < 0.2 else "")
        if names and self.draw.random() < 0.12:
            self.names += 1
            parts.append(f"... {f'on {type_.name} ' if self.draw.random() < 0.7 else ''}{self.directives()}"
                         f"{{ {self.field(type_, names[0], depth, aliased=aliased) if names[0] in type_.fields else '__typename'} }}")
        if self.draw.random() < 0.12:
            self.names += 1
            name = f"F{self.names}"
            self.fragments.append(f"fragment {name} on {type_.name} {{ {' '.join(parts)} }}")
            parts = [f"...{name}{self.directives()}", f"...{name}" if self.draw.random() < 0.3 else "", f"{self.alias(1.0)}__typename"]
        return "{ " + " ".join(filter(None, parts)) + " }"

    def abstract(self, type_: object, depth: int) -> str:
        possible = SCHEMA.get_possible_types(type_)
        parts = [f"{self.alias(1.0)}__typename"]
        common = [name for name in getattr(type_, "fields", {}) if self.draw.random() < 0.4]
        chosen = self.draw.sample(list(possible), k=min(len(possible), self.draw.randrange(1, 5)))
        parts.extend(self.field(type_, name, depth, aliased=True) for name in common)
        parts.extend(f"... on {one.name}{self.directives()} {self.selection(one, depth, aliased=True)}" for one in chosen)
        return "{ " + " ".join(parts) + " }"

    def field(self, type_: object, name: str, depth: int, *, aliased: bool) -> str:
        defined = type_.fields[name]
        named = get_named_type(defined.type)
        arguments = self.arguments(defined, name)
        alias = self.alias(1.0 if aliased or arguments else 0.2)
        inner = "" if is_leaf_type(named) else " " + self.selection(named, depth + 1)
        return f"{alias}{name}{arguments}{self.directives()}{inner}"

    def arguments(self, defined: object, name: str) -> str:
        if name == "facts":
            groups = [self.draw.choice(FACT_GROUPS) for _ in range(self.draw.randrange(4))]
            if self.draw.random() < 0.5:
                self.names += 1
                self.variables[f"v{self.names}"] = ("[FactGroupCode!]!", groups)
                return f"(groups: $v{self.names})"
            return f"(groups: [{', '.join(groups)}])"
        if name == "confirmation":
            region = self.draw.choice((None, "500152", "500152000000", "511725"))
            return f"({self.argument('region', 'RegionCode', region)})" if region else ""
        if name == "atLeast":
            threshold = get_named_type(defined.args["threshold"].type)
            assert isinstance(threshold, GraphQLEnumType)
            value = self.draw.choice(list(threshold.values))
            if self.draw.random() < 0.5:
                self.names += 1
                self.variables[f"v{self.names}"] = ("Threshold!", value)
                return f"(threshold: $v{self.names})"
            return f"(threshold: {value})"
        return ""


def matter_of() -> Matter:
    """The household all questions are about: adults, a child, one of unknown age, an obligor, somebody not counted."""
    return matter(
        member(0, born=date(1950, 1, 1)), member(1, born=date(1985, 6, 30)), member(2, born=date(2014, 2, 3)), member(3, born=None),
        member(4, "OBLIGOR", born=date(1960, 1, 1)), member(5, "EXCLUDED", born=date(1970, 1, 1)),
    )
