from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.keys.master_key import read_secret_key
from runtime.redis_address import RedisAddress
from runtime.setting_table import TABLE
from runtime.settings import Settings, get_app, read_definition_folders
from runtime.smtp_address import Sender, SmtpServer
from tests.commands import run_command
from tests.deployment import BOOKS

KEY = base64.b64encode(bytes(range(32))).decode()


def load(data: Path, **variables: str) -> Settings:
    return Settings.load(
        {"LEDGERPORT_DATA": str(data), **{f"LEDGERPORT_{k}": v for k, v in variables.items()}}
    )


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    settings = load(tmp_path / "new" / "data")
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.database == tmp_path / "new" / "data" / "ledgerport.sqlite3"
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "data" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_secret_key_is_made_once_also_by_processes_that_start_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from runtime.keys.master_key import read_secret_key; "
        "print(read_secret_key('', Path(sys.argv[1])).hex())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    found = {process.communicate()[0] for process in running}
    assert len(found) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_may_be_given_in_either_base64(tmp_path: Path) -> None:
    raw = b"\xfb\xff" * 16
    for text in (
        base64.b64encode(raw),
        base64.urlsafe_b64encode(raw),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
    ):
        assert load(tmp_path, SECRET_KEY=text.decode()).secret_key == raw
    assert not (tmp_path / "secret.key").exists()


def test_no_key_is_made_beside_a_database_that_is_there(tmp_path: Path) -> None:
    settings = load(tmp_path)
    settings.database.write_bytes(b"records")
    assert load(tmp_path).secret_key == settings.secret_key
    (tmp_path / "secret.key").unlink()
    with pytest.raises(SettingsError) as refused:
        load(tmp_path)
    assert "LEDGERPORT_SECRET_KEY" in refused.value.message
    assert "Restore the file" in refused.value.advice
    assert not (tmp_path / "secret.key").exists()
    with pytest.raises(SettingsError, match="There is no secret key"):
        load(tmp_path / "elsewhere", DATABASE_URL=f"sqlite:///{settings.database}")
    assert load(tmp_path, SECRET_KEY=KEY).secret_key == bytes(range(32))


@pytest.mark.parametrize(
    "content", [b"", b"\n", KEY.encode()[:20], b"\xff" * 44, b"not base64 at all, but long enough!"]
)
def test_a_key_file_that_is_damaged_is_refused(tmp_path: Path, content: bytes) -> None:
    load(tmp_path)
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(SettingsError, match=r"secret\.key"):
        load(tmp_path)
    assert (tmp_path / "secret.key").read_bytes() == content


