"""Which clauses of free text tell of what the writer did, and which of what went through their head."""

import pytest

from app.maps.board.telling import tellings, version


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("半夜打了三次值班电话没人接。", [("action", "半夜打了三次值班电话没人接")]),
        ("我又去药店买了冰袋，敷了二十分钟。", [("action", "我又去药店买了冰袋"), ("action", "敷了二十分钟")]),
        ("护士打了电话来问。", []),
        ("儿子带我去了医院，一路没说话。", []),
        ("肿得厉害，担心伤口裂开。", [("thought", "担心伤口裂开")]),
        ("想着去问了也白问。", [("thought", "想着去问了也白问")]),
        ("医生说他不知道行不行。", []),
        ("有点害怕，好可怕。", []),
        ("只怕这一万块白花了😣。", [("thought", "只怕这一万块白花了😣")]),
        ("查了。", []),
        ("", []),
    ],
)
def test_a_clause_tells_of_the_writers_own_doing_or_thinking(text: str, told: list[tuple[str, str]]) -> None:
    assert [(lane, text[start:end]) for lane, start, end in tellings(text)] == told


def test_the_words_that_are_read_by_have_a_version() -> None:
    assert version() == version()
    assert len(version()) == 12
