"""How often each code was given, by stage or by group of people, and which codes stand together. Counts only."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from app.coding.codebook_queries import CodeFacts
from app.coding.reading_queries import Carried


@dataclass(frozen=True, slots=True)
class Frequency:
    """One code: how many statements, and of how many people, carry it or a code below it; ``by_column`` statements each."""

    code: CodeFacts
    statements: int
    people: int
    by_column: Mapping[Hashable, int]


@dataclass(frozen=True, slots=True)
class Together:
    """Two codes on the same statements: on how many, and as a share of those that carry either (Jaccard)."""

    first: CodeFacts
    second: CodeFacts
    statements: int
    share: float


def frequencies(
    codes: Sequence[CodeFacts], found: Collection[Carried], column: Callable[[Carried], Hashable | None]
) -> list[Frequency]:
    """Return the counts of each of ``codes``, in their order; a statement counts once for a code, and for those above it.

    ``column`` says in which column a statement counts; None: in none.
    """
    carrying = _carrying(codes, found)
    return [_frequency(code, carrying[code.id], column) for code in codes]


def together(codes: Sequence[CodeFacts], found: Collection[Carried], *, most: int) -> list[Together]:
    """Return up to ``most`` pairs of codes that stand on the same statements, the most frequent first.

    Codes as they were given: one that only counts because another below it was given makes no pair.
    """
    place = {code.id: number for number, code in enumerate(codes)}
    on: dict[UUID, set[UUID]] = defaultdict(set)
    alone: Counter[UUID] = Counter()
    for one in {(carried.statement_id, carried.code_id) for carried in found if carried.code_id in place}:
        on[one[0]].add(one[1])
        alone[one[1]] += 1
    pairs = Counter(pair for given in on.values() for pair in combinations(sorted(given, key=place.__getitem__), 2))
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], place[pair[0][0]], place[pair[0][1]]))
    return [
        Together(codes[place[first]], codes[place[second]], n, n / (alone[first] + alone[second] - n))
        for (first, second), n in ranked[:most]
    ]


def _carrying(codes: Sequence[CodeFacts], found: Collection[Carried]) -> dict[UUID, dict[UUID, Carried]]:
    """By code, the statements that carry it or a code below it."""
    parent = {code.id: code.parent_id for code in codes}
    carrying: dict[UUID, dict[UUID, Carried]] = defaultdict(dict)
    for one in found:
        code: UUID | None = one.code_id
        while code is not None:
            carrying[code][one.statement_id] = one
            code = parent.get(code)
    return carrying


def _frequency(
    code: CodeFacts, statements: Mapping[UUID, Carried], column: Callable[[Carried], Hashable | None]
) -> Frequency:
    people = {one.participant_id for one in statements.values()}
    columns = Counter(place for one in statements.values() if (place := column(one)) is not None)
    return Frequency(code, len(statements), len(people), columns)
