"""Usage: where a document's variables stand: under a directive's condition, or where no null may come."""

from __future__ import annotations

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    is_non_null_type,
    visit,
)


def conditions(document: DocumentNode) -> frozenset[str]:
    """Variables any directive is given: each value of theirs is a shape of its own."""
    found = _Conditions()
    visit(document, found)
    return frozenset(found.names)


def never_null(document: DocumentNode, schema: GraphQLSchema) -> frozenset[str]:
    """Variables used where the type is non-null. One with a default may be declared nullable and stand there, and a request may
    still send null for it (specification, section All Variable Usages Are Allowed): that is refused when it comes.
    """
    info = TypeInfo(schema)
    found = _NonNull(info)
    visit(document, TypeInfoVisitor(info, found))
    return frozenset(found.names)


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        """Called by graphql-core."""
        self.names.update(item.value.name.value for item in node.arguments or () if isinstance(item.value, VariableNode))


class _NonNull(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._info = info

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """Called by graphql-core."""
        if is_non_null_type(self._info.get_input_type()):
            self.names.add(node.name.value)
