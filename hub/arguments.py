"""Argument values of a place: variables put in, and values made into keys of a cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.question import Variable


def resolve(arguments: Mapping[str, object], variables: Mapping[str, object]) -> dict[str, object]:
    """Arguments with their variables' values. An argument whose variable was not sent is left out (GraphQL §6.4.1)."""
    return {name: _value(value, variables) for name, value in arguments.items() if not _absent(value, variables)}


def named(value: object) -> Iterator[str]:
    """The names of the variables inside an argument value."""
    if isinstance(value, Variable):
        yield value.name
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from named(inner)


def freeze(value: object) -> object:
    """A coerced value as something that can be a key, equal exactly when the values are; True is not 1."""
    if isinstance(value, Mapping):
        return tuple((name, freeze(inner)) for name, inner in sorted(value.items()))
    if isinstance(value, list | tuple):
        return (None, *map(freeze, value))
    return (type(value), value)


def _absent(value: object, variables: Mapping[str, object]) -> bool:
    return isinstance(value, Variable) and value.name not in variables


def _value(value: object, variables: Mapping[str, object]) -> object:
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, Mapping):
        return resolve(value, variables)
    if isinstance(value, list | tuple):
        return [_value(inner, variables) for inner in value]
    return value
