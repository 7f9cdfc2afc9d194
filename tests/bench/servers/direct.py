"""A client that calls the vendor directly with httpx, for comparison with a call through ours. Its own environment.

`python -m tests.bench.servers.direct URL`, then one line `sync SECONDS` or `async SECONDS` for each measurement: it
answers with a line of JSON, the median time of a call and how many there were.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time

import httpx

HEADERS = {"Accept": "application/json", "Authorization": "Bearer bench"}
WARM_UP = 50


def call_in_turn(client: httpx.Client, url: str, seconds: float) -> list[float]:
    """The times of calls, one after another, with the client that blocks."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        response = client.get(url)
        times.append(time.perf_counter() - began)
        assert response.status_code == 200
        assert response.json()["Invoice"]["Id"]
    return times[WARM_UP:]


async def call_in_loop(url: str, seconds: float) -> list[float]:
    """The same with the client for event loops."""
    times: list[float] = []
    async with httpx.AsyncClient(headers=HEADERS) as client:
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            response = await client.get(url)
            times.append(time.perf_counter() - began)
            assert response.status_code == 200
            assert response.json()["Invoice"]["Id"]
    return times[WARM_UP:]


def main(url: str) -> None:
    """Measure whenever a line comes."""
    print(0, flush=True)
    with httpx.Client(headers=HEADERS) as client:
        for line in sys.stdin:
            kind, seconds = line.split()
            if kind == "sync":
                times = call_in_turn(client, url, float(seconds))
            else:
                times = asyncio.run(call_in_loop(url, float(seconds)))
            print(json.dumps({"median": statistics.median(times), "calls": len(times)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
