"""How each kind of front-end database (前置库) spells the one statement the hub asks: quotes, text, times, places for values.

Rules of this file:
- A dialect holds spelling and nothing else: what is asked is composed in `connectors.sql`, and no value enters a text here.
- The kind stands in the data source name (`mysql://…`), so that one manifest serves a department that changes its database.
- Times without a zone are Beijing's, as `connectors.conversion.instant` reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connectors.section import ManifestFault


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database. `text` is an expression as at most so many characters, `moment` a time as ISO 8601, `among` whether an
    expression is one of so many parameters, `first` the clause that keeps so many rows, `nothing` a statement about nobody.
    """

    name: str
    quote: str
    text: Callable[[str, int], str]
    moment: Callable[[str], str]
    among: Callable[[str, int], str]
    first: Callable[[int], str]
    nothing: str = "SELECT 1"

    def quoted(self, identifier: str) -> str:
        """An identifier, schema-qualified by dots, in this dialect's quotes."""
        return ".".join(f"{self.quote}{part.replace(self.quote, self.quote * 2)}{self.quote}" for part in identifier.split("."))


def _listed(place: Callable[[int], str]) -> Callable[[str, int], str]:
    return lambda expression, count: f"{expression} IN ({', '.join(place(number) for number in range(1, count + 1))})"


def _limit(count: int) -> str:
    return f"LIMIT {count}"


def _oracle_moment(expression: str) -> str:
    return f"TO_CHAR({expression}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"


POSTGRESQL = Dialect(
    "postgresql", '"',
    text=lambda expression, size: f"left({expression}::text, {size})",
    moment=lambda expression: f"to_char(({expression})::timestamptz, 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')",
    among=lambda expression, _count: f"{expression} = ANY ($1::text[])",
    first=_limit,
)
MYSQL = Dialect(
    "mysql", "`",
    text=lambda expression, size: f"LEFT(CAST({expression} AS CHAR), {size})",
    # The driver puts values in by "%": a percent sign of the text itself is written twice.
    moment=lambda expression: f"DATE_FORMAT({expression}, '%%Y-%%m-%%dT%%H:%%i:%%s')",
    among=_listed(lambda _number: "%s"),
    first=_limit,
)
ORACLE = Dialect(
    "oracle", '"',
    text=lambda expression, size: f"SUBSTR(TO_CHAR({expression}), 1, {size})",
    moment=_oracle_moment,
    among=_listed(lambda number: f":{number}"),
    first=lambda count: f"FETCH FIRST {count} ROWS ONLY",
    nothing="SELECT 1 FROM DUAL",
)
DAMENG = Dialect(
    "dameng", '"',
    text=lambda expression, size: f"SUBSTR(CAST({expression} AS VARCHAR), 1, {size})",
    moment=_oracle_moment,
    among=_listed(lambda _number: "?"),
    first=_limit,
)
KINGBASE = Dialect("kingbase", POSTGRESQL.quote, POSTGRESQL.text, POSTGRESQL.moment, POSTGRESQL.among, POSTGRESQL.first)
"""KingbaseES speaks PostgreSQL's protocol and statements in its PostgreSQL mode."""

_BY_SCHEME = {
    "postgresql": POSTGRESQL, "postgres": POSTGRESQL, "kingbase": KINGBASE, "mysql": MYSQL, "mariadb": MYSQL, "oracle": ORACLE, "dameng": DAMENG,
}


def dialect_of(department: str, place: str) -> Dialect:
    """The dialect of a data source name. Raises ManifestFault, which does not show the name: it holds a password."""
    found = _BY_SCHEME.get(place.partition("://")[0]) if "://" in place else None
    if found is None:
        raise ManifestFault(f"{department}.place: not a data source name; its kind is one of {', '.join(sorted(_BY_SCHEME))}")
    return found
