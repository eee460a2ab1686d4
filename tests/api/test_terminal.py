"""How commands talk: a command that helps is named on the terminal, never on a page."""

from __future__ import annotations

import re
from pathlib import Path

from api.terminal import say_error
from gis.errors import BadInput, NotFound
from maps.words import LANGUAGES, words

ROOT = Path(__file__).parents[2]
COMMANDS = re.compile(r"wangge |(?<![\w-])--[a-z]")
# Of files, the database, accounts and keys: raised behind commands alone.
BEHIND_COMMANDS = re.compile(
    r"cluster|server|postgres|upgrade|backup|database|datum|import_|/accounts|keys|roles"
)


def test_an_error_names_the_command_that_helps_on_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("WANGGE_LANG", "en")
    say_error(NotFound("error.edition_not_found", edition="x"))
    say_error(BadInput("error.proposal_unchanged"))
    helped, plain = capsys.readouterr().err.splitlines()
    assert helped.endswith("See: wangge edition list")
    assert plain.endswith("before submitting.")


def test_no_sentence_that_a_page_may_show_names_a_command():
    raised = set()
    for file in [*ROOT.glob("gis/**/*.py"), *ROOT.glob("api/*.py")]:
        code = file.read_text(encoding="utf-8")
        served = file.parts[-2] != "api" or "APIRouter(" in code
        if served and not BEHIND_COMMANDS.search(file.as_posix().removeprefix(ROOT.as_posix())):
            raised |= set(re.findall(r'"(error\.[a-z_.]+)"', code))
    assert len(raised) > 120
    for language in LANGUAGES:
        said = words(language)
        pages = raised | {key for key in said if key.startswith(("page.", "map.", "note."))}
        assert [key for key in sorted(pages & said.keys()) if COMMANDS.search(said[key])] == []
