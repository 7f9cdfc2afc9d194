"""One server serves from a database, and the next one reads which process it is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.stores.serving_lock import hold_database


@contextmanager
def held(path: Path) -> Iterator[int]:
    descriptor = hold_database(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def refusal(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        hold_database(path)
    return refused.value


def test_a_second_server_is_refused_and_reads_which_process_has_the_database(tmp_path: Path) -> None:
    with held(tmp_path / "db"):
        refused = refusal(tmp_path / "db")
    assert f"Another Ledgerport (process {os.getpid()}) already serves from" in refused.message
    assert "LEDGERPORT_DATABASE_URL" in refused.advice


def test_a_database_is_free_again_when_its_server_has_ended_and_others_are_free_all_the_time(
    tmp_path: Path,
) -> None:
    with held(tmp_path / "db"), held(tmp_path / "other"):
        refusal(tmp_path / "db")
    with held(tmp_path / "db"):
        pass


@pytest.mark.parametrize("noted", [b"no number\n", b"", b"-1\n"])
def test_an_owner_that_cannot_be_read_is_left_out_of_the_refusal(tmp_path: Path, noted: bytes) -> None:
    with held(tmp_path / "db") as descriptor:
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, noted, 0)
        assert "Another Ledgerport already serves from" in refusal(tmp_path / "db").message


def test_what_an_earlier_owner_noted_is_replaced_as_a_whole(tmp_path: Path) -> None:
    lock = tmp_path / "db.serve.lock"
    lock.write_bytes(b"9" * 40)
    with held(tmp_path / "db"):
        assert lock.read_bytes() == b"%d\n" % os.getpid()


def test_the_lock_is_for_this_user_and_not_for_the_programs_that_it_starts(tmp_path: Path) -> None:
    with held(tmp_path / "db") as descriptor:
        assert os.fstat(descriptor).st_mode & 0o777 == 0o600
        assert not os.get_inheritable(descriptor)


def descriptors_of(folder: Path) -> list[str]:
    """The files of a folder that this process has open; descriptors of other tests come and go meanwhile."""
    names = []
    for each in Path("/dev/fd").iterdir():
        with contextlib.suppress(OSError):
            names.append(str(each.readlink()))
    return sorted(name for name in names if name.startswith(str(folder)))


def test_a_refusal_leaves_no_descriptor_open(tmp_path: Path) -> None:
    with held(tmp_path / "db"):
        before = descriptors_of(tmp_path)
        refusal(tmp_path / "db")
        assert descriptors_of(tmp_path) == before
    assert before


def test_a_lock_that_cannot_be_made_names_its_file_and_what_to_do(tmp_path: Path) -> None:
    refused = refusal(tmp_path / "nowhere" / "db")
    assert "db.serve.lock: No such file or directory" in refused.message
    assert "write to that directory" in refused.advice