@pytest.mark.parametrize("is_link", [False, True])
def test_a_key_file_that_cannot_be_read_is_refused(tmp_path: Path, is_link: bool) -> None:
    key = tmp_path / "secret.key"
    if is_link:
        key.symlink_to(tmp_path / "nowhere")
    else:
        key.mkdir(mode=0o700)
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(SettingsError, match="read by others"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eighty", "LEDGERPORT_PORT is 'eighty'; it must be a whole number from 0 to 65535"),
        ("PORT", "65536", "LEDGERPORT_PORT"),
        ("SECRET_KEY", "short", "at least 32 random bytes"),
        ("SECRET_KEY", "!" * 60, "not base64"),
        ("PUBLIC_URL", "http://books.example.com", "http is for this machine only"),
        ("PUBLIC_URL", "https://books.example.com/path", "without a path"),
        ("PUBLIC_URL", "books.example.com", "LEDGERPORT_PUBLIC_URL"),
        ("PUBLIC_URL", "https://me:pw@books.example.com", "a value with a password"),
        ("PUBLIC_URL", "https://[::1", "LEDGERPORT_PUBLIC_URL"),
        ("ALLOWED_ORIGINS", "https://a.example, *", "LEDGERPORT_ALLOWED_ORIGINS has '\\*'"),
        ("HOST", "192.168.1.5", "LEDGERPORT_PUBLIC_URL must say"),
        ("DATABASE_URL", "postgresql://x", "PostgreSQL"),
        ("DATABASE_URL", "mysql://x/y", "LEDGERPORT_DATABASE_URL"),
        ("MAX_ANSWER_BYTES", "10", "LEDGERPORT_MAX_ANSWER_BYTES"),
        ("UPSTREAM_TIMEOUT", "60", "from 1 to 59"),
        ("UPSTREAM_PER_ACCOUNT", "0", "LEDGERPORT_UPSTREAM_PER_ACCOUNT"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("BOOKS_ORIGIN", "http://10.0.0.1:9", "LEDGERPORT_BOOKS_ORIGIN"),
        ("BOOKS_CLIENT_SECRET", "abc\n", "LEDGERPORT_BOOKS_CLIENT_SECRET"),
    ],
)
def test_a_value_that_cannot_be_right_names_its_variable(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        load(tmp_path, **{name: value})
    assert ":pw@" not in refused.value.as_text()


def test_a_vendor_is_set_by_its_name(tmp_path: Path) -> None:
    settings = load(tmp_path, BOOKS_CLIENT_ID="c", BOOKS_CLIENT_SECRET="s3cret", BOOKS_ENVIRONMENT="sandbox")
    assert get_app(settings, BOOKS).environment == "sandbox"
    assert settings.choose_environment(BOOKS) == "sandbox"
    assert "s3cret" not in repr(settings) and KEY not in repr(load(tmp_path, SECRET_KEY=KEY))


def test_a_vendor_without_keys_or_with_an_unknown_environment_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LEDGERPORT_BOOKS_CLIENT_SECRET must be set"):
        get_app(load(tmp_path, BOOKS_CLIENT_ID="c"), BOOKS)
    with pytest.raises(SettingsError, match="production and sandbox"):
        load(tmp_path, BOOKS_ENVIRONMENT="test").find_for(BOOKS)


def test_without_a_setting_a_vendor_is_reached_in_production_or_else_where_it_first_says(
    tmp_path: Path,
) -> None:
    elsewhere = replace(BOOKS, environments={"europe": "https://eu.example", "america": "https://us.example"})
    assert load(tmp_path).choose_environment(BOOKS) == "production"
    assert load(tmp_path).choose_environment(elsewhere) == "europe"
    load(tmp_path).check_integrations({"books": elsewhere})
    with pytest.raises(SettingsError, match="is 'production'; Books has europe and america"):
        load(tmp_path, BOOKS_ENVIRONMENT="production").find_for(elsewhere)


def test_accounts_of_a_simulator_are_of_an_environment_of_their_own(tmp_path: Path) -> None:
    settings = load(tmp_path, BOOKS_ORIGIN="http://127.0.0.1:8001")
    assert settings.choose_environment(BOOKS) == "simulator"


def test_a_misspelled_variable_is_not_taken_for_one_that_is_not_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, PUBLIC_ULR="https://books.example.com")
    assert refused.value.advice == 'Did you mean "LEDGERPORT_PUBLIC_URL"?'
    load(tmp_path, TEST_WORKERS="2", BOOKS_CLIENT_ID="c").check_integrations({"books": BOOKS})
    with pytest.raises(SettingsError, match="LEDGERPORT_BOKS_ are set"):
        load(tmp_path, BOKS_CLIENT_ID="c").check_integrations({"books": BOOKS})


