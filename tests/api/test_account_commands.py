"""`wangge account` and `wangge key`: what they do, and that each says so in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection
from typer.testing import CliRunner, Result

from api import account_commands
from api.cli import build
from gis.accounts import EVERYTHING, Grant, Role
from gis.errors import BadInput, Conflict, GridError, NotFound
from gis.passwords import Passwords
from gis.store import accounts, grants, sign_in
from gis.workflows.sign_in import Attempt, SignedIn, SignInRules, fingerprint, sign_in_with
from maps.words import LANGUAGES
from tests.api.people import PASSWORD, Savepoints, add_person
from tests.makers import NOW, keep
from tests.sketch import sketch

Run = Callable[..., Result]


@pytest.fixture
def run(connection: Connection, passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the test's own connection; an error of ours comes through as itself."""

    @contextmanager
    def open_database() -> Iterator[Savepoints]:
        yield Savepoints(connection)

    monkeypatch.setattr(account_commands, "open_database", open_database)
    monkeypatch.setattr(account_commands, "Passwords", lambda: passwords)
    monkeypatch.setenv("WANGGE_LANG", "en")

    def ran(*words: str, typed: str | None = None) -> Result:
        done = CliRunner().invoke(build(words[0]), words, input=typed)
        if isinstance(done.exception, GridError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done

    return ran


def lets_in(connection: Connection, passwords: Passwords, login: str, password: str) -> bool:
    attempt = Attempt(login, password, "10.0.0.1")
    found = sign_in_with(connection, passwords, attempt, datetime.now(UTC), SignInRules())
    return isinstance(found, SignedIn)


def shown_password(output: str) -> str:
    found = re.search(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", output)
    assert found is not None, output
    return found[0]


def test_the_first_administrators_come_with_three_passwords_when_nobody_can_type(
    run: Run, connection, passwords
):
    output = run("account", "first-admin", "admin").output
    shown = re.findall(r"of (\S+): ((?:[a-z2-9]{4}-){3}[a-z2-9]{4})", output)

    assert [login for login, _ in shown] == ["admin", "admin.security", "admin.audit"]
    assert all(lets_in(connection, passwords, login, word) for login, word in shown)
    with pytest.raises(Conflict, match="administrators_exist"):
        run("account", "first-admin", "another")


def test_on_a_terminal_the_first_administrator_chooses_the_password(
    run: Run, connection, passwords, monkeypatch
):
    monkeypatch.setattr(account_commands, "_ask_password", lambda: PASSWORD)
    monkeypatch.setattr(account_commands, "_at_terminal", lambda: True)
    output = run("account", "first-admin", "admin", "--audit", "the.auditor").output

    assert PASSWORD not in output
    assert lets_in(connection, passwords, "admin", PASSWORD)
    assert "admin.security:" in output
    assert "the.auditor:" in output


def test_a_new_account_signs_in_with_what_was_shown_and_has_no_role(
    run: Run, connection, passwords
):
    output = run("account", "add", "li.na", "--name", "李娜").output

    assert lets_in(connection, passwords, "li.na", shown_password(output))
    assert "It has no role yet" in output
    assert re.search(r"li\.na\s+李娜\s+-$", run("account", "list").output, re.MULTILINE)


def test_a_reset_shows_another_password_and_the_old_one_is_gone(run: Run, connection, passwords):
    add_person(connection, passwords, "li.na")
    output = run("account", "reset-password", "li.na").output

    assert not lets_in(connection, passwords, "li.na", PASSWORD)
    assert lets_in(connection, passwords, "li.na", shown_password(output))


def test_disabling_and_enabling(run: Run, connection, passwords):
    add_person(connection, passwords, "li.na")

    assert "is disabled" in run("account", "disable", "li.na").output
    assert "(disabled)" in run("account", "list").output
    assert not lets_in(connection, passwords, "li.na", PASSWORD)
    assert "enabled again" in run("account", "enable", "li.na").output
    assert lets_in(connection, passwords, "li.na", PASSWORD)


def test_roles_are_given_over_a_region_and_taken_back(run: Run, connection, passwords):
    keep(connection, sketch("A B"), level="community")
    person = add_person(connection, passwords, "li.na")
    words = ("li.na", "community_clerk", "--region", "A")

    assert (
        "community clerk over A" in run("account", "grant", *words, "--until", "2099-12-31").output
    )
    (held,) = grants.grants_of(connection, [person], EVERYTHING, NOW)
    assert (held.role, held.code) == (Role.COMMUNITY_CLERK, "A")
    assert held.until is not None
    assert held.until.isoformat() == "2099-12-31T16:00:00+00:00"
    assert "community clerk A" in run("account", "list").output
    assert "no longer" in run("account", "revoke", *words).output
    assert grants.grants_in_force(connection, person, NOW) == ()


def test_administrators_stay_apart_on_the_command_line_too(run: Run, connection, passwords):
    add_person(connection, passwords, "admin", Grant(Role.SECURITY_ADMIN))

    with pytest.raises(Conflict, match="roles_apart"):
        run("account", "grant", "admin", "audit_admin")


def test_a_key_is_shown_once_works_is_replaced_and_revoked(run: Run, connection, passwords):
    add_person(connection, passwords, "12345")

    def shown(output: str) -> str:
        return next(line for line in output.splitlines() if line.startswith("wg_"))

    def works(key: str) -> bool:
        now = datetime.now(UTC)
        return sign_in.caller_by_key(connection, fingerprint(key), now) is not None

    first = shown(run("key", "add", "12345", "--label", "dispatch", "--days", "30").output)
    second = shown(run("key", "rotate", "12345", "--overlap-days", "7").output)
    listed = run("key", "list", "12345").output
    assert works(first)
    assert works(second)
    assert first not in listed
    assert listed.count("wg_") == 2
    run("key", "revoke", "12345", "--prefix", first[:9])
    assert not works(first)
    assert works(second)
    run("key", "revoke", "12345")
    assert "no live key" in run("key", "list", "12345").output


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("account", "add", "li.na", "--name", "a\x1b[31mb"), BadInput),
        (("account", "add", "Li Na", "--name", "x"), BadInput),
        (("account", "disable", "nobody.here"), NotFound),
        (("account", "grant", "nobody.here", "planner"), NotFound),
        (("key", "add", "nobody.here", "--label", "x"), NotFound),
    ],
)
def test_what_cant_be_done_is_one_of_our_errors(run: Run, words, error):
    with pytest.raises(error):
        run(*words)


def test_every_sentence_of_the_commands_is_there_in_both_languages(
    run: Run, connection, passwords, monkeypatch
):
    for number, language in enumerate(LANGUAGES):
        monkeypatch.setenv("WANGGE_LANG", language)
        login = f"person.{number}"
        for words in (
            ("account", "add", login, "--name", "x"),
            ("account", "grant", login, "planner"),
            ("account", "revoke", login, "planner"),
            ("account", "reset-password", login),
            ("key", "add", login, "--label", "x"),
            ("key", "rotate", login),
            ("key", "list", login),
            ("account", "disable", login),
            ("account", "enable", login),
        ):
            assert run(*words).output.strip()
    assert len(accounts.list_accounts(connection, EVERYTHING, NOW)) == 2
