"""How often is an address found, and how often wrongly? `python -m tests.address_figures` says.

What it prints stands in docs/addresses.md; a test compares. Two sets: the demo city's register,
its addresses written as people write them, and the facilities of Taipei as published. The even
buildings of the demo chose the threshold, the odd ones are counted.
"""

from __future__ import annotations

import csv
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from data.demo import demo_city
from gis import gazetteer as rules
from gis.address_parts import ElementKind, render
from gis.addresses import parse
from gis.gazetteer import AddressMatch, Gazetteer, KnownAddress
from gis.gazetteer_regions import KnownRegion, RegionNames

FILES = Path(__file__).parent / "files"
COUNTED = 500  # of the 2,000 buildings that chose nothing
SHOWN = 3  # examples of each failure

# ---- the demo city, written as people write ------------------------------------------------------


@dataclass(frozen=True)
class House:
    """One building of the demo: what stands in the register, and where it is."""

    code: str
    address: str
    grid: str
    regions: tuple[str, ...]  # names, from the city down to the community


Writer = Callable[[House, random.Random], str]
DIGITS = re.compile("[0-9]+")
SLIPS = "和文明光华青山江天平春雨石金龙马凤花木林"
TRADITIONAL = dict(
    zip("号滨桥楼园书学云荫东纺织区乡头听", "號濱橋樓園書學雲蔭東紡織區鄉頭聽", strict=True)
)


def as_registered(house: House, dice: random.Random) -> str:
    return house.address


def with_all_regions(house: House, dice: random.Random) -> str:
    return "".join(house.regions) + house.address


def with_a_doubled_prefix(house: House, dice: random.Random) -> str:
    return house.regions[0] * 2 + house.regions[1] + house.address


def in_full_width(house: House, dice: random.Random) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if one.isascii() else one for one in house.address)


def in_chinese_numerals(house: House, dice: random.Random) -> str:
    return DIGITS.sub(lambda found: chinese(int(found[0])), house.address)


def in_traditional_characters(house: House, dice: random.Random) -> str:
    return "".join(TRADITIONAL.get(one, one) for one in house.address)


def with_another_word_for_the_building(house: House, dice: random.Random) -> str:
    return house.address.replace("幢", dice.choice(["栋", "座", "号楼", "#"]))


def with_a_dash_for_the_sub_number(house: House, dice: random.Random) -> str:
    return re.sub("号附([0-9]+)", r"-\1号", house.address)


def without_road_and_door(house: House, dice: random.Random) -> str:
    return re.sub("^[^0-9]+[0-9]+号(?=[^0-9附])", "", house.address)


def without_the_compound(house: House, dice: random.Random) -> str:
    return re.sub("(?<=号)[^0-9附]+(?=[0-9])", "", house.address)


def without_the_last_number(house: House, dice: random.Random) -> str:
    return re.sub("(?:附[0-9]+|[0-9]+幢|组[0-9]+号)$", "", house.address)


def with_room_and_words_around(house: House, dice: random.Random) -> str:
    address = house.address + "号" * house.address[-1].isdigit()
    return f"我家住在{address}{dice.choice(['2单元501室', '3楼', '旁边', '楼下油烟大'])}"


def with_a_slip_in_a_name(house: House, dice: random.Random) -> str:
    at = dice.choice([at for at, one in enumerate(house.address) if _is_name(house.address, at)])
    return house.address[:at] + dice.choice(SLIPS) + house.address[at + 1 :]


def with_a_character_missing(house: House, dice: random.Random) -> str:
    at = dice.choice([at for at, one in enumerate(house.address) if _is_name(house.address, at)])
    return house.address[:at] + house.address[at + 1 :]


def with_a_wrong_digit(house: House, dice: random.Random) -> str:
    at = dice.choice([at for at, one in enumerate(house.address) if one.isdigit()])
    digit = dice.choice([one for one in "123456789" if one != house.address[at]])
    return house.address[:at] + digit + house.address[at + 1 :]


