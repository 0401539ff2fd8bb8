"""The WSDL of a SOAP department, from its dialect: served by it, and kept beside its contract in docs/contracts."""

from __future__ import annotations

import importlib.resources
from dataclasses import asdict
from string import Template

from connectors.sandbox.dialect import SoapDialect

_TEMPLATE = Template(importlib.resources.files("connectors.sandbox").joinpath("query.wsdl").read_text(encoding="utf-8"))


def wsdl(dialect: SoapDialect, base: str = "http://127.0.0.1") -> str:
    """WSDL 1.1, document/literal; `base` is where it is served."""
    window, name = dialect.window, dialect.person_name
    return _TEMPLATE.substitute(
        asdict(dialect.asking), namespace=dialect.namespace, service=dialect.service, operation=dialect.operation,
        request=dialect.request, response=dialect.response, column=dialect.column, as_of=dialect.as_of, result=dialect.result,
        status=dialect.status, record=dialect.record, value=dialect.value, value_column=dialect.value_column,
        batch=dialect.batch, items=len(dialect.query.items), address=base + dialect.query.path,
        codes="\n".join(f'          <xsd:enumeration value="{code}"/>' for code in dialect.query.items),
        person_name=f'\n          <xsd:element name="{name}" type="xsd:string" minOccurs="0"/>' if name else "",
        window=f'\n            <xsd:element name="{window.name}" type="xsd:int" minOccurs="0"/>' if window else "",
    )
