"""查询: the roots of every question. The fields are declared here and answered by the hub's own road, never by a resolver."""

from __future__ import annotations

import strawberry

from schema.access_log import AccessLogConnection, AccessLogFilter
from schema.citizen import DataSubject
from schema.household import Case, Household, Person
from schema.labels import asked
from schema.scalars import IdNumber


@strawberry.type(description="查询 What may be asked. Each question has one purpose, one kind of basis and, but for audits, one case, or several where the purpose is asked in batches.")
class Query:
    """The root."""

    @asked("办理事项", "A case of the token.")
    def case(self, id: strawberry.ID) -> Case | None:  # noqa: A002
        """Answered by the road."""
        raise NotImplementedError(id)

    @asked("多个办理事项", "Cases of the token, in the order asked; null for one that is not the token's.")
    def cases(self, ids: list[strawberry.ID]) -> list[Case | None]:
        """Answered by the road."""
        raise NotImplementedError(ids)

    @asked("家庭", "A declared household, by handle.")
    def household(self, id: strawberry.ID) -> Household | None:  # noqa: A002
        """Answered by the road."""
        raise NotImplementedError(id)

    @asked("人员", "A person, by handle.")
    def person(self, id: strawberry.ID) -> Person | None:  # noqa: A002
        """Answered by the road."""
        raise NotImplementedError(id)

    @asked("多名人员", "People, by handle, in the order asked.")
    def people(self, ids: list[strawberry.ID]) -> list[Person | None]:
        """Answered by the road."""
        raise NotImplementedError(ids)

    @asked("按证件号码查找", "A person of the case by ID number, under a daily quota; the number travels in a variable.")
    def look_up(self, id_number: IdNumber) -> Person | None:
        """Answered by the road."""
        raise NotImplementedError(id_number)

    @asked("访问日志", "The access log, for the privacy officer; this look-up is itself logged.")
    def access_log(
        self, filter: AccessLogFilter | None = strawberry.UNSET, first: int | None = 50, after: str | None = strawberry.UNSET,  # noqa: A002
    ) -> AccessLogConnection:
        """Answered by the road."""
        raise NotImplementedError(filter, first, after)

    @asked("本人", "The person a citizen's token is about, for themself; each look is itself logged (PIPL §44–46).")
    def me(self) -> DataSubject | None:
        """Answered by the road."""
        raise NotImplementedError
