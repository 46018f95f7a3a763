"""Which answers are kept, and which are missing, where some questions are for some people only."""

from typing import Any

import pytest

from app.diary.validation import check_answers
from app.studies.schemas import Question
from tests.support.forms import BRANCHING

QUESTIONS = {one["key"]: Question.model_validate(one) for one in BRANCHING}


@pytest.mark.parametrize(
    ("given", "kept", "missing"),
    [
        ({"mood": 7, "felt": "好"}, {"mood": 7, "felt": "好"}, []),
        ({"mood": 3, "felt": "疼"}, None, ["pain"]),
        ({"mood": 3, "pain": "no"}, {"mood": 3, "pain": "no"}, []),
        ({"mood": 3, "pain": "yes"}, None, ["where"]),
        ({"mood": 3, "pain": "yes", "where": "脸"}, {"mood": 3, "pain": "yes", "where": "脸"}, []),
        # A change of mind: what was answered before is hidden now, and what hangs on it.
        ({"mood": 8, "pain": "yes", "where": "脸"}, {"mood": 8}, []),
        ({"mood": 3, "pain": "no", "where": "长" * 9000}, {"mood": 3, "pain": "no"}, []),
        ({"felt": "没说心情", "pain": "yes"}, None, ["mood"]),
        ({"mood": "3", "pain": "yes"}, None, ["mood"]),
    ],
)
def test_what_is_hidden_is_neither_required_nor_kept(
    given: dict[str, Any], kept: dict[str, Any] | None, missing: list[str]
) -> None:
    answers, errors = check_answers(QUESTIONS, given)
    assert [one.field for one in errors] == [f"answers.{key}" for key in missing]
    assert kept is None or answers.kept == kept
