"""Where words begin and end, by jieba's dictionary without its hidden Markov model.

`rjieba` carries the same dictionary and is the fast path; only runs of Han characters are handed over, where both agree.
"""

import logging
import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.characters import Batch

_HAN: Final = re.compile("[\u4e00-\u9fd5]+")
_LONGEST_RUN: Final = 1000
_COMPOUND: Final = 4
"""A dictionary word of so many characters is mostly a compound (伤口发炎), so words within it may be read."""

Cut = Callable[[str], Sequence[str]]


@lru_cache(maxsize=1)
def fastest_cut() -> Cut:
    """rjieba where it is installed, else jieba."""
    return rjieba_cut() if find_spec("rjieba") else jieba_cut()


def rjieba_cut() -> Cut:
    """Cuts a run of Han characters with rjieba."""
    cut = import_module("rjieba").cut
    return lambda run: cut(run, False)


def jieba_cut() -> Cut:
    """Cuts a run of Han characters with jieba, whose dictionary is read without its cache file and its log lines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = import_module("jieba")
    logging.getLogger("jieba").setLevel(logging.CRITICAL)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return lambda run: tokenizer.lcut(run, HMM=False)


def word_edges(batch: Batch, texts: Sequence[str], cut: Cut) -> NDArray[np.bool_]:
    """(positions + 1,): True where a word may begin or end. What is not Han is left open everywhere."""
    edges = np.ones(batch.codes.size + 1, dtype=np.bool_)
    for text, offset in zip(texts, batch.starts.tolist(), strict=True):
        for run in _HAN.finditer(text):
            _close_words(edges, run, offset, cut)
    return edges


def _close_words(edges: NDArray[np.bool_], run: re.Match[str], offset: int, cut: Cut) -> None:
    first, last = run.span()
    for start in range(first, last, _LONGEST_RUN):
        place = offset + start
        for word in cut(run.string[start : min(start + _LONGEST_RUN, last)]):
            if len(word) < _COMPOUND:
                edges[place + 1 : place + len(word)] = False
            place += len(word)
