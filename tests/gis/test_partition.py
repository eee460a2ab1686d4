"""Connected parts of nearly one weight, the same ones every time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.partition import Graph, out_of_bounds, partition


def lattice(across: int, up: int, weights: list[float]) -> Graph:
    """Blocks in rows; each shares 100 m with those beside it."""
    edges = {}
    for n in range(across * up):
        if (n + 1) % across:
            edges[n, n + 1] = 100.0
        if n + across < across * up:
            edges[n, n + across] = 100.0
    return Graph(weights, edges)


def connected(graph: Graph, blocks: set[int]) -> bool:
    near = graph.neighbours()
    reached, waiting = set[int](), [min(blocks)]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            waiting += [n for n in near[here] if n in blocks]
    return reached == blocks


def test_even_blocks_make_even_parts():
    graph = lattice(8, 8, [25.0] * 64)
    owners = partition(graph, 400.0, seed=1)
    assert sorted(np.bincount(owners).tolist()) == [16, 16, 16, 16]


def test_a_block_that_is_too_heavy_stands_alone_and_spoils_no_other_part():
    weights = [50.0] * 36
    weights[14] = 900.0
    graph = lattice(6, 6, weights)
    owners = partition(graph, 400.0, seed=1)
    sums = np.bincount(owners, weights=weights)
    assert out_of_bounds(weights, owners, 400.0) == 0
    assert sorted(sums)[-1] <= 1000.0


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 90), min_size=30, max_size=30), st.integers(0, 9))
def test_every_part_is_connected_every_block_has_one_and_the_same_question_one_answer(some, seed):
    weights = [float(one) for one in some]
    graph = lattice(6, 5, weights)
    owners = partition(graph, 300.0, seed=seed)
    parts = {n: {b for b, owner in enumerate(owners) if owner == n} for n in set(owners)}
    assert len(owners) == 30
    assert sorted(parts) == list(range(len(parts)))
    assert all(connected(graph, blocks) for blocks in parts.values())
    assert owners == partition(graph, 300.0, seed=seed)


def test_cuts_follow_the_cheap_edges():
    """A road between the third and the fourth column: cutting there costs a fifth."""
    graph = lattice(6, 4, [50.0] * 24)
    edges = {
        (a, b): metres / 5 if b == a + 1 and a % 6 == 2 else metres
        for (a, b), metres in graph.edges.items()
    }
    owners = partition(Graph(graph.weights, edges), 600.0, seed=3)
    assert [owners[n] != owners[0] for n in range(6)] == [False] * 3 + [True] * 3
