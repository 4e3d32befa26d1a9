"""Keys are shown once, kept as digests, count by scope, and stop counting when they are revoked."""

from __future__ import annotations

import re
import threading
import time

import pytest
from sqlalchemy import Engine, text

from voltloop.errors import InputError, LedgerError
from voltloop.ledger import keys
from voltloop.ledger.keys import ADMIN_VARIABLE, add_key, check_key, ensure_admin_key, list_keys, revoke_key


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADMIN_VARIABLE, raising=False)


def test_a_key_names_its_caller_and_scopes(ledger: Engine) -> None:
    key = add_key(ledger, "  dock  scanner ", ["capture"])
    caller = check_key(ledger, key)
    assert caller is not None
    assert (caller.name, caller.may("capture"), caller.may("read"), caller.may("admin")) == (
        "dock scanner",
        True,
        False,
        False,
    )


def test_whoever_administers_may_do_everything(ledger: Engine) -> None:
    caller = check_key(ledger, add_key(ledger, "boss", ["admin"]))
    assert caller is not None
    assert all(caller.may(scope) for scope in keys.SCOPES)


@pytest.mark.parametrize("wrong", ["", "vl_", "x" * 100_000, "vl_\ud800", "' OR 1=1 --", "\x00"])
def test_any_other_text_is_nobody(ledger: Engine, wrong: str) -> None:
    add_key(ledger, "scanner", ["read"])
    assert check_key(ledger, wrong) is None


def test_the_database_holds_no_key(ledger: Engine) -> None:
    """Whoever reads the table, or a backup of it, gains nothing."""
    key = add_key(ledger, "scanner", ["read"])
    with ledger.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM api_key")).all())
    assert key not in stored
    assert key.removeprefix("vl_") not in stored


def test_a_revoked_key_is_refused_within_a_second(ledger: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in another process, whose cache knows nothing of it."""
    key = add_key(ledger, "scanner", ["read"])
    assert check_key(ledger, key) is not None
    with ledger.begin() as connection:
        connection.execute(text("UPDATE api_key SET revoked_at = now()"))
    real = time.monotonic
    monkeypatch.setattr(keys.time, "monotonic", lambda: real() + 1)
    assert check_key(ledger, key) is None


def test_revoking_here_counts_at_once(ledger: Engine) -> None:
    key = add_key(ledger, "scanner", ["read"])
    assert check_key(ledger, key) is not None
    assert revoke_key(ledger, "scanner").name == "scanner"
    assert check_key(ledger, key) is None
    assert list_keys(ledger)[0].revoked_at is not None


def test_a_name_may_be_given_again_after_revoking(ledger: Engine) -> None:
    first = add_key(ledger, "scanner", ["read"])
    with pytest.raises(InputError, match=re.escape('There is a key named "scanner" already.')):
        add_key(ledger, "scanner", ["read"])
    revoke_key(ledger, str(list_keys(ledger)[0].id))
    second = add_key(ledger, "scanner", ["read"])
    assert (check_key(ledger, first), check_key(ledger, second) is None) == (None, False)


@pytest.mark.parametrize(
    ("name", "scopes", "words"),
    [
        ("a", ["raed"], '"raed" is not a scope. The scopes are read, capture, admin. Did you mean "read"?'),
        ("a", [], "A key needs a scope."),
        (" ", ["read"], "is no name for a key"),
    ],
)
def test_bad_wishes_are_told_in_words(ledger: Engine, name: str, scopes: list[str], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        add_key(ledger, name, scopes)


def test_revoking_an_unknown_key_names_the_nearest(ledger: Engine) -> None:
    add_key(ledger, "scanner", ["read"])
    with pytest.raises(InputError, match='Did you mean "scanner"'):
        revoke_key(ledger, "scaner")


def test_the_first_admin_key_is_made_once(ledger: Engine) -> None:
    """However many servers start at once, one key is made and shown."""
    made: list[str | None] = []
    threads = [threading.Thread(target=lambda: made.append(ensure_admin_key(ledger))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = [key for key in made if key is not None]
    assert len(shown) == 1
    caller = check_key(ledger, shown[0])
    assert caller is not None
    assert caller.may("admin")


def test_the_environment_names_the_admin_key(ledger: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable counts, is not printed, and another value takes the place of the first."""
    monkeypatch.setenv(ADMIN_VARIABLE, "correct horse battery")
    assert ensure_admin_key(ledger) is None
    assert ensure_admin_key(ledger) is None
    caller = check_key(ledger, "correct horse battery")
    assert caller is not None
    assert caller.may("admin")
    monkeypatch.setenv(ADMIN_VARIABLE, "battery staple horse")
    assert ensure_admin_key(ledger) is None
    keys._cache.clear()
    assert check_key(ledger, "correct horse battery") is None
    assert check_key(ledger, "battery staple horse") is not None


def test_a_revoked_key_in_the_environment_is_told(ledger: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADMIN_VARIABLE, "correct horse battery")
    ensure_admin_key(ledger)
    revoke_key(ledger, ADMIN_VARIABLE)
    with pytest.raises(LedgerError, match="was revoked on"):
        ensure_admin_key(ledger)


def test_a_short_key_in_the_environment_is_refused(ledger: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADMIN_VARIABLE, "correct horse")
    with pytest.raises(LedgerError, match="has 13 characters") as caught:
        ensure_admin_key(ledger)
    assert caught.value.code == "admin-key-short"
