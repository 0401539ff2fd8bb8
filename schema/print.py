"""`python -m schema.print`: prints schema/schema.graphql anew, and beside it the subgraph a composition is given; refuses a change that breaks callers or tells more, unless told to.

A label that becomes weaker (a lower level, a stronger form in another region) breaks no caller and no test of GraphQL; it discloses more
all the same, so it is held back like a breaking change until somebody says `--accept`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from graphql import GraphQLSchema, find_breaking_changes

from schema.federation import subgraph_sdl
from schema.printed import build, sdl
from schema.register import FieldSpec, read

FILE = Path(__file__).with_name("schema.graphql")
SUBGRAPH = "subgraph.graphql"


def objections(old: str, new: str) -> list[str]:
    """What speaks against replacing one printed schema by another: callers that break, labels that tell more."""
    before, after = build(old), build(new)
    return [change.description for change in find_breaking_changes(before, after)] + loosened(before, after)


def loosened(before: GraphQLSchema, after: GraphQLSchema) -> list[str]:
    """Fields whose label tells more than before, one sentence each."""
    known = {(group.code, field.name): field for group in read(before).values() for field in group.fields.values()}
    now = [field for group in read(after).values() for field in group.fields.values()]
    return [said for field in now if (field.group, field.name) in known for said in _looser(known[field.group, field.name], field)]


def _looser(old: FieldSpec, new: FieldSpec) -> list[str]:
    said = []
    if new.level < old.level:
        said.append(f"{new.group}.{new.name} would be {new.level}, was {old.level}.")
    if new.cross_region.rank > old.cross_region.rank:
        said.append(f"{new.group}.{new.name} would be told as {new.cross_region} in another region, was {old.cross_region}.")
    return said


def main(arguments: Sequence[str], file: Path = FILE) -> int:
    """Write the files; 1 and nothing written if there are objections and `--accept` was not given."""
    text = sdl()
    found = objections(file.read_text("utf-8"), text) if file.exists() else []
    for objection in found:
        sys.stderr.write(f"{objection}\n")
    if found and "--accept" not in arguments:
        sys.stderr.write("nothing written; if this is meant, run `python -m schema.print --accept` and say so in CHANGELOG.md\n")
        return 1
    file.write_text(text, "utf-8")
    file.with_name(SUBGRAPH).write_text(subgraph_sdl(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
