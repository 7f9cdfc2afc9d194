"""The operations of the company mapping of a tenant. Part of `table`."""

from __future__ import annotations

from functools import partial

from runtime.api import company_mapping
from runtime.api.operation import TENANTS, Operation
from runtime.operations.scopes import ADMIN

PATH = "/tenant/{tenant_id}/company-mapping"
_of_pair = partial(
    Operation, query=company_mapping.MappingQuery, tag=TENANTS, scope=ADMIN, is_for_all_tenants=True
)
MAPPING_OPERATIONS = (
    _of_pair("GET", PATH, company_mapping.get_company_mapping, company_mapping.MappingShape),
    _of_pair(
        "PUT",
        PATH,
        company_mapping.set_company_mapping,
        company_mapping.MappingShape,
        body=company_mapping.MappingChange,
    ),
    _of_pair(
        "POST",
        PATH + "/auto",
        company_mapping.map_companies,
        company_mapping.MappedShape,
        body=company_mapping.ToMap,
    ),
    _of_pair(
        "GET",
        PATH + "/suggestions",
        company_mapping.list_mapping_suggestions,
        company_mapping.SuggestionsShape,
    ),
    _of_pair(
        "POST",
        PATH + "/suggestions",
        company_mapping.decide_mapping_suggestions,
        company_mapping.MappingShape,
        body=company_mapping.SuggestionDecisions,
    ),
)
