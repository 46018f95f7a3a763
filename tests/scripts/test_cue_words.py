"""The cue words that go to the phone: today's, small, and none that hides in another."""

import gzip

from scripts import cue_words

MOST_BYTES = 3 * 1024


def test_they_are_what_the_lexicon_says_today() -> None:
    assert cue_words.SCRIPT.read_text(encoding="utf-8") == cue_words.cue_words()


def test_they_are_small() -> None:
    assert len(gzip.compress(cue_words.SCRIPT.read_bytes(), 9, mtime=0)) <= MOST_BYTES


def test_a_phrase_that_holds_another_is_left_to_it() -> None:
    assert cue_words.shortest(["不想活了", "不想活", "跳楼", "想活"]) == ["想活", "跳楼"]