def test_folders_of_definitions_are_stored_in_their_order_and_must_be_there(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    both = os.pathsep.join(str(tmp_path / name) for name in ("b", "a"))
    assert read_definition_folders({"LEDGERPORT_DEFINITIONS": both}) == (tmp_path / "b", tmp_path / "a")
    assert read_definition_folders({}) == ()
    with pytest.raises(SettingsError, match="which is no folder"):
        read_definition_folders({"LEDGERPORT_DEFINITIONS": str(tmp_path / "c")})


def test_the_number_of_connections_is_computed_unless_it_is_set(tmp_path: Path) -> None:
    assert load(tmp_path).max_connections == 0
    assert load(tmp_path, MAX_CONNECTIONS="500").max_connections == 500
    for wrong in ("0", "15", "many", "²²", "1000000"):
        with pytest.raises(SettingsError, match="LEDGERPORT_MAX_CONNECTIONS"):
            load(tmp_path, MAX_CONNECTIONS=wrong)


@pytest.mark.parametrize("mark", ["?", "#"])
def test_what_stands_behind_an_origin_may_be_a_token_and_is_not_shown(tmp_path: Path, mark: str) -> None:
    with pytest.raises(SettingsError, match="LEDGERPORT_PUBLIC_URL") as refused:
        load(tmp_path, PUBLIC_URL=f"https://books.example.com/{mark}token=hunter2")
    assert "hunter2" not in refused.value.as_text()


def test_a_key_is_made_where_no_database_is_named_and_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    made = read_secret_key("", tmp_path)
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert made == read_secret_key("", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_cannot_be_stored_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written: No such file or directory"):
        read_secret_key("", tmp_path / "nowhere")


def test_a_key_and_its_directory_are_on_the_disk_before_the_key_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, int]] = []

    def sync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        synced.append((status.st_ino == tmp_path.stat().st_ino, status.st_size))

    monkeypatch.setattr(os, "fsync", sync)
    read_secret_key("", tmp_path)
    size = (tmp_path / "secret.key").stat().st_size
    assert [is_directory for is_directory, _ in synced] == [False, True]
    assert synced[0][1] == size


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOCS", "yes"),
        ("FAST_PATH", "false"),
        ("PUBLIC_URL", "https://a\x7fb.example"),
        ("MAX_CONNECTIONS", "100001"),
        ("UPSTREAM_TIMEOUT", "0.9"),
    ],
)
def test_a_value_beside_what_is_allowed_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"LEDGERPORT_{name}"):
        load(tmp_path, **{name: value})


def test_the_least_and_the_most_that_is_allowed_is_taken(tmp_path: Path) -> None:
    assert load(tmp_path, MAX_CONNECTIONS="100000").max_connections == 100_000
    assert load(tmp_path, MAX_CONNECTIONS="16").max_connections == 16
    for seconds in ("1", "59"):
        assert load(tmp_path, UPSTREAM_TIMEOUT=seconds).upstream_timeout == float(seconds)


def test_the_fast_path_is_on_unless_it_is_turned_off(tmp_path: Path) -> None:
    assert load(tmp_path).fast_path is True
    assert load(tmp_path, FAST_PATH="off").fast_path is False


def test_a_key_of_one_byte_less_than_the_least_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds 31 bytes"):
        load(tmp_path, SECRET_KEY=base64.b64encode(bytes(31)).decode())


