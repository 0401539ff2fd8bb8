"""Limits: how large a document, a question and an answer may be, each against a named attack; all are settings of the operator."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request. The document's own bounds hold for its fragments expanded, not as written."""

    body: int = 100_000            # bytes of a request
    response: int = 2_000_000      # bytes of an answer
    case_response: int = 150_000   # of a token over several cases: for each of them, where that is more
    tokens: int = 4_000            # lexical tokens: parsing is linear in them
    depth: int = 12                # nested selections
    introspection_depth: int = 20  # the same, of a document that asks for the schema alone
    aliases: int = 30              # alias overloading: one field asked under many names
    breadth: int = 80              # selections in one selection set, as written
    fields: int = 2_000            # fields after fragments are expanded: a fragment that spreads two that spread two …
    root_fields: int = 10          # batching by aliases at the root
    directives: int = 30           # directive overloading
    directive_variables: int = 6   # variables under @skip and @include: each doubles the shapes of an operation
    fragments: int = 40            # fragment definitions
    operations: int = 10           # operations in one document
    variables: int = 40            # variable definitions
    items: int = 200               # values in one list, literal or sent
    subjects: int = 200            # people one question may reach
    case_subjects: int = 20        # of a token over several cases: people a question may reach for each of them, where that is more
    page: int = 200                # entries of one page of the access log
    cost: int = 30_000             # see hub/operations/cost.py; of a token over several cases for each of them
    errors: int = 5                # reported errors: a document can be made to have thousands
    documents: int = 512           # distinct documents kept, least recently used leave first
    name: int = 64                 # characters of a name: an alias stands in the path of every place below it

    def over(self, cases: int) -> Limits:
        """The limits of a question under a token over so many cases: what each case may cost, as often."""
        if cases < 2:
            return self
        return replace(
            self, subjects=max(self.subjects, self.case_subjects * cases), cost=self.cost * cases,
            response=max(self.response, self.case_response * cases),
        )
