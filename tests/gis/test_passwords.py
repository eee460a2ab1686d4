"""Which passwords are taken, and how they are compared."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher

from gis.errors import BadInput, TooMany
from gis.passwords import LONGEST, Passwords, check, make_one_time

CHEAP = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "steh-auf-morgen-frueh",
        "8#4!9z2$7@1q",
        "我家门口有一棵很老的黄桷树",
        "Zx9!kfqw2mPt",
        "every evening seven herons stand in the shallow water, and nobody asks them why",
    ],
)
def test_long_passwords_of_any_letters_are_taken(password: str):
    check(password, login="li.na")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("elevenchars", "short"),
        ("x" * (LONGEST + 1), "long"),
        ("Password123456!", "guessed"),
        ("P@ssw0rd2026!", "guessed"),
        ("1qaz2wsx3edc4rfv", "guessed"),
        ("qwertyuiop12", "guessed"),
        ("woaini5201314", "guessed"),
        ("iloveyou1314520", "guessed"),
        ("chongqing2026@#", "guessed"),
        ("wangge2026!!!", "guessed"),
        ("13800138000123", "guessed"),
        ("1985-03-12-1985", "guessed"),
        ("abcabcabcabc", "guessed"),
        ("aaaaaaaabbbbcc", "guessed"),
        ("li.na2026li.na", "guessed"),
        ("NaLi-LiNa-2026", "guessed"),
    ],
)
def test_short_and_guessable_passwords_are_refused(password: str, reason: str):
    with pytest.raises(BadInput, match=f"error.password_{reason}"):
        check(password, login="li.na")


@given(st.builds(make_one_time), st.text(max_size=8))
def test_one_time_passwords_would_be_taken_themselves(password: str, login: str):
    check(password, login=f"someone.{login}")


def test_composed_and_decomposed_letters_are_one_password():
    passwords = Passwords(CHEAP)
    kept = passwords.hash("caf\u00e9 am alten markt")

    assert passwords.matches("cafe\u0301 am alten markt", kept)[0]


def test_letters_count_to_the_last_and_case_counts():
    passwords = Passwords(CHEAP)
    kept = passwords.hash("a lamp beside the river")

    assert not passwords.matches("a lamp beside the rive", kept)[0]
    assert not passwords.matches("A lamp beside the river", kept)[0]
    assert not passwords.matches(" a lamp beside the river", kept)[0]


def test_no_account_is_never_a_match_not_even_for_the_decoy():
    passwords = Passwords(CHEAP)

    assert passwords.matches("whatever it may be", None)[0] is False


def test_a_hash_under_weaker_settings_is_renewed():
    kept = Passwords(CHEAP).hash("a lamp beside the river")
    stronger = Passwords(Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1))
    right, newer = stronger.matches("a lamp beside the river", kept)

    assert right
    assert newer is not None
    assert stronger.matches("a lamp beside the river", newer) == (True, None)


def test_the_real_settings_are_argon2id_with_64_mib():
    assert Passwords().hash("a lamp beside the river").startswith("$argon2id$v=19$m=65536,t=3,")


class SlowHasher(Argon2Hasher):
    """Counts how many work at the same time."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.lock = threading.Lock()
        self.working = self.most = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.lock:
            self.working += 1
            self.most = max(self.most, self.working)
        time.sleep(0.05)
        with self.lock:
            self.working -= 1
        return super().hash(password, salt=salt)


def test_two_work_two_wait_and_the_fifth_is_told_to_come_back():
    hasher = SlowHasher()
    passwords = Passwords(hasher, at_once=2)
    gate = threading.Barrier(12)

    def one() -> bool:
        gate.wait()
        try:
            passwords.hash("a lamp beside the river")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        done = [future.result() for future in [pool.submit(one) for _ in range(12)]]

    assert hasher.most == 2
    assert sum(done) == 4