def test_postgresql_is_named_by_an_address_whose_password_nobody_sees(tmp_path: Path) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        settings = load(
            tmp_path, DATABASE_URL=f"{scheme}://me:s3cret@db.example:5433/books?sslmode=verify-full"
        )
        assert settings.postgres_url == "postgresql://me:s3cret@db.example:5433/books?sslmode=verify-full"
        assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:s3cret@db.example", "names no database"),
        ("postgresql://me:s3cret@db.example/", "names no database"),
        ("postgresql://me:s3cret@db.example/a/b", "names no database"),
        ("postgresql://me:s3cret@db.example:port/books", "port cannot be read"),
        ("postgresql://me:s3c/ret@db.example/books", ""),
        ("postgresql://me:s3cr et@db.example/books", "blanks"),
        ("postgresql://me:s3cret@db.example/books#x", "#"),
        ("postgresql://me:s3cret@db.example/books?options=-cfsync", "a parameter that is unknown"),
        ("postgresql://db.example/books?user=me&password=a&s3cret", "write the & of a password as %26"),
        ("postgresql+psycopg2://me:s3cret@db.example/books", "must be like"),
    ],
)
def test_an_address_of_postgresql_that_cannot_be_right_is_refused_without_its_password(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, DATABASE_URL=url)
    text = refused.value.as_text()
    assert said in text
    assert "LEDGERPORT_DATABASE_URL" in text
    assert "s3c" not in text


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://books.example", RedisAddress("single", (("books.example", 6379),))),
        (
            "rediss://agent:s%40cret@10.0.0.1:6380/3",
            RedisAddress("single", (("10.0.0.1", 6380),), True, 3, username="agent", password="s@cret"),
        ),
        ("redis://:secret@[::1]:6380", RedisAddress("single", (("::1", 6380),), password="secret")),
        (
            "redis+sentinel://:secret@one:1,two/books/2?sentinel_password=other",
            RedisAddress("sentinel", (("one", 1), ("two", 26379)), False, 2, "books", "", "secret", "other"),
        ),
        ("rediss+cluster://one:7000,two:7001", RedisAddress("cluster", (("one", 7000), ("two", 7001)), True)),
    ],
)
def test_redis_is_named_by_a_url(tmp_path: Path, url: str, address: RedisAddress) -> None:
    found = load(tmp_path, REDIS_URL=url)
    assert found.redis == address
    assert not re.search("cret|other", repr(found))
    assert "cret" not in address.describe()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("secret", "must be like redis://"),
        ("http://secret@books.example", "must be like redis://"),
        ("redis://:secret@books.example /0", "must be like redis://"),
        ("redis://", "a host or port that cannot be read"),
        ("redis://:secret@books.example:99999", "a host or port that cannot be read"),
        ("redis://:secret@@books.example:port", "a host or port that cannot be read"),
        ("redis://:secret/@books.example", "a host or port that cannot be read"),
        ("redis://:secret#@books.example", "a host or port that cannot be read"),
        ("redis://:secret@one,two", "names several hosts"),
        ("redis://:secret@one/books", "the number of the database"),
        ("redis://:secret@one/1/2", "the number of the database"),
        ("redis+sentinel://:secret@one", "lacks the name of the service"),
        ("redis+cluster://:secret@one/0", "has no numbered databases"),
        ("redis://:secret@one?timeout=1", "has an option that is unknown"),
        ("redis://books.example/?:secret@one", "has an option that is unknown"),
        ("redis://one?sentinel_password=secret", "only redis\\+sentinel:// takes"),
        ("redis://:secret@one?ca_certs=secret", "needs TLS"),
        ("rediss://:secret@one?ca_certs=/secret", "names no file"),
    ],
)
def test_a_url_of_redis_that_cannot_be_right_stops_the_start_and_is_not_shown(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        load(tmp_path, REDIS_URL=url)
    assert "secret" not in refused.value.as_text()
    assert "LEDGERPORT_REDIS_URL" in refused.value.as_text()


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    for name, text in (
        ("key", f"{KEY}\n"),
        ("secret", "s3cret\n"),
        ("url", "postgresql://me:s3cret@db/books\n"),
    ):
        (tmp_path / name).write_text(text)
    settings = load(
        tmp_path,
        SECRET_KEY_FILE=str(tmp_path / "key"),
        BOOKS_CLIENT_SECRET_FILE=str(tmp_path / "secret"),
        DATABASE_URL_FILE=str(tmp_path / "url"),
    )
    assert settings.secret_key == bytes(range(32))
    assert settings.integrations["books"].client_secret == "s3cret"
    assert settings.postgres_url == "postgresql://me:s3cret@db/books"
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("content", [b"", b" \n", b"x" * 65_537, b"\xff\xfe"])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SettingsError, match="LEDGERPORT_SECRET_KEY_FILE names the file"):
        load(tmp_path, SECRET_KEY_FILE=str(tmp_path / "key"))
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(tmp_path, SECRET_KEY_FILE=str(tmp_path / "nowhere"))


