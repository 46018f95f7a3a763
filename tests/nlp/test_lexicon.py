"""The lexicon's files: their format, and that a word is one line."""

import shutil
from pathlib import Path

import pytest

from nlp import LexiconFormatError
from nlp.characters import normalise
from nlp.coders.lexical import LexiconCoder
from nlp.coders.linear import LinearCoder
from nlp.lexicon import load_phrases, load_risk
from nlp.lexicon.entries import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in FOLDER.glob("*.tsv"):
        shutil.copy(file, tmp_path)
    return tmp_path


def add_line(folder: Path, file: str, line: str) -> None:
    with (folder / file).open("a", encoding="utf-8") as words:
        words.write(line + "\n")


def test_shipped_phrases_are_already_normalised() -> None:
    for phrase in (*(phrase.text for phrase in load_phrases()), *load_risk()):
        assert phrase == normalise(phrase).strip()


def test_a_new_word_is_one_line_and_another_version(folder: Path) -> None:
    text = "今天觉得蓬嚓嚓"
    before = LexiconCoder(lexicon=folder)
    assert before.code([text])[0].sentiment == 0
    add_line(folder, "feelings.tsv", "蓬嚓嚓\t2\t感受\t喜悦")
    shutil.copytree(folder, folder / "new")
    after = LexiconCoder(lexicon=folder / "new")
    assert after.code([text])[0].sentiment > 0.5
    assert after.version != before.version


@pytest.mark.parametrize("file", sorted(file.name for file in FOLDER.glob("*.tsv")))
def test_the_default_version_covers_every_word_file(folder: Path, file: str) -> None:
    before = LinearCoder(lexicon=folder).version
    words = (folder / file).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / file).write_text("".join(words[:-1]), encoding="utf-8")
    assert LinearCoder(lexicon=folder).version != before
    (folder / file).write_bytes("".join(words).replace("\n", "\r\n").encode())
    assert LinearCoder(lexicon=folder).version == before


@pytest.mark.parametrize(
    ("file", "line", "problem"),
    [
        ("feelings.tsv", "蓬嚓嚓\t3\t感受\t喜悦", "outside"),
        ("feelings.tsv", "蓬嚓嚓\tgood\t感受\t", "not a number"),
        ("feelings.tsv", "蓬嚓嚓\t1\t感受\t快乐", "快乐"),
        ("feelings.tsv", "蓬嚓嚓\t1\t感受", "4 columns"),
        ("feelings.tsv", "疼\t-1\t身体\t", "twice"),
        ("service.tsv", "疼\t-1\t身体\t", "twice"),
        ("operators.tsv", "蓬嚓嚓\tnegates\t-1\tafter", "unknown kind"),
        ("whole_words.tsv", "一二三四五六七八九", "1 to 8"),
        ("risk.tsv", "蓬嚓嚓\tdanger\t", "unknown kind"),
        ("risk.tsv", "大出血\temergency\t", "twice"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, file: str, line: str, problem: str) -> None:
    add_line(folder, file, line)
    number = len((folder / file).read_text(encoding="utf-8").splitlines())
    with pytest.raises(LexiconFormatError, match=f"{file}, line {number}: .*{problem}"):
        LexiconCoder(lexicon=folder).code(["疼"])
