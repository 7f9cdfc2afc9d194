"""What a client of the management API sends is read in time that grows with its size, and few errors are worked out."""

from __future__ import annotations

import contextlib

import pytest
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from runtime.api.reading import MOST_PARAMETERS, check_model, read_query
from runtime.errors import InvalidRequest
from tests.growth import is_linear


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = ""
    tags: list[str] = []
    limit: int = 1


def request(query: str) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [], "query_string": query.encode()})


def test_a_query_is_read_by_name():
    found = read_query(request("name=a&tags=x,y&tags=z"), Shape)
    assert (found.name, found.tags) == ("a", ["x", "y", "z"])


def test_an_address_with_too_many_parameters_says_how_many_are_read():
    with pytest.raises(InvalidRequest, match="has 501 parameters; at most 500"):
        read_query(request("&".join(f"a{n}=1" for n in range(MOST_PARAMETERS + 1))), Shape)


@pytest.mark.parametrize(
    "make", [lambda n: f"a{n}=1", lambda n: "tags=x,y", lambda n: f"x{n}", lambda n: "%2c=%2c"]
)
def test_a_query_is_read_in_time_that_grows_with_its_length(make):
    def reading(size):
        sent = request("&".join(make(n) for n in range(size)))

        def read() -> None:
            with contextlib.suppress(InvalidRequest):
                read_query(sent, Shape)

        return read

    assert is_linear(reading, 20_000)


def test_of_many_unknown_names_twenty_are_worked_out_and_the_rest_counted():
    with pytest.raises(InvalidRequest) as raised:
        check_model({f"nam{n}": 1 for n in range(900)}, Shape)
    assert len(raised.value.details["errors"]) == 21
    assert raised.value.message.endswith("And 880 more.")


@pytest.mark.parametrize("values", [{f"n{n}": 1 for n in range(1001)}, {"tags": [1] * 5001}])
def test_more_values_than_a_model_can_have_are_refused_before_they_are_looked_at(values):
    with pytest.raises(InvalidRequest, match=r"The values sent (have|hold) too many"):
        check_model(values, Shape)
