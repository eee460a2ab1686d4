"""Cut a connected graph of weighted blocks into connected parts of nearly one weight.

The method is recombination (ReCom): two neighbouring parts are joined, a random spanning tree of
the two is drawn and cut where it balances best. D. DeFord, M. Duchin, J. Solomon: Recombination, a
family of Markov chains for redistricting. Harvard Data Science Review 3(1), 2021,
doi:10.1162/99608f92.eb30390f. There it samples plans; here it searches one: a step is kept when it
lowers `cost_of`. Edges that should rather not be cut get low random weights, so that trees keep to
them (as region-aware ReCom does). The random numbers come from a seed: one question, one answer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEAST, MOST = 0.75, 1.25  # of the target: what counts as balanced
FIRST_TREES: Final = 24
TREES: Final = 12
ROUNDS: Final = 12
EDGE_SHARE: Final = 0.15  # what the length of inner edges counts beside balance
BEYOND: Final = 20.0  # what weight beyond the bounds counts beside balance


@dataclass(frozen=True)
class Graph:
    """Blocks 0 … n-1 with weights, and what it costs to cut between two neighbours (≥ 0, by pair,
    the lower number first). `ties` are pairs that only hold the graph together: detached parts.
    """

    weights: Sequence[float]
    edges: Mapping[tuple[int, int], float]

    def neighbours(self) -> list[list[int]]:
        """The neighbours of each block, in order."""
        found: list[list[int]] = [[] for _ in self.weights]
        for one, other in self.edges:
            found[one].append(other)
            found[other].append(one)
        return [sorted(each) for each in found]


def partition(graph: Graph, target: float, *, seed: int) -> list[int]:
    """The number of its part for each block: parts are connected and as near to `target` as found.

    Blocks heavier than the bound count as one full part when the number of parts is chosen; of
    neighbouring numbers the one with the fewest parts out of bounds, then the cheapest, wins.
    """
    total = sum(min(weight, target) for weight in graph.weights)
    usual = max(1, round(total / target))
    best: tuple[int, float, int, list[int]] | None = None
    for count in sorted({usual, max(1, usual - 1), usual + 1}, key=lambda n: (n != usual, n)):
        if count > len(graph.weights) or (best is not None and best[0] == 0):
            continue
        search = _Search(graph, target, np.random.default_rng(seed))
        owners = search.run(count)
        out = out_of_bounds(graph.weights, owners, target)
        ranked = (out, search.cost(owners), abs(count - usual), owners)
        best = ranked if best is None or ranked[:3] < best[:3] else best
    assert best is not None, "there is at least one block"
    return _renumbered(best[3])


def out_of_bounds(weights: Sequence[float], owners: Sequence[int], target: float) -> int:
    """How many parts are out of bounds though none of their blocks alone is too heavy."""
    sums: dict[int, float] = defaultdict(float)
    heaviest: dict[int, float] = defaultdict(float)
    for weight, owner in zip(weights, owners, strict=True):
        sums[owner] += weight
        heaviest[owner] = max(heaviest[owner], weight)
    return sum(
        not LEAST * target <= weight <= MOST * target and heaviest[owner] <= MOST * target
        for owner, weight in sums.items()
    )


def _renumbered(owners: Sequence[int]) -> list[int]:
    order = {old: new for new, old in enumerate(dict.fromkeys(owners))}
    return [order[one] for one in owners]


class _Search:
    """One search for a given number of parts."""

    def __init__(self, graph: Graph, target: float, random: np.random.Generator) -> None:
        self.graph, self.target, self.random = graph, target, random
        self.near = graph.neighbours()
        self.scale = max(sum(graph.edges.values()), 1e-9)

    def run(self, count: int) -> list[int]:
        owners = [0] * len(self.graph.weights)
        self._divide(owners, list(range(len(owners))), count, first=0)
        for _ in range(ROUNDS):
            if not (self._recombine(owners) | self._shift(owners)):
                break
        return owners

    # ---- what a plan costs ----------------------------------------------------------------------

    def sums(self, owners: Sequence[int]) -> list[float]:
        total: dict[int, float] = defaultdict(float)
        for block, owner in enumerate(owners):
            total[owner] += self.graph.weights[block]
        return list(total.values())

    def cost(self, owners: Sequence[int]) -> float:
        cut = sum(c for (a, b), c in self.graph.edges.items() if owners[a] != owners[b])
        return sum(map(self.unbalance, self.sums(owners))) + EDGE_SHARE * cut / self.scale * 10

    def unbalance(self, weight: float) -> float:
        off = weight / self.target - 1
        return off * off + BEYOND * max(0.0, off - (MOST - 1), (LEAST - 1) - off)

    # ---- the first plan: cut in two, and again --------------------------------------------------

    def _divide(self, owners: list[int], blocks: list[int], count: int, *, first: int) -> None:
        if count == 1 or len(blocks) == 1:
            for block in blocks:
                owners[block] = first
            return
        small = count // 2
        best: tuple[float, float, list[int]] | None = None
        for _ in range(FIRST_TREES):
            for side, cost in self._cuts(blocks, [small / count, 1 - small / count]):
                ranked = (cost, self._border(side, blocks), side)
                best = ranked if best is None or ranked[:2] < best[:2] else best
        assert best is not None, "a tree of two blocks has an edge"
        side = best[2]
        inside = set(side)
        rest = [block for block in blocks if block not in inside]
        share = sum(self._counted(b) for b in side) / max(
            sum(self._counted(b) for b in blocks), 1e-9
        )
        mine = min(max(1, round(share * count)), count - 1)
        self._divide(owners, side, mine, first=first)
        self._divide(owners, rest, count - mine, first=first + mine)

    def _counted(self, block: int) -> float:
        return min(self.graph.weights[block], self.target)

    def _cuts(self, blocks: list[int], shares: list[float]) -> Iterable[tuple[list[int], float]]:
        """The cut of one random tree that comes nearest to a share of the weight."""
        tree = self._tree(blocks)
        below = self._below(tree, [self._counted(b) for b in blocks])
        total = max(below[0], 1e-9)
        best = min(
            range(1, len(blocks)),
            key=lambda n: min(abs(below[n] / total - share) for share in shares),
        )
        off = min(abs(below[best] / total - share) for share in shares)
        yield [blocks[n] for n in self._subtree(tree, best)], round(off, 2)

    def _border(self, side: list[int], blocks: list[int]) -> float:
        inside, every = set(side), set(blocks)
        return sum(
            self.graph.edges[min(a, b), max(a, b)]
            for a in side
            for b in self.near[a]
            if b in every and b not in inside
        )

    # ---- trees ----------------------------------------------------------------------------------

    def _tree(self, blocks: list[int]) -> list[int]:
        """Parents in a random spanning tree, blocks numbered as given and in an order in which
        parents come first: `self._order` holds it.
        """
        place = {block: n for n, block in enumerate(blocks)}
        pairs = [
            (place[a], place[b], self.graph.edges[min(a, b), max(a, b)])
            for a in blocks
            for b in self.near[a]
            if a < b and b in place
        ]
        weights = self.random.random(len(pairs)) * (
            1.0 + self.scale / len(self.graph.edges) / (np.array([c for *_, c in pairs]) + 1e-9)
        ).clip(max=3.0)
        root = list(range(len(blocks)))

        def find(n: int) -> int:
            while root[n] != n:
                root[n] = root[root[n]]
                n = root[n]
            return n

        links: list[list[int]] = [[] for _ in blocks]
        for number in np.argsort(weights, kind="stable").tolist():
            one, other, _ = pairs[number]
            up, down = find(one), find(other)
            if up != down:
                root[up] = down
                links[one].append(other)
                links[other].append(one)
        parents, order = [-1] * len(blocks), [0]
        for here in order:
            for there in links[here]:
                if there != parents[here]:
                    parents[there] = here
                    order.append(there)
        self._order = order
        return parents

    def _below(self, parents: list[int], weights: list[float]) -> list[float]:
        below = list(weights)
        for here in reversed(self._order):
            if parents[here] >= 0:
                below[parents[here]] += below[here]
        return below

    def _subtree(self, parents: list[int], top: int) -> list[int]:
        inside = {top}
        for here in self._order:
            if parents[here] in inside:
                inside.add(here)
        return sorted(inside)

    # ---- making it better -----------------------------------------------------------------------

    def _recombine(self, owners: list[int]) -> bool:
        """Join and cut anew every pair of neighbouring parts, worst first; keep what is cheaper."""
        better = False
        members: dict[int, list[int]] = defaultdict(list)
        for block, owner in enumerate(owners):
            members[owner].append(block)
        for one, other in self._pairs(owners, members):
            if not any(owners[n] == other for block in members[one] for n in self.near[block]):
                continue  # an earlier cut of this round has parted them
            blocks = sorted(members[one] + members[other])
            before = self._pair_cost(members[one], blocks)
            found = min((self._best_cut(blocks) for _ in range(TREES)), key=lambda cut: cut[0])
            if found[0] < before - 1e-9:
                better = True
                inside = set(found[1])
                members[one] = found[1]
                members[other] = [block for block in blocks if block not in inside]
                for block in blocks:
                    owners[block] = one if block in inside else other
        return better

    def _pairs(
        self, owners: Sequence[int], members: Mapping[int, list[int]]
    ) -> list[tuple[int, int]]:
        pairs = {
            (min(owners[a], owners[b]), max(owners[a], owners[b]))
            for a, b in self.graph.edges
            if owners[a] != owners[b]
        }
        bad = {
            owner: self.unbalance(sum(self.graph.weights[b] for b in blocks))
            for owner, blocks in members.items()
        }
        return sorted(pairs, key=lambda pair: (-bad[pair[0]] - bad[pair[1]], pair))

    def _pair_cost(self, side: list[int], blocks: list[int]) -> float:
        weight = sum(self.graph.weights[b] for b in side)
        total = sum(self.graph.weights[b] for b in blocks)
        border = EDGE_SHARE * self._border(side, blocks) / self.scale * 10
        return self.unbalance(weight) + self.unbalance(total - weight) + border

    def _best_cut(self, blocks: list[int]) -> tuple[float, list[int]]:
        parents = self._tree(blocks)
        below = self._below(parents, [self.graph.weights[b] for b in blocks])
        ranked = sorted(
            range(1, len(blocks)),
            key=lambda n: self.unbalance(below[n]) + self.unbalance(below[0] - below[n]),
        )
        sides = [[blocks[n] for n in self._subtree(parents, top)] for top in ranked[:3]]
        return min(((self._pair_cost(side, blocks), side) for side in sides), key=lambda c: c[0])

    def _shift(self, owners: list[int]) -> bool:
        """Give single blocks on an edge to the neighbour while that is cheaper."""
        better = False
        sums: dict[int, float] = defaultdict(float)
        count: dict[int, int] = defaultdict(int)
        for block, owner in enumerate(owners):
            sums[owner] += self.graph.weights[block]
            count[owner] += 1
        for block, owner in enumerate(list(owners)):
            for to in sorted({owners[n] for n in self.near[block]} - {owner}):
                if count[owner] == 1 or self._gain(owners, sums, block, to) <= 1e-9:
                    continue
                if not self._holds_without(owners, block):
                    continue
                weight = self.graph.weights[block]
                sums[owner] -= weight
                sums[to] += weight
                count[owner] -= 1
                count[to] += 1
                owners[block] = to
                better = True
                break
        return better

    def _gain(self, owners: Sequence[int], sums: Mapping[int, float], block: int, to: int) -> float:
        weight, owner = self.graph.weights[block], owners[block]
        before = self.unbalance(sums[owner]) + self.unbalance(sums[to])
        after = self.unbalance(sums[owner] - weight) + self.unbalance(sums[to] + weight)
        border = 0.0
        for other in self.near[block]:
            cost = self.graph.edges[min(block, other), max(block, other)]
            border += cost * ((owners[other] != owner) - (owners[other] != to))
        return before - after + EDGE_SHARE * border / self.scale * 10

    def _holds_without(self, owners: Sequence[int], block: int) -> bool:
        """Is the part still connected without the block?"""
        owner = owners[block]
        mine = [n for n in self.near[block] if owners[n] == owner]
        if len(mine) <= 1:
            return True
        reached, waiting = {mine[0], block}, [mine[0]]
        while waiting:
            here = waiting.pop()
            for there in self.near[here]:
                if owners[there] == owner and there not in reached:
                    reached.add(there)
                    waiting.append(there)
        return all(n in reached for n in mine)
