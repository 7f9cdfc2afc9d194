"""Killed at any moment under load, the books still balance."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.money import round_to_cents
from tests.simulators.quickbooks.conftest import Client, connected, paid, sales_line
from tests.simulators.quickbooks.test_books import check
from tests.waiting import wait_until


def started(data: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "runtime.simulators.quickbooks", "--data", str(data), "--no-throttle"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().removeprefix("listening on ").strip()


def write_until_it_dies(client: Client, process: subprocess.Popen[str], most: int) -> int:
    """Write invoices and payments one after the other; another thread kills the server after the first ones."""
    done = 0
    with contextlib.suppress(httpx2.HTTPError):
        while done < most:
            invoice = client.save(
                "Invoice",
                {"CustomerRef": {"value": "2"}, "Line": [sales_line(10_000), sales_line(27_500, "5", Qty=1)]},
            )
            line = paid("Invoice", invoice["Id"], 50)
            client.save("Payment", {"CustomerRef": {"value": "2"}, "TotalAmt": 60, "Line": [line]})
            done += 1
            if done == 1:
                threading.Timer(0.25, os.kill, (process.pid, signal.SIGKILL)).start()
    process.wait(10)
    return done


def test_killed_under_load_the_books_still_balance(tmp_path: Path) -> None:
    data = tmp_path / "books.db"
    for _ in range(3):
        process, address = started(data)
        with connected(address) as client:
            assert write_until_it_dies(client, process, 100_000) > 0
        assert process.returncode == -signal.SIGKILL
    store = Store(data)
    books = Books(store, store.list_companies()[0][0])
    check(books)
    invoices = store.execute(
        "select id, body ->> '$.TotalAmt' from records where entity = 'Invoice'"
    ).fetchall()
    booked = ledger.sum_movements(
        store, books.realm, by=("txn_type", "account"), where={"txn_type": ["Invoice"], "account": ["84"]}
    )
    assert sum(round_to_cents(total) for _, total in invoices) == booked["Invoice", "84"]
    store.close()


def test_killed_while_it_makes_its_companies_it_begins_anew(tmp_path: Path) -> None:
    data = tmp_path / "books.db"
    command = [sys.executable, "-m", "runtime.simulators.quickbooks", "--data", str(data)]
    command += ["--company", "landscaper", "--company", "consultancy"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    wait_until(data.exists)
    time.sleep(0.7)
    process.kill()
    process.wait(10)
    store = Store(data)
    assert store.list_companies() == []
    store.close()


def test_an_address_that_is_none_is_a_clear_sentence() -> None:
    command = [sys.executable, "-m", "runtime.simulators.quickbooks", "--port", "99999"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Port 99999 on 127.0.0.1 cannot be listened on")


def test_a_taken_port_is_a_clear_sentence(address: str) -> None:
    port = address.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "runtime.simulators.quickbooks", "--port", port],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} on 127.0.0.1 is taken")


def test_a_file_that_is_no_database_is_a_clear_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("this is not a database, but long enough to look at " * 20)
    command = [sys.executable, "-m", "runtime.simulators.quickbooks", "--data", str(wrong)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{wrong} cannot be used as a database")


def test_a_second_start_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    data = tmp_path / "new" / "folder" / "books.db"
    for expected in ([], ["Stored"]):
        process, address = started(data)
        with connected(address) as client:
            assert [
                one["DisplayName"]
                for one in client.select("select * from Customer where DisplayName = 'Stored'")
            ] == expected
            if not expected:
                client.save("Customer", {"DisplayName": "Stored"})
        process.terminate()
        process.wait(10)
