"""The environment is read by type, and all that is wrong is named at once."""

import ast
import base64
import json
import re
from pathlib import Path

import pytest

from portal.env import (
    BASE_DIR,
    NAMES,
    Environment,
    Misconfigured,
    database,
    with_stack,
    without_settings,
)

KEY = base64.b64encode(bytes(range(32))).decode()


def complaints_of(environment: Environment) -> str:
    with pytest.raises(Misconfigured) as caught:
        environment.finish()
    return str(caught.value)


def test_all_missing_variables_are_named_in_one_message() -> None:
    environment = Environment({"PORT": "eighty"})
    environment.text("BASE_URL")
    environment.secret("SECRET_KEY")
    environment.keys("FIELD_KEYS")
    environment.number("PORT")

    said = complaints_of(environment)

    for name in ("BASE_URL", "SECRET_KEY", "FIELD_KEYS", "PORT"):
        assert name in said


def test_sound_settings_pass() -> None:
    environment = Environment({"NAME": " Đủ Mũi "})

    assert environment.text("NAME") == "Đủ Mũi"
    assert environment.text("OTHER", "default") == "default"
    environment.finish()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("Yes", True), ("on", True), ("0", False), ("", False)],
)
def test_switches_are_read_in_their_usual_spellings(value: str, expected: bool) -> None:
    assert Environment({"DEMO": value}).flag("DEMO") is expected


def test_a_switch_in_other_words_is_named() -> None:
    environment = Environment({"DEMO": "maybe"})
    environment.flag("DEMO")

    assert "DEMO must be 1 or 0" in complaints_of(environment)


def test_a_number_below_the_least_is_named() -> None:
    environment = Environment({"PROXIES": "-1"})
    environment.number("PROXIES", 0)

    assert "PROXIES must be at least 0" in complaints_of(environment)


def test_lists_lose_their_spaces_and_empty_parts() -> None:
    environment = Environment({"ALLOWED_HOSTS": "a.vn, b.vn,,"})

    assert environment.listing("ALLOWED_HOSTS") == ["a.vn", "b.vn"]
    assert environment.listing("OTHERS", "") == []


def test_a_path_starts_at_the_project() -> None:
    assert Environment({}).path("DATA_DIR", "var") == BASE_DIR / "var"
    assert Environment({"DATA_DIR": "/srv/x"}).path("DATA_DIR") == Path("/srv/x")


def test_keys_are_read_with_the_newest_last() -> None:
    keys = Environment({"K": f"2:{KEY},1:{KEY}"}).keys("K")

    assert list(keys) == [1, 2]
    assert keys[1] == bytes(range(32))


@pytest.mark.parametrize("bad", ["1:c2hvcnQ=", f"0:{KEY}", f"256:{KEY}", KEY, "1:%%"])
def test_a_bad_key_is_named_and_not_repeated(bad: str) -> None:
    environment = Environment({"K": bad})
    environment.keys("K")

    said = complaints_of(environment)

    assert "K must read" in said
    assert bad not in said


def test_an_address_with_a_password_is_not_repeated() -> None:
    environment = Environment({"DATABASE_URL": "mysql://u:hidden@h/n"})
    environment.url("DATABASE_URL", schemes=("postgresql",))

    assert "hidden" not in complaints_of(environment)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n", encoding="utf-8")

    assert Environment({"S_FILE": str(file), "S": "x"}).secret("S") == "from the file"


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    environment = Environment({"S_FILE": str(tmp_path / "none")})
    environment.secret("S")

    assert "S_FILE cannot be read" in complaints_of(environment)


def test_a_database_behind_a_socket_is_read() -> None:
    entry = database("postgresql://dumui_app@/dumui?host=/run/x&sslmode=disable")

    assert entry["HOST"] == "/run/x"
    assert entry["NAME"] == "dumui"
    assert entry["USER"] == "dumui_app"
    assert entry["OPTIONS"] == {"sslmode": "disable"}


def test_a_database_behind_a_port_is_read_with_its_password() -> None:
    entry = database("postgres://u:p%40ss@db.example:5433/n%20m")

    assert (entry["HOST"], entry["PORT"]) == ("db.example", "5433")
    assert (entry["PASSWORD"], entry["NAME"]) == ("p@ss", "n m")


def test_a_database_in_a_folder_of_any_name_is_read_as_libpq_reads_it() -> None:
    entry = database("postgresql://u@/n?host=/srv/a%20b%26c%25+d/run")

    assert entry["HOST"] == "/srv/a b&c%+d/run"


@pytest.mark.parametrize("bad", ["sqlite:///x", "postgresql://u:hidden@h/%zz"])
def test_another_kind_of_database_is_refused(bad: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        database(bad)

    assert "hidden" not in str(caught.value)


def test_all_that_the_settings_read_is_known_by_name_and_shown_to_operators() -> None:
    tree = ast.parse((BASE_DIR / "portal" / "settings.py").read_text("utf-8"))
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and getattr(call.func.value, "id", "") == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    shown = re.findall(r"(?m)^#?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text())
    # What the stack tells its own processes.
    inner = {"PLATFORM_SIMULATOR", "POPULATION_SIMULATOR"}
    inner |= {"DJANGO_SETTINGS_MODULE"}

    assert read <= NAMES
    assert {*shown} == NAMES - inner


def test_fresh_servers_take_nothing_of_their_callers_gateways() -> None:
    given = {"SMS_URL": "https://real", "FIELD_KEYS_FILE": "/k", "BROWSER": "required"}

    assert without_settings(given) == {"BROWSER": "required"}


def test_the_running_stack_fills_in_what_the_caller_left_out(tmp_path: Path) -> None:
    written = {"DATABASE_URL": "postgresql://stack", "DEMO": "1"}
    (tmp_path / "environment.json").write_text(json.dumps(written), encoding="utf-8")

    values = with_stack({"DATA_DIR": str(tmp_path), "DEMO": "0"})

    assert values["DATABASE_URL"] == "postgresql://stack"
    assert values["DEMO"] == "0"