def in_another_city(house: House, dice: random.Random) -> str:
    return dice.choice(["北京市朝阳区", "渝中区", "成都市"]) + house.address


def _is_name(address: str, at: int) -> bool:
    return not address[at].isdigit() and address[at] not in "号附幢组"


def chinese(number: int) -> str:
    """Whole numbers below a thousand in words: 321 is 三百二十一."""
    figures = "〇一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{figures[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else figures[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (figures[ones] if ones else "")


WRITERS: dict[str, Writer] = {
    "as registered": as_registered,
    "with all regions": with_all_regions,
    "doubled prefix": with_a_doubled_prefix,
    "full-width": in_full_width,
    "Chinese numerals": in_chinese_numerals,
    "traditional characters": in_traditional_characters,
    "栋, 座, 号楼, # for 幢": with_another_word_for_the_building,
    "18-3号 for 18号附3": with_a_dash_for_the_sub_number,
    "no road and door": without_road_and_door,
    "no compound": without_the_compound,
    "last number missing": without_the_last_number,
    "room, words around": with_room_and_words_around,
    "a slip in a name": with_a_slip_in_a_name,
    "a character missing": with_a_character_missing,
    "a wrong digit": with_a_wrong_digit,
    "another city": in_another_city,
}


KINDS = ("right", "wrong", "listed", "list", "nothing", "region right", "region wrong")


