"""Valid operations over the hub's schema: hypothesis-graphql's, made harder with fragments, repeated fields, directives and variables.

`operations()` draws (document text, variables). Every drawn document is valid by construction; the tests check that too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import hypothesis_graphql
from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableDefinitionNode,
    VariableNode,
    ast_from_value,
    get_named_type,
    is_composite_type,
    is_non_null_type,
    parse,
    parse_type,
    print_ast,
    value_from_ast_untyped,
)
from hypothesis import strategies as st

from hub.operations.literals import holds_id_number
from schema import SCHEMA, sdl

_INSTANT = st.just("2026-11-23T09:00:00+08:00")


def _nodes(values: st.SearchStrategy[str]) -> st.SearchStrategy[StringValueNode]:
    return values.map(lambda value: StringValueNode(value=value, block=False))


_SCALARS = {
    "DateTime": _nodes(_INSTANT), "Date": _nodes(st.just("2026-11-23")), "YearMonth": _nodes(st.just("2026-11")),
    "RegionCode": _nodes(st.sampled_from(["500152", "511725000000"])), "Band": _nodes(st.just("0")),
    "Decimal": _nodes(st.just("1.5")), "YuanDecimal": _nodes(st.just("1.50")),
}
# An ID number travels in a variable: the plain documents leave out where one would stand, and whatever might be one.
_ID_NUMBERS = re.compile(r'\n *"""[^"]*"""\n *(?:lookUp\(idNumber: IdNumber!\): Person|subjectIdNumber: IdNumber)\n')
_DOCUMENTS = hypothesis_graphql.queries(_ID_NUMBERS.sub("\n", sdl()), custom_scalars=_SCALARS, print_ast=print_ast).filter(
    lambda text: not holds_id_number(text),
)


@dataclass
class _Harder:
    """One walk that rewrites a document; `draw` decides what is done where."""

    draw: Any
    fragments: list[FragmentDefinitionNode] = field(default_factory=list)
    definitions: dict[str, VariableDefinitionNode] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def selections(self, node: SelectionSetNode, parent: Any) -> SelectionSetNode:
        out = []
        for selection in node.selections:
            if isinstance(selection, InlineFragmentNode):
                inner = SCHEMA.get_type(selection.type_condition.name.value) if selection.type_condition else parent
                new = InlineFragmentNode(
                    type_condition=selection.type_condition, directives=self.directives(),
                    selection_set=self.selections(selection.selection_set, inner),
                )
                out += [new]
                continue
            new = self.field(selection, parent)
            out.append(new)
            if self.chance(6):
                out.append(new)  # the same again merges
        if self.chance(5):
            out = [InlineFragmentNode(type_condition=self.condition(parent), directives=self.directives(), selection_set=_set(out)), *out[:1]]
        if self.chance(5):
            name = f"F{len(self.fragments)}"
            self.fragments.append(FragmentDefinitionNode(
                name=NameNode(value=name), type_condition=_named(parent.name), directives=(), selection_set=_set(out),
            ))
            out = [FragmentSpreadNode(name=NameNode(value=name), directives=self.directives()) for _ in range(self.draw(st.integers(1, 2)))] + out[-1:]
        return _set(out)

    def field(self, node: FieldNode, parent: Any) -> FieldNode:
        if node.name.value == "__typename":
            return FieldNode(name=node.name, alias=node.alias, arguments=(), directives=self.directives(), selection_set=None)
        defined = parent.fields[node.name.value]
        named = get_named_type(defined.type)
        inner = None
        if is_composite_type(named) and node.selection_set is not None:
            inner = self.selections(node.selection_set, named)
        arguments = tuple(self.argument(item, defined.args[item.name.value]) for item in node.arguments or ())
        return FieldNode(name=node.name, alias=node.alias, arguments=arguments, directives=self.directives(), selection_set=inner)

    def argument(self, node: ArgumentNode, defined: Any) -> ArgumentNode:
        if node.name.value == "first":  # a page's size has bounds of its own, tested elsewhere
            node = ArgumentNode(name=node.name, value=IntValueNode(value=str(self.draw(st.integers(1, 200)))))
        if not self.chance(2):
            return node
        name = f"v{len(self.definitions)}"
        given = int(node.value.value) if isinstance(node.value, IntValueNode) else value_from_ast_untyped(node.value)
        default = None
        if is_non_null_type(defined.type) or self.draw(st.booleans()):
            self.values[name] = given
        elif self.draw(st.booleans()):
            default = node.value
        self.definitions[name] = VariableDefinitionNode(
            variable=_variable(name), type=parse_type(str(defined.type)), default_value=default, directives=(),
        )
        return ArgumentNode(name=node.name, value=_variable(name))

    def directives(self) -> tuple[DirectiveNode, ...]:
        names = [name for name in ("skip", "include") if self.chance(8)]
        return tuple(DirectiveNode(name=NameNode(value=name), arguments=(ArgumentNode(name=NameNode(value="if"), value=self.truth()),)) for name in names)

    def truth(self) -> Any:
        if self.draw(st.booleans()):
            return ast_from_value(self.draw(st.booleans()), SCHEMA.get_type("Boolean"))
        name = f"b{self.draw(st.integers(0, 2))}"
        self.values[name] = self.draw(st.booleans())
        boolean = NonNullTypeNode(type=_named("Boolean"))
        self.definitions[name] = VariableDefinitionNode(variable=_variable(name), type=boolean, default_value=None, directives=())
        return _variable(name)

    def condition(self, parent: Any) -> NamedTypeNode | None:
        names = [None, parent.name, *(interface.name for interface in getattr(parent, "interfaces", ()))]
        # A wider type would not have all the fields: only the type itself, or none, is safe around any selection.
        name = self.draw(st.sampled_from(names[:2]))
        return _named(name) if name else None

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(0, one_in - 1)) == 0


def _set(selections: list[Any]) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(selections))


def _named(name: str) -> NamedTypeNode:
    return NamedTypeNode(name=NameNode(value=name))


def _variable(name: str) -> VariableNode:
    return VariableNode(name=NameNode(value=name))


@st.composite
def operations(draw: Any) -> tuple[str, dict[str, Any]]:
    """A valid document of one operation, and variables for it."""
    document = parse(draw(_DOCUMENTS))
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    harder = _Harder(draw)
    root = SCHEMA.query_type
    assert isinstance(root, GraphQLObjectType)
    selection_set = harder.selections(operation.selection_set, root)
    definitions = tuple(harder.definitions.values())
    new = OperationDefinitionNode(
        operation=operation.operation, name=NameNode(value="Generated"), variable_definitions=definitions, directives=(), selection_set=selection_set,
    )
    return print_ast(DocumentNode(definitions=(new, *harder.fragments))), harder.values
