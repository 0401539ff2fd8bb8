"""A value: frozen to the type checker, a plain slotted dataclass at run time.

`dataclass(frozen=True)` sets every field through `object.__setattr__`, three times the price of an assignment, and one question makes
dozens of values on its road. mypy refuses an assignment to a field of either kind; nothing of this house would attempt one. A key of a
mapping stays a frozen dataclass: a value has no hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from typing_extensions import dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(made: type[T]) -> type[T]:
    """Class decorator for what is made once an answer, or more often."""
    return dataclass(slots=True)(made)
