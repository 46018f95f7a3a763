"""The order and the nesting of codes: pure, over anything that has an id, a parent and a position."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Protocol, TypeVar
from uuid import UUID

# The home row first: these letters are under the fingers while the eyes are on the text. Last those that the coding page
# uses itself: a code has them only while words are selected.
LETTERS = "asdfghlqwrtyuipzxcb" + "nvomekj"


class Node(Protocol):
    """Something with a place in a tree. ``position`` orders those of one parent."""

    @property
    def id(self) -> UUID: ...
    @property
    def parent_id(self) -> UUID | None: ...
    @property
    def position(self) -> int: ...


AnyNode = TypeVar("AnyNode", bound=Node)


def in_order(nodes: Iterable[AnyNode]) -> Iterator[tuple[AnyNode, int]]:
    """Yield each node with its depth (0 at the top): parents before their children, siblings by position.

    A node whose parent is not among ``nodes`` stands at the top.
    """
    known = list(nodes)
    ids = {node.id for node in known}
    children: dict[UUID | None, list[AnyNode]] = {}
    for node in known:
        children.setdefault(node.parent_id if node.parent_id in ids else None, []).append(node)
    for siblings in children.values():
        siblings.sort(key=lambda node: (node.position, node.id), reverse=True)
    stack = [(node, 0) for node in children.get(None, [])]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        stack += [(child, depth + 1) for child in children.get(node.id, [])]


def depth_of(nodes: Mapping[UUID, Node], node_id: UUID | None) -> int:
    """Return how many levels stand above a child of ``node_id``: 0 for None, 1 under a node at the top."""
    depth = 0
    while node_id is not None:
        depth += 1
        node_id = nodes[node_id].parent_id
    return depth


def below(nodes: Iterable[AnyNode], node_id: UUID) -> list[AnyNode]:
    """Return the node and everything under it, in order."""
    ordered = list(in_order(nodes))
    start = next(place for place, (node, _) in enumerate(ordered) if node.id == node_id)
    inside = takewhile(lambda one: one[1] > ordered[start][1], ordered[start + 1 :])
    return [ordered[start][0], *(node for node, _ in inside)]


def height(nodes: Iterable[Node], node_id: UUID) -> int:
    """Return how many levels the node and what is under it take: 1 for a node without children."""
    depths = {node.id: depth for node, depth in in_order(nodes)}
    return max(depths[node.id] for node in below(nodes, node_id)) - depths[node_id] + 1


def free_letter(taken: Iterable[str | None]) -> str | None:
    """Return the letter to propose for a code, or None when all are taken."""
    known = set(taken)
    return next((letter for letter in LETTERS if letter not in known), None)