def test_a_secret_in_both_forms_is_refused_and_only_secrets_have_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    with pytest.raises(SettingsError, match="are both set"):
        load(tmp_path, SECRET_KEY=KEY, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert load(tmp_path, SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key")).secret_key == bytes(range(32))
    assert load(tmp_path, SECRET_KEY=KEY, SECRET_KEY_FILE="").secret_key == bytes(range(32))
    for name in ("PORT_FILE", "BOOKS_CLIENT_ID_FILE", "API_TOKEN_FILE"):
        with pytest.raises(SettingsError, match=f"LEDGERPORT_{name} is not a setting"):
            load(tmp_path, **{name: str(tmp_path / "key")})


def test_every_setting_is_a_field_or_worked_out_and_its_default_can_be_read(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    names = {each.name for each in fields(loaded)}
    for setting in TABLE:
        assert not setting.field or setting.field in names, setting.name
        assert setting.description.endswith("."), setting.name
        value = setting.read(setting.name, setting.default)
        assert not setting.field or getattr(loaded, setting.field) == value, setting.name
    worked_out = {
        "data", "secret_key", "key_file", "public_url", "database", "postgres_url", "integrations", "issuers",
        "telemetry",
    }  # fmt: skip
    assert names - {each.field for each in TABLE} == worked_out


def test_settings_are_listed_with_their_origin_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    environ = {
        "LEDGERPORT_DATA": str(tmp_path / "data"),
        "LEDGERPORT_PORT": "9000",
        "LEDGERPORT_HOST": "",
        "LEDGERPORT_SECRET_KEY_FILE": str(tmp_path / "key"),
        "LEDGERPORT_REDIS_URL": "redis://:s3cret@one",
        "LEDGERPORT_BOOKS_CLIENT_SECRET": "s3cret",
    }
    done = run_command("settings", "--json", environment=environ)
    found = {each["name"].removeprefix("LEDGERPORT_"): each for each in json.loads(done.stdout)}
    assert done.returncode == 0
    assert (found["PORT"]["value"], found["PORT"]["origin"]) == ("9000", "environment")
    assert (found["HOST"]["value"], found["HOST"]["origin"]) == ("127.0.0.1", "default")
    assert (found["SECRET_KEY"]["value"], found["SECRET_KEY"]["origin"]) == (
        "set",
        f"file {tmp_path / 'key'}",
    )
    assert (found["REDIS_URL"]["value"], found["DATABASE_URL"]["value"]) == ("set", "not set")
    assert found["BOOKS_CLIENT_SECRET"]["value"] == "set"
    assert {each.name.removeprefix("LEDGERPORT_") for each in TABLE} <= found.keys()
    text = run_command("settings", "--set", environment=environ).stdout
    assert "LEDGERPORT_PORT = 9000 (environment)\n" in text
    assert "LEDGERPORT_DOCS" not in text
    for shown in (done.stdout, text):
        assert "s3cret" not in shown and KEY not in shown
    assert not (tmp_path / "data").exists()


def test_the_list_names_a_value_that_cannot_be_right_and_a_key_that_was_made(tmp_path: Path) -> None:
    load(tmp_path)
    environ = {"LEDGERPORT_DATA": str(tmp_path), "LEDGERPORT_PORT": "eighty"}
    done = run_command("settings", environment=environ)
    assert done.returncode == 1
    assert "LEDGERPORT_PORT is 'eighty'; it must be a whole number from 0 to 65535." in done.stdout
    assert f"LEDGERPORT_SECRET_KEY = set (file {tmp_path / 'secret.key'})" in done.stdout
    refused = run_command("settings", environment={"LEDGERPORT_PROT": "1"})
    assert refused.returncode == 1
    assert 'Did you mean "LEDGERPORT_PORT"?' in refused.stderr


@pytest.mark.parametrize(
    ("url", "host", "port", "has_tls", "username", "password"),
    [
        ("smtp://mail.example.com", "mail.example.com", 587, False, "", ""),
        ("smtps://u%40x:p%3Aw@mail.example.com", "mail.example.com", 465, True, "u@x", "p:w"),
        ("smtp://127.0.0.1:2525/", "127.0.0.1", 2525, False, "", ""),
    ],
)
def test_where_mail_is_handed_over_is_read_from_its_url(
    tmp_path: Path, url: str, host: str, port: int, has_tls: bool, username: str, password: str
) -> None:
    settings = load(tmp_path, SMTP_URL=url, SMTP_FROM="Reports <reports@example.com>")
    assert settings.smtp == SmtpServer(host, port, has_tls, username, password)
    assert settings.smtp_from == Sender("reports@example.com", "Reports")
    assert not password or password not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://u:secret@mail:99999",
        "smtp://u:secret@mail/x",
    ],
)
def test_an_smtp_url_that_cannot_be_right_stops_the_start_and_is_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(tmp_path, SMTP_URL=url)
    assert "LEDGERPORT_SMTP_URL" in wrong.value.message and "secret" not in wrong.value.as_text()


@pytest.mark.parametrize(
    "sender", ["nobody", "a <b", "Ledgerport <a@b.example>\r\nBcc: x@y.example", "a@b@c.example"]
)
def test_whom_mail_is_from_is_an_address(tmp_path: Path, sender: str) -> None:
    with pytest.raises(SettingsError, match="LEDGERPORT_SMTP_FROM"):
        load(tmp_path, SMTP_FROM=sender)
