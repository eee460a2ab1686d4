"""The made-up city to try everything with: 示例市示例区, marked 合成示例.

A county with 3 subdistricts, 12 communities (3 of them villages) and a hundred grids between a
river and the hills; 4,000 buildings, roads, barriers, 60 facilities, 130 people in posts, 300
matters of sixty days; two business nets, and a corner that two communities claim. Everything is
drawn from one seed: every run gives the same bytes.
"""

from data.demo.city import DemoCity, demo_city, demo_editions
from data.demo.matters import DemoMatter, Reached, demo_matters
from data.demo.nets import DemoNet, demo_dispute, demo_nets
from data.demo.regions import COUNTY, DemoEdition

__all__ = [
    "COUNTY",
    "DemoCity",
    "DemoEdition",
    "DemoMatter",
    "DemoNet",
    "Reached",
    "demo_city",
    "demo_dispute",
    "demo_editions",
    "demo_matters",
    "demo_nets",
]
