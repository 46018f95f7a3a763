"""Both segmenters cut alike, and leave nothing behind."""

import re
from pathlib import Path

import pytest

from nlp import load_coder
from nlp.characters import batch_of
from nlp.segmentation import jieba_cut, rjieba_cut, word_edges
from nlp.training import load_statements


def test_rjieba_cuts_as_jieba_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    slow, fast = jieba_cut(), rjieba_cut()
    runs = re.findall("[\u4e00-\u9fd5]+", "\n".join(statement.text for statement in load_statements()[::10]))
    assert [run for run in runs if list(slow(run)) != list(fast(run))] == []
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_edges_lie_between_words_and_anywhere_outside_han() -> None:
    texts = ["ok今天伤口", "不疼"]
    edges = word_edges(batch_of(texts), texts, rjieba_cut())
    assert edges.tolist() == [True, True, True, False, True, False, True, True, True, True, True]


def test_a_word_across_an_edge_is_not_a_word() -> None:
    assert load_coder("lexicon").code(["他特别的事"], explain=True)[0].evidence == ()
