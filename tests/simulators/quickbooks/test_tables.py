"""The tables of the simulator name every function that is made for them: one that is in none would never be called."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import FunctionType, ModuleType

import pytest

from runtime.simulators.quickbooks import reports, rules
from runtime.simulators.quickbooks.reports.index import REPORTS
from runtime.simulators.quickbooks.rules.names import prepare_nested_name
from runtime.simulators.quickbooks.rules.posting_rules import MAKERS, post_exchange_gains
from runtime.simulators.quickbooks.rules.preparations import PREPARATIONS, prepare


def functions_of(package: ModuleType, prefix: str) -> set[FunctionType]:
    """Return the public functions of a package that begin with a prefix, each from the module that defines it."""
    modules = [
        import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    return {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith(prefix) and function.__module__ == module.__name__
    }


@pytest.mark.parametrize(
    ("package", "prefix", "named", "others"),
    [
        (reports, "report_", REPORTS.values(), set()),
        (rules, "post_", MAKERS.values(), {post_exchange_gains}),
        (rules, "prepare", PREPARATIONS.values(), {prepare, prepare_nested_name}),
    ],
)
def test_every_function_of_a_table_is_in_it(
    package: ModuleType, prefix: str, named: Iterable[FunctionType], others: set[FunctionType]
) -> None:
    assert functions_of(package, prefix) - others == set(named)
