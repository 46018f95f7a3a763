"""Every sentence that a person can see is found for the catalogues."""

from pathlib import Path

import pytest

from scripts.check_translations import PLACEHOLDER
from scripts.sentences import catalogue_of

MODULE = '''
"""说明不是句子"""
LABEL = mark("标记过的")
PLAIN = "没有标记的"

class Missing(AppError):
    code = "missing"
    title = "没有找到"
    remedy = "请检查" "地址"

def refuse(kind):
    words = _("一句") if kind else translate("另一句")
    raise Invalid("写得不对", remedy="改一改" if kind else "算了", fields=[FieldError("mood", "请选一个", "mood")])
'''
TEMPLATE = "<p>{% trans n=3 %}共 {{ n }} 人{% endtrans %}{{ _('好') }}{{ ngettext('一个', '%(num)s 个', 2) }}</p>"


@pytest.fixture
def sentences(tmp_path: Path) -> set[str]:
    templates = tmp_path / "app" / "room" / "templates" / "room"
    templates.mkdir(parents=True)
    (templates / "page.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "app" / "room" / "errors.py").write_text(MODULE, encoding="utf-8")
    return {str(message.id) for message in catalogue_of(tmp_path) if message.id}


def test_marked_sentences_and_the_words_of_errors_are_found(sentences: set[str]) -> None:
    assert {
        "标记过的",
        "没有找到",
        "请检查地址",
        "一句",
        "另一句",
        "写得不对",
        "改一改",
        "算了",
        "请选一个",
    } <= sentences


def test_templates_give_their_sentences_as_they_are_looked_up(sentences: set[str]) -> None:
    assert {"共 %(n)s 人", "好", "一个", "%(num)s 个"} <= sentences


def test_nothing_else_is_found(sentences: set[str]) -> None:
    assert len(sentences) == 13


def test_placeholders_are_told_from_text() -> None:
    assert PLACEHOLDER.findall("共 %(n)s 人，%(share)d%%") == ["%(n)s", "%(share)d", "%%"]
