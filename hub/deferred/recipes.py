"""The columns of a question as they are stored with its job, and columns made of them again when its answer comes.

A reducer is a function and cannot be stored; everything it is made of can: the field's label, the leaf, a threshold in yuan, and how the
asking organisation stands to the region. So a worker that never saw the question reduces its answer as the one that asked would have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import orjson

from connectors.interface import Column
from hub.authorizations.presentation import relation_to
from policies.engine import Policy
from policies.reduce import reducer
from schema.register import GroupSpec

Stored = Sequence[Sequence[str | None]]
"""Field, leaf, form and threshold of each column."""


class Recipes:
    """Columns from and to what is stored of them, under one policy."""

    def __init__(
        self, groups: Mapping[str, GroupSpec], policy: Policy, *, region: str, pseudonym: Callable[[str, str, str], Callable[[str], str]],
    ) -> None:
        """`pseudonym` gives the function that names a source's person to an organisation: by organisation, purpose, case."""
        self._groups = groups
        self._policy = policy
        self._region = region
        self._pseudonym = pseudonym

    @staticmethod
    def stored(columns: Sequence[Column]) -> tuple[Stored, bytes]:
        """The columns as stored, and the digest by which the same question is found again."""
        told = [[column.field, column.leaf, column.form, column.parameter] for column in columns]
        return told, hashlib.sha256(orjson.dumps(told)).digest()

    def knows(self, group: str, text: str) -> bool:
        """Whether the schema still has these columns: a job of an older version may name others, and runs out of time."""
        fields = self._groups[group].fields if group in self._groups else {}
        return all(one[0] in fields for one in orjson.loads(text))

    def columns(self, group: str, stored: Stored, *, organisation: str, region: str, purpose: str, case: str) -> tuple[Column, ...]:
        """The columns again. `region` is the asking organisation's."""
        profile = self._policy.mask_profile(relation_to(self._region, region))
        name = self._pseudonym(organisation, purpose, case)
        made = []
        for stood in stored:
            field, leaf, form = (part or "" for part in stood[:3])
            spec = self._groups[group].fields[field]
            made.append(Column(field, leaf, form, stood[3], reducer(
                spec.kind, leaf, field=field, group=group, mask_profile=profile, codes=spec.codes, parameter=stood[3],
                unit=spec.unit or "yuan", pseudonym=name,
            )))
        return tuple(made)
