"""Extent: measures a parsed document against the limits in linear time, before any rule of validation runs over it.

Some rules of validation are quadratic (fields that must merge) and fragments can unfold exponentially; so what a document would become
is counted first, each fragment once, and only a document of bounded extent is validated at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    visit,
)

from hub.errors import Malformed, TooLarge
from hub.operations.limits import Limits
from hub.operations.usage import conditions

SUBGRAPH = "_service"
"""The root by which a subgraph shows its SDL to a composition; served where the hub is a subgraph, introspection or not."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a selection set becomes once its fragments are expanded."""

    depth: int
    fields: int
    aliases: int
    directives: int
    roots: tuple[str, ...]  # names of the fields at its own level

    @property
    def asks_schema(self) -> bool:
        """Whether the schema itself is asked for, beside whatever else."""
        return any(name.startswith("__") and name != "__typename" for name in self.roots)

    def within(self, limits: Limits, *, introspects: bool) -> None:
        """TooLarge, naming the limit, if an operation of this extent is not served."""
        depth = limits.introspection_depth if introspects else limits.depth
        _bound(self.depth, depth, "levels deep")
        _bound(self.fields, limits.fields, "fields")
        _bound(self.aliases, limits.aliases, "aliases")
        _bound(self.directives, limits.directives, "directives")
        _bound(len(self.roots), limits.root_fields, "fields at the root")


def introspects(extent: Extent) -> bool:
    """Whether the operation asks for the schema, or for a subgraph's SDL; neither is ever asked together with facts."""
    names = {name for name in extent.roots if name != "__typename"}
    schema = {name for name in names if name.startswith("__") or name == SUBGRAPH}
    if schema and names != schema:
        raise Malformed("introspection stands in an operation of its own", code="INTROSPECTION_MIXED")
    return bool(schema)


def measure(document: DocumentNode, limits: Limits) -> Mapping[str, Extent]:
    """The extent of each operation by name ("" if it has none); Malformed for a circle of fragments, TooLarge past a limit of breadth."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    _bound(len(fragments), limits.fragments, "fragments")
    _bound(len(operations), limits.operations, "operations")
    visit(document, _Widths(limits))
    _bound(len(conditions(document)), limits.directive_variables, "variables in directives")
    ruler = _Ruler(fragments, limits)
    extents = {}
    for node in operations:
        _bound(len(node.variable_definitions or ()), limits.variables, "variables")
        extent = ruler.of(node.selection_set)
        extent.within(limits, introspects=introspects(extent))
        extents[node.name.value if node.name else ""] = extent
    return extents


def _bound(number: int, limit: int, what: str) -> None:
    if number > limit:
        raise TooLarge(f"the document has more than {limit} {what}", status=400)


class _Widths(Visitor):
    """Bounds what is wide as written: selection sets and lists, also of fragments nobody spreads."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits

    def enter_selection_set(self, node: SelectionSetNode, *_: object) -> None:
        """Called by graphql-core."""
        _bound(len(node.selections), self._limits.breadth, "selections in one place")

    def enter_name(self, node: NameNode, *_: object) -> None:
        """Called by graphql-core."""
        _bound(len(node.value), self._limits.name, "characters in one name")

    def enter_list_value(self, node: ListValueNode, *_: object) -> None:
        """Called by graphql-core."""
        _bound(len(node.values), self._limits.items, "values in one list")


class _Ruler:
    """Measures selection sets; each fragment once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self._fragments = fragments
        self._limits = limits
        self._known: dict[str, Extent | None] = {}  # None while being measured

    def of(self, selection_set: SelectionSetNode) -> Extent:
        """The extent of one selection set, stopping as soon as it has too many fields."""
        depth = fields = aliases = directives = 0
        roots: list[str] = []
        for selection in selection_set.selections:
            directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                inner = self.of(selection.selection_set) if selection.selection_set else _LEAF
                roots.append(selection.name.value)
                fields += 1
                aliases += selection.alias is not None
                depth = max(depth, 1 + inner.depth)
            else:
                inner = self._spread(selection)
                roots.extend(inner.roots)
                depth = max(depth, inner.depth)
            fields += inner.fields
            aliases += inner.aliases
            directives += inner.directives
            _bound(fields, self._limits.fields, "fields")
        return Extent(depth, fields, aliases, directives, tuple(roots))

    def _spread(self, selection: object) -> Extent:
        if isinstance(selection, InlineFragmentNode):
            return self.of(selection.selection_set)
        if not isinstance(selection, FragmentSpreadNode):
            raise Malformed("the document holds a selection of no known kind")
        name = selection.name.value
        fragment = self._fragments.get(name)
        if fragment is None:
            return _LEAF  # validation names the unknown fragment
        if name not in self._known:
            self._known[name] = None
            self._known[name] = self.of(fragment.selection_set)
        extent = self._known[name]
        if extent is None:
            raise Malformed("fragments spread each other in a circle", code="FRAGMENT_CYCLE")
        return extent


_LEAF = Extent(0, 0, 0, 0, ())

