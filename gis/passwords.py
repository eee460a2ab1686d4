"""Is a password good enough, and is it the right one?

No rules about kinds of characters: length, and not being easy to guess, are what counts
(NIST SP 800-63B 5.1.1.2; OWASP ASVS 5.0, V6.2).
"""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from gis.errors import BadInput, TooMany

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 128
LEAST_DISTINCT: Final = 5

# Words that common passwords are made of, whatever digits and signs are put round them: the usual
# ones, runs on the keyboard, and how such passwords are built in China.
_WORDS: Final = """
password passwort passw0rd p@ssw0rd p@ssword pass word admin administrator root user guest login
welcome letmein changeme default secret master access test demo temp hello monkey dragon shadow
sunshine princess football baseball superman batman iloveyou trustno security system server
manager operator oracle postgres database internet computer computers samsung huawei xiaomi
qwerty qwert qwertyuiop asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm qazwsx qazwsxedc wsx edc rfv
qaz tgb yhn ujm qweasd qweasdzxc asd zxc qwe abc abcd abcde abcdef abcdefg abcdefgh aa aaa
woaini woaiwojia woaiziji wodemima wode mima mimamima nihao nihaoma zhongguo china chongqing
beijing shanghai guangzhou shenzhen tongliang tongling wang wangge wanggeyuan shequ jiedao
zhili xiaoqu zhengfu dangyuan gongan quanxian guanli guanliyuan zhanghao ceshi aini laopo laogong
baobei baobao zhang wei li liu chen yang zhao huang zhou wu
"""
GUESSED_WORDS: Final = tuple(_WORDS.split())
RUNS: Final = ("0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl")


def check(password: str, *, login: str, least: int = 12, old: str | None = None) -> None:
    """Raise BadInput for a password too short or too long (in characters) or easy to guess.

    >>> check("correct horse battery", login="li.na")
    >>> check("Password123456!", login="li.na")
    Traceback (most recent call last):
    gis.errors.BadInput: error.password_guessed
    """
    if len(password) < least:
        raise BadInput("error.password_short", least=least)
    if len(password) > LONGEST:
        raise BadInput("error.password_long", most=LONGEST)
    if password == old:
        raise BadInput("error.password_same")
    if _guessable(password.lower(), login.lower()):
        raise BadInput("error.password_guessed")


def _guessable(password: str, login: str) -> bool:
    if len(set(password)) < LEAST_DISTINCT:
        return True
    if re.search(r"^(.{1,6}?)\1+.{0,5}$", password):  # one short piece over and over
        return True
    if re.fullmatch(r"[\d\W_]+", password):  # birthdays, telephone and identity numbers
        return bool(re.fullmatch(r"[\d\s./-]+", password))
    rest = _without_runs(password)
    own_words = [word for word in re.split(r"[._@-]", login) if len(word) > 2]
    for word in sorted([login, *own_words, *GUESSED_WORDS], key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != password and len(re.sub(r"[\d\W_]", "", rest)) < LEAST_DISTINCT


def _without_runs(text: str) -> str:
    """The text without stretches of four and more that follow the keyboard or the alphabet."""
    pieces = {run[i : i + 4] for run in RUNS for i in range(len(run) - 3)}
    hit = {i + k for i in range(len(text)) if text[i : i + 4] in pieces for k in range(4)}
    return "".join(letter for i, letter in enumerate(text) if i not in hit)


def make_one_time() -> str:
    """A random password of 80 bits to read out once, without letters that look alike.

    >>> len(make_one_time())
    19
    """
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


class Passwords:
    """Hashes and compares passwords with Argon2id (64 MiB and 0.1 to 0.5 s each), a few at a time.

    `at_once` run, as many again may wait; whoever comes then is told to come back (TooMany), so
    that a flood of sign-ins can't take the memory or the connections that everybody else needs.
    """

    def __init__(self, hasher: Argon2Hasher | None = None, *, at_once: int = 2) -> None:
        self._argon2 = PasswordHash((hasher or Argon2Hasher(),))
        self._working = BoundedSemaphore(at_once)
        self._inside = BoundedSemaphore(2 * at_once)

    def hash(self, password: str) -> str:
        """The string to keep. Composed and decomposed letters (NFC) give one password."""
        with self._turn():
            return self._argon2.hash(normalize("NFC", password))

    def matches(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Whether it is the kept password, and a new string to keep when the old one is weaker.

        Takes as long for `kept` None (no such account, no password): the time tells nothing.
        """
        with self._turn():
            decoy = (
                self._decoy
            )  # made on the first sign-in of any kind, whether the login is known or not
            right, newer = self._argon2.verify_and_update(normalize("NFC", password), kept or decoy)
        return (right and kept is not None), newer

    @cached_property
    def _decoy(self) -> str:
        return self._argon2.hash(secrets.token_hex())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise TooMany("error.sign_in_busy", seconds=2)
        try:
            with self._working:
                yield
        finally:
            self._inside.release()
