"""Specificity, effort, clauses and touchpoints on sentences of our own: those the rules were written with, and held out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nlp.scenes import Spoken, effort, explain_specificity, find_scenes

TABLES = Path(__file__).parent / "scenes"
Judge = Callable[[list[str]], bool]


def rows(name: str) -> Iterator[list[str]]:
    lines = (TABLES / name).read_text(encoding="utf-8").splitlines()[1:]
    return (line.split("\t") for line in lines)


def specific_or_not(row: list[str]) -> bool:
    return explain_specificity(row[0]).specific == (row[1] == "yes")


def effort_in_range(row: list[str]) -> bool:
    level = effort(row[0])
    if row[1] == "none":
        return level is None or row[2] != "none"
    return level is not None and float(row[1]) <= level <= float(row[2])


def right_kind_and_words(row: list[str]) -> bool:
    sentence, kind, holds = row[:3]
    found = find_scenes([Spoken("s", "p", sentence)])
    if kind == "not_need":
        return not found.needs
    scenes = {"pain": found.pain_points, "delight": found.delights, "need": found.needs}[kind]
    return any(holds in scene.phrase for scene in scenes)


def touchpoint_or_none(row: list[str]) -> bool:
    names = {one.name for one in find_scenes([Spoken("s", "p", row[0])]).touchpoints}
    return not names if row[1] == "none" else row[1] in names


@pytest.mark.parametrize(
    ("name", "judge", "written", "held_out", "at_least"),
    [
        ("specificity.tsv", specific_or_not, 0.95, 0.85, 120),
        ("effort.tsv", effort_in_range, 0.95, 0.7, 60),
        ("clauses.tsv", right_kind_and_words, 0.9, 0.85, 60),
        ("touchpoints.tsv", touchpoint_or_none, 0.95, 0.75, 60),
    ],
)
def test_sentences_of_our_own(name: str, judge: Judge, written: float, held_out: float, at_least: int) -> None:
    every = list(rows(name))
    assert len(every) == len({row[0] for row in every}) >= at_least
    for which, share in (("written", written), ("held_out", held_out)):
        those = [row for row in every if row[-1] == which]
        wrong = [row[0] for row in those if not judge(row)]
        assert 1 - len(wrong) / len(those) >= share, (which, wrong)