@dataclass
class Row:
    """What became of the addresses written one way."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, outcome: str, text: str) -> None:
        self.counts[outcome] += 1
        if len(self.examples[outcome]) < SHOWN:
            self.examples[outcome].append(text)

    @property
    def asked(self) -> int:
        return sum(self.counts[one] for one in KINDS[:5])


def _name(house: House) -> str:
    """The compound where there is one, else the road or the village."""
    elements = [one for one in parse(house.address).elements if not one.value[0].isdigit()]
    return elements[-1].value if elements else ""


class Demo:
    """The demo city's register: whole, without every tenth address, without every fifth name."""

    def __init__(self) -> None:
        city = demo_city()
        rows = {row.code: row for one in city.editions for row in one.rows}
        self.regions = [KnownRegion(r.code, r.name, r.parent_code or "") for r in rows.values()]
        self.names = RegionNames(self.regions)
        above = {code: self._above(code, rows) for code in {b.grid_code for b in city.buildings}}
        self.houses = [
            House(one.code, one.address, one.grid_code or "", above[one.grid_code])
            for one in city.buildings
        ]
        self.addresses = {one.code: one.address for one in self.houses}
        self.left_out = sorted({_name(one) for one in self.houses})[::5]

    def _above(self, grid: str, rows: dict[str, Any]) -> tuple[str, ...]:
        chain = self.names.chain(grid)[:0:-1]
        return ("示例市", *(rows[code].name.split("（")[0] for code in chain))

    def register(self, leave: Callable[[House], bool] = lambda house: False) -> Gazetteer:
        known = [
            KnownAddress(one.code, one.address, one.grid) for one in self.houses if not leave(one)
        ]
        return Gazetteer(self.regions, known, above=["示例市"])

    def written(self, count: int) -> dict[str, Row]:
        """`count` of the odd buildings, written every way, asked of the whole register."""
        whole, found = self.register(), {}
        for name, write in WRITERS.items():
            dice, found[name] = random.Random(name), Row()
            for house in self.houses[1 :: 2 * (2000 // count)]:
                text = write(house, dice)
                if text and (text != house.address or write is as_registered):
                    self._judge(found[name], house, text, whole.match(text))
        return found

    def unknown(self) -> dict[str, Row]:
        """Addresses that the register lacks: the number alone, or the name with it."""
        tenth = {one.code for one in self.houses[::10]}
        found = {"number not known": Row(), "name not known": Row()}
        register = self.register(lambda house: house.code in tenth)
        for house in self.houses[::10]:
            match = register.match(house.address)
            self._judge(found["number not known"], house, house.address, match)
        register = self.register(self.is_nameless)
        for house in filter(self.is_nameless, self.houses):
            match = register.match(house.address)
            self._judge(found["name not known"], house, house.address, match)
        return found

    def is_nameless(self, house: House) -> bool:
        """Whether an address has one of the names that are left out for a trial."""
        return any(name in house.address for name in self.left_out)

    def _judge(self, row: Row, house: House, text: str, found: AddressMatch) -> None:
        if found.place:
            is_right = found.place == house.code
            got = "" if is_right else f", meant {house.address}"
            row.note("right" if is_right else "wrong", f"{text}{got}")
            return
        listed = [one.code for one in found.candidates]
        row.note("listed" if house.code in listed else "list" if listed else "nothing", text)
        if found.region:
            is_right = found.region in self.names.chain(house.grid)
            row.note("region right" if is_right else "region wrong", text)


def demo_table(rows: dict[str, Row]) -> str:
    head = "| written | asked | right place | wrong place | list, it is on it | list, it isn't "
    head += "| nothing | no place: region right | region wrong |\n|---|" + "---:|" * 8
    lines = [
        f"| {name} | {row.asked} | " + " | ".join(str(row.counts[one]) for one in KINDS) + " |"
        for name, row in rows.items()
    ]
    return "\n".join([head, *lines])


def demo_failures(rows: dict[str, Row]) -> str:
    words = {"wrong": "wrong place", "region wrong": "wrong region", "nothing": "found nothing"}
    return "\n".join(
        f"- {name}, {word}: {'; '.join(row.examples[kind])}"
        for name, row in rows.items()
        for kind, word in words.items()
        if row.examples[kind]
    )


def threshold_table(demo: Demo) -> str:
    """What each threshold would do: on even buildings, and on names that are not known."""
    with lowered():
        slips = _leads(demo, demo.houses[::4], with_a_slip_in_a_name, demo.register())
        lacks = _leads(demo, demo.houses[::4], with_a_character_missing, demo.register())
        nameless = list(filter(demo.is_nameless, demo.houses))
        unknown = _leads(demo, nameless, as_registered, demo.register(demo.is_nameless))
    lines = [
        "| least score | a slip: right | wrong | a character missing: right | wrong "
        "| name not known: wrong |\n|---|" + "---:|" * 5
    ]
    for least in (0.70, 0.76, 0.80, 0.84, 0.88, 0.92):
        cells = [
            sum(score >= least and is_right is wanted for score, is_right in leads)
            for leads in (slips, lacks)
            for wanted in (True, False)
        ]
        cells.append(sum(score >= least for score, _ in unknown))
        lines.append(f"| {least:.2f} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


@contextmanager
def lowered() -> Iterator[None]:
    """Name every best candidate that leads, whatever its score."""
    least, rules.THRESHOLD = rules.THRESHOLD, 0.0
    try:
        yield
    finally:
        rules.THRESHOLD = least


def _leads(
    demo: Demo, houses: list[House], write: Writer, register: Gazetteer
) -> list[tuple[float, bool]]:
    dice = random.Random("threshold")
    asked = [(house, register.match(write(house, dice))) for house in houses]
    return [(found.score, found.place == house.code) for house, found in asked if found.place]


# ---- the facilities of Taipei, as published ------------------------------------------------------


class Taipei:
    """578 facilities with an address and a point; the polygon around the point is the referee."""

    def __init__(self) -> None:
        with (FILES / "taipei_facility_addresses.csv").open(encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        frame = pyogrio.read_dataframe(FILES / "taipei_towns_villages.gpkg", layer="villages")
        self.town_of = dict(zip(frame.village_code, frame.town_code, strict=True))
        self.named = dict(zip(frame.village_code, frame.village, strict=True))
        self.named |= dict(zip(frame.town_code, frame.town, strict=True))
        self.regions = [
            KnownRegion(code, name, self.town_of.get(code, "")) for code, name in self.named.items()
        ]
        points = shapely.points([(float(row["lon"]), float(row["lat"])) for row in self.rows])
        tree = shapely.STRtree(frame.geometry.values)
        self.village = [""] * len(self.rows)
        for at, where in zip(*tree.query(points, predicate="covered_by"), strict=True):
            self.village[at] = frame.village_code[where]

    def known(self) -> list[KnownAddress]:
        return [
            KnownAddress(str(at), row["address"], village)
            for at, (row, village) in enumerate(zip(self.rows, self.village, strict=True))
            if village
        ]

    def named_regions(self) -> str:
        """How often the 區 and the 里 that an address names hold its point."""
        lines = []
        for kind, word in ((ElementKind.COUNTY, "區"), (ElementKind.COMMUNITY, "里")):
            named = right = 0
            misses = []
            for row, village in zip(self.rows, self.village, strict=True):
                name = parse(row["address"]).value(kind)
                own = village if kind is ElementKind.COMMUNITY else self.town_of.get(village, "")
                if name and village:
                    named, right = named + 1, right + (name == self.named[own])
                    if name != self.named[own]:
                        misses.append(f"{row['address']} ({self.named[own]})")
            lines.append(
                f"- {word}: named in {named} of {sum(map(bool, self.village))}, right in "
                f"{right}" + (f". Not: {'; '.join(misses)}" if misses else "")
            )
        return "\n".join(lines)

    def understood(self) -> str:
        """How many addresses leave nothing over, and what the others leave."""
        found = [(row["address"], parse(row["address"])) for row in self.rows]
        over = [(text, one) for text, one in found if one.rest or one.landmark]
        back = sum(parse(render(one.elements)).elements == one.elements for _, one in found)
        shown = "; ".join(
            f"{text} ({'、'.join([one.landmark] * bool(one.landmark) + list(one.rest))})"
            for text, one in over[:: len(over) // 4][:4]
        )
        return (
            f"- {len(found) - len(over)} of {len(found)} leave nothing over; {back} are the same "
            f"when rendered and read again. Left over, for example: {shown}"
        )

    def left_out(self) -> str:
        """Each tenth of the addresses asked of the other nine: how deep, and how right?"""
        known, counts, wrong = self.known(), Counter[str](), []
        texts = sorted({one.text for one in known})
        for tenth in range(10):
            held = set(texts[tenth::10])
            rest = Gazetteer(
                self.regions, [one for one in known if one.text not in held], above=["臺北市"]
            )
            for one in known:
                if one.text in held:
                    outcome = self._depth(one, rest.match(one.text))
                    counts[outcome] += 1
                    if outcome == "wrong":
                        wrong.append(one.text)
        order = ("neighbour", "village", "town", "nothing", "wrong")
        words = {
            "neighbour": "another facility at the same door",
            "village": "the right 里",
            "town": "the right 區",
            "nothing": "nothing",
            "wrong": "a wrong region",
        }
        told = ", ".join(f"{words[one]} {counts[one]}" for one in order)
        return f"- {sum(counts.values())} addresses: {told}. Wrong: {'; '.join(wrong)}"

    def _depth(self, one: KnownAddress, found: AddressMatch) -> str:
        if found.place:
            same = self.village[int(found.place)] == one.region
            return "neighbour" if same else "wrong"
        if not found.region:
            return "nothing"
        if found.region == one.region:
            return "village"
        return "town" if found.region == self.town_of[one.region] else "wrong"


def sections(demo: Demo, taipei: Taipei) -> dict[str, str]:
    """Every piece of the page that is counted."""
    rows = demo.written(COUNTED) | demo.unknown()
    return {
        "threshold": threshold_table(demo),
        "demo": demo_table(rows),
        "failures": demo_failures(rows),
        "Taipei, regions named": taipei.named_regions(),
        "Taipei, taken apart": taipei.understood(),
        "Taipei, a tenth left out": taipei.left_out(),
    }


if __name__ == "__main__":
    for title, text in sections(Demo(), Taipei()).items():
        print(f"== {title} ==\n{text}\n")
