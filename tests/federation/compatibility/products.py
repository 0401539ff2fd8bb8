"""The products the public compatibility suite asks for, in the library the hub declares its types with; it is asked here as the hub never is.

What the suite says of this schema it says of the library and its printing of `_service`; of the hub's own SDL and road speak
tests/schema/test_federation.py and ../test_routers.py.
"""

from __future__ import annotations

import strawberry
from strawberry.asgi import GraphQL
from strawberry.schema_directive import Location


@strawberry.federation.schema_directive(locations=[Location.OBJECT], name="custom", compose=True, import_url="https://myspecs.dev/myCustomDirective/v1.0")
class Custom: ...


@strawberry.type
class ProductVariation:
    id: strawberry.ID


@strawberry.federation.type(shareable=True)
class ProductDimension:
    size: str | None
    weight: float | None
    unit: str | None = strawberry.federation.field(inaccessible=True)


@strawberry.type
class CaseStudy:
    case_number: strawberry.ID
    description: str | None


@strawberry.federation.type(keys=["study { caseNumber }"])
class ProductResearch:
    study: CaseStudy
    outcome: str | None = None

    @classmethod
    def resolve_reference(cls, study: dict[str, str]) -> ProductResearch | None:
        return next((one for one in RESEARCH if one.study.case_number == study["caseNumber"]), None)


@strawberry.federation.type(keys=["email"], extend=True)
class User:
    email: strawberry.ID = strawberry.federation.field(external=True)
    total_products_created: int | None = strawberry.federation.field(external=True)
    years_of_employment: int = strawberry.federation.field(external=True)

    @strawberry.federation.field(override="users")
    def name(self) -> str | None:
        return "Jane Smith"

    @strawberry.federation.field(requires=["totalProductsCreated", "yearsOfEmployment"])
    def average_products_created_per_year(self) -> int | None:
        if self.total_products_created is None:
            return None
        return round(self.total_products_created / self.years_of_employment)

    @classmethod
    def resolve_reference(cls, **known: object) -> User | None:
        if known["email"] != EMAIL:
            return None
        return User(
            email=strawberry.ID(EMAIL), total_products_created=int(str(known.get("totalProductsCreated", 1337))),
            years_of_employment=int(str(known.get("yearsOfEmployment", 10))),
        )


@strawberry.federation.type(keys=["sku package"])
class DeprecatedProduct:
    sku: str
    package: str
    reason: str | None
    created_by: User | None

    @classmethod
    def resolve_reference(cls, sku: str, package: str) -> DeprecatedProduct | None:
        return DEPRECATED if (sku, package) == (DEPRECATED.sku, DEPRECATED.package) else None


@strawberry.federation.type(keys=["id", "sku package", "sku variation { id }"], directives=[Custom()])
class Product:
    id: strawberry.ID
    sku: str | None
    package: str | None
    variation: ProductVariation | None
    dimensions: ProductDimension | None
    research: list[ProductResearch]
    created_by: User | None = strawberry.federation.field(provides=["totalProductsCreated"])
    notes: str | None = strawberry.federation.field(tags=["internal"], default=None)

    @classmethod
    def resolve_reference(cls, **key: object) -> Product | None:
        def fits(one: Product) -> bool:
            if "id" in key:
                return one.id == key["id"]
            variation = key.get("variation")
            if isinstance(variation, dict):
                return one.sku == key["sku"] and one.variation is not None and one.variation.id == variation["id"]
            return (one.sku, one.package) == (key["sku"], key["package"])

        return next((one for one in PRODUCTS if fits(one)), None)


@strawberry.federation.interface_object(keys=["id"])
class Inventory:
    id: strawberry.ID
    deprecated_products: list[DeprecatedProduct]

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Inventory:  # noqa: A002 (the key's own name)
        return cls(id=id, deprecated_products=[DEPRECATED])


EMAIL = "support@apollographql.com"
AUTHOR = User(email=strawberry.ID(EMAIL), total_products_created=1337, years_of_employment=10)
SIZE = ProductDimension(size="small", weight=1, unit="kg")
DEPRECATED = DeprecatedProduct(sku="apollo-federation-v1", package="@apollo/federation-v1", reason="Migrate to Federation V2", created_by=AUTHOR)
RESEARCH = [
    ProductResearch(study=CaseStudy(case_number=strawberry.ID("1234"), description="Federation Study")),
    ProductResearch(study=CaseStudy(case_number=strawberry.ID("1235"), description="Studio Study")),
]
PRODUCTS = [
    Product(
        id=strawberry.ID("apollo-federation"), sku="federation", package="@apollo/federation", variation=ProductVariation(id=strawberry.ID("OSS")),
        dimensions=SIZE, research=[RESEARCH[0]], created_by=AUTHOR,
    ),
    Product(
        id=strawberry.ID("apollo-studio"), sku="studio", package="", variation=ProductVariation(id=strawberry.ID("platform")), dimensions=SIZE,
        research=[RESEARCH[1]], created_by=AUTHOR,
    ),
]


@strawberry.federation.type(extend=True)
class Query:
    @strawberry.field
    def product(self, id: strawberry.ID) -> Product | None:  # noqa: A002
        return next((one for one in PRODUCTS if one.id == id), None)

    @strawberry.field(deprecation_reason="Use product query instead")
    def deprecated_product(self, sku: str, package: str) -> DeprecatedProduct | None:
        return DeprecatedProduct.resolve_reference(sku, package)


SCHEMA = strawberry.federation.Schema(query=Query, types=[Inventory, ProductResearch], federation_version="2.3")
APPLICATION = GraphQL(SCHEMA, graphql_ide=None)
