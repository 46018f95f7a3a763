"""A form that asks some things of some people only."""

from typing import Any

BRANCHING: list[dict[str, Any]] = [
    {"key": "mood", "type": "mood", "label": "心情", "required": True},
    {"key": "felt", "type": "text", "label": "怎么样"},
    {
        "key": "pain",
        "type": "choice",
        "label": "疼吗",
        "required": True,
        "choices": [{"value": "no", "label": "不疼"}, {"value": "yes", "label": "疼"}],
        "show_if": {"question": "mood", "at_most": 4},
    },
    {
        "key": "where",
        "type": "text",
        "label": "哪里疼",
        "required": True,
        "show_if": {"question": "pain", "values": ["yes"]},
    },
]
