"""Write app/diary/static/cue_words.js: the surest phrases of nlp/lexicon/risk.tsv, for a phone without a network.

The server looks again with all of them when an entry arrives. Run with ``--update`` after a change of the lexicon; without,
it fails when the file is not what it would write.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nlp.lexicon.entries import FOLDER

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "app" / "diary" / "static" / "cue_words.js"
LEXICON = FOLDER / "risk.tsv"
# By the lexicon's own notes: what is said outright. Hints, and cues in two parts, are the server's to weigh.
SAID_OUTRIGHT: Mapping[str, Sequence[str]] = {
    "self_harm": (
        "直说不想活",
        "直说寻死的念头与方式",
        "自杀、轻生类词本身",
        "无望与无意义到该程度",
        "拖累感到该程度",
    ),
    "emergency": ("出血", "呼吸", "胸、心、血栓", "神志与神经"),
}
MOST_OF_A_NOTE = {"self_harm": 44, "emergency": 20}
# Ways around a filter stand in words of other languages too.
ASCII = re.compile(r"[\x00-\x7f]")


def cue_words() -> str:
    """Return the module's text: for each kind the phrases, and the look-alikes that hide one of them."""
    rows = [line.split("\t") for line in LEXICON.read_text(encoding="utf-8").splitlines()[1:]]
    chosen = {kind: shortest(_of_notes(rows, kind, notes)) for kind, notes in SAID_OUTRIGHT.items()}
    every = [phrase for phrases in chosen.values() for phrase in phrases]
    alike = shortest(
        phrase
        for phrase, kind, _ in rows
        if kind == "not_risk" and "…" not in phrase and any(one in phrase and one != phrase for one in every)
    )
    lines = [
        "// Made by scripts/cue_words.py from nlp/lexicon/risk.tsv: do not edit.",
        f"export const SELF_HARM = {_told(chosen['self_harm'])};",
        f"export const EMERGENCY = {_told(chosen['emergency'])};",
        f"export const LOOK_ALIKES = {_told(alike)};",
    ]
    return "\n".join(lines) + "\n"


def shortest(phrases: Iterable[str]) -> list[str]:
    """Return the phrases that hold no other one of them, sorted: whoever writes the longer wrote the shorter."""
    kept: list[str] = []
    for phrase in sorted(set(phrases), key=lambda one: (len(one), one)):
        if not any(one in phrase for one in kept):
            kept.append(phrase)
    return sorted(kept)


def _of_notes(rows: Iterable[Sequence[str]], kind: str, notes: Sequence[str]) -> list[str]:
    found: dict[str, list[str]] = {note: [] for note in notes}
    for phrase, its_kind, note in rows:
        if its_kind == kind and note in found and "…" not in phrase and not ASCII.search(phrase):
            found[note].append(phrase)
    # The lexicon names the plain phrases of a note first, and their variants after them.
    return [phrase for phrases in found.values() for phrase in phrases[: MOST_OF_A_NOTE[kind]]]


def _told(phrases: Sequence[str]) -> str:
    return json.dumps(" ".join(phrases), ensure_ascii=False)


if __name__ == "__main__":
    if "--update" in sys.argv[1:]:
        SCRIPT.write_text(cue_words(), encoding="utf-8")
    elif SCRIPT.read_text(encoding="utf-8") != cue_words():
        sys.exit("app/diary/static/cue_words.js is not today's: run python -m scripts.cue_words --update")
