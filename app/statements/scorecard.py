"""What was measured of coders, as a table for people and as JSON for programs."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from app.web.i18n import mark, translate
from nlp.evaluation import Judgement, Speed

FORMAT = 1
NONE = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """One coder: what was measured, or ``trouble``, why nothing could be. ``speed`` is None where it was not timed."""

    name: str
    judgement: Judgement | None = None
    speed: Speed | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the coders were judged on."""

    graded: int
    pairs: int
    corpora: dict[str, int]


def table(columns: Sequence[Column], counts: Counts) -> Table:
    """Return the table: a column a coder, a row a measure."""
    shown = Table(show_header=True, header_style="bold")
    shown.add_column(translate("指标"), overflow="fold")
    for column in columns:
        shown.add_column(column.name, justify="right", overflow="fold")
    for name, cell in _rows(columns, counts):
        if cell is None:
            shown.add_section()
        else:
            shown.add_row(name, *(cell(column) for column in columns))
    return shown


def document(columns: Sequence[Column], counts: Counts) -> dict[str, Any]:
    """Return all figures for JSON, what is not defined as null."""
    return {
        "format": FORMAT,
        "judged_on": asdict(counts),
        "coders": {column.name: _defined(_figures(column)) for column in columns},
    }


_Cell = Callable[[Column], str]
_Row = tuple[str, _Cell | None]
_Figure = Callable[[Judgement], float | None]


def _rows(columns: Sequence[Column], counts: Counts) -> Iterator[_Row]:
    yield translate("版本"), _version
    if counts.corpora:
        yield from _public_rows(counts)
    yield from _gold_rows()
    if counts.pairs:
        yield (
            translate("翻转对，两边都对（共 %(count)s 对）") % {"count": counts.pairs},
            _judged(lambda one: one.pairs, 0),
        )
    yield from _calibration_rows(counts)
    yield from _tag_rows(columns)
    yield from _emotion_rows(columns)
    yield from _speed_rows()


def _public_rows(counts: Counts) -> Iterator[_Row]:
    yield "", None
    yield (
        translate("公开语料，平均准确率 / AUC"),
        _both(_judged(lambda one: one.accuracy), _judged(lambda one: one.auc)),
    )
    for corpus, count in counts.corpora.items():
        yield (
            f"  {corpus} ({count})",
            _both(
                _judged(lambda one, corpus=corpus: one.corpora[corpus].accuracy),  # type: ignore[misc]
                _judged(lambda one, corpus=corpus: one.corpora[corpus].auc),  # type: ignore[misc]
            ),
        )


_GOLD: tuple[tuple[str, _Figure], ...] = (
    (mark("正负判断正确率（非中性）"), lambda one: one.gold.sign),
    (mark("  得分恰好是 0，算作负面"), lambda one: one.gold.silent),
    (mark("Spearman 相关"), lambda one: one.gold.spearman),
    (mark("平均误差，−1 到 1"), lambda one: one.gold.error),
    (mark("中性表述的平均得分大小"), lambda one: one.gold.neutral),
    (mark("五级完全一致"), lambda one: one.gold.exact),
    (mark("相差不超过一级"), lambda one: one.gold.within_one),
    (mark("二次加权 kappa"), lambda one: one.gold.kappa),
    (mark("同等强度下，长度与得分大小的相关"), lambda one: one.gold.length),
)


def _gold_rows() -> Iterator[_Row]:
    yield "", None
    for name, figure in _GOLD:
        yield translate(name), _judged(figure)


def _calibration_rows(counts: Counts) -> Iterator[_Row]:
    yield "", None
    yield translate("正负概率的校准误差 ECE，平均"), _judged(lambda one: one.ece)
    yield f"  {translate('分级表述')}", _judged(lambda one: one.gold.ece)
    for corpus in counts.corpora:
        yield f"  {corpus}", _judged(lambda one, corpus=corpus: one.corpora[corpus].ece)  # type: ignore[misc]


def _tag_rows(columns: Sequence[Column]) -> Iterator[_Row]:
    yield "", None
    yield translate("最弱的语言现象，正负判断正确率"), _worst
    tags = {tag: found.count for one in _told(columns) for tag, found in one.gold.by_phenomenon.items()}
    for tag in sorted(tags):
        yield f"  {tag} ({tags[tag]})", _judged(lambda one, tag=tag: one.gold.by_phenomenon[tag].sign)  # type: ignore[misc]


def _emotion_rows(columns: Sequence[Column]) -> Iterator[_Row]:
    yield "", None
    yield translate("情绪，宏平均 F1"), _judged(lambda one: one.gold.macro_f1)
    yield translate("  每种：精确率 / 召回率 / F1"), lambda _: ""
    labels = {label: found.count for one in _told(columns) for label, found in one.gold.emotions.items()}
    for label, count in labels.items():
        yield f"  {label} ({count})", lambda column, label=label: _emotion(column, label)  # type: ignore[misc]


def _speed_rows() -> Iterator[_Row]:
    yield "", None
    yield translate("每秒条数，单核，每条 38 字"), _timed(lambda speed: f"{speed.texts_per_second:,.0f}")
    yield translate("是 SnowNLP 的几倍"), _timed(lambda speed: f"{speed.beside:,.2f}×")
    yield translate("单独一条，毫秒"), _timed(lambda speed: f"{speed.one_text * 1000:.3f}")
    yield translate("带解释，每秒条数"), _timed(lambda speed: f"{speed.explained_per_second:,.0f}")
    yield translate("各段贡献之和与得分的最大差"), _judged_as(lambda one: f"{one.gap:.1e}")


def _told(columns: Sequence[Column]) -> list[Judgement]:
    return [column.judgement for column in columns if column.judgement is not None]


def _version(column: Column) -> str:
    return column.judgement.version if column.judgement is not None else column.trouble or NONE


def _judged(figure: _Figure, digits: int = 3) -> _Cell:
    return _judged_as(lambda one: _number(figure(one), digits))


def _judged_as(words: Callable[[Judgement], str]) -> _Cell:
    return lambda column: NONE if column.judgement is None else words(column.judgement)


def _timed(words: Callable[[Speed], str]) -> _Cell:
    return lambda column: NONE if column.speed is None else words(column.speed)


def _both(first: _Cell, second: _Cell) -> _Cell:
    return lambda column: NONE if column.judgement is None else f"{first(column)} / {second(column)}"


def _worst(column: Column) -> str:
    worst = column.judgement.gold.worst if column.judgement is not None else None
    return NONE if worst is None else f"{worst[0]} {_number(worst[1].sign)}"


def _emotion(column: Column, label: str) -> str:
    found = column.judgement.gold.emotions.get(label) if column.judgement is not None else None
    if found is None:
        return NONE
    return " / ".join(_number(figure, 2) for figure in (found.precision, found.recall, found.f1))


def _number(figure: float | None, digits: int = 3) -> str:
    return NONE if figure is None or math.isnan(figure) else f"{figure:.{digits}f}"


def _figures(column: Column) -> dict[str, Any]:
    if column.judgement is None:
        return {"unavailable": column.trouble}
    judged, worst = column.judgement, column.judgement.gold.worst
    return {
        **asdict(judged),
        "public": {"accuracy": judged.accuracy, "auc": judged.auc},
        "ece": judged.ece,
        "worst_phenomenon": None if worst is None else {"name": worst[0], **asdict(worst[1])},
        "speed": None if column.speed is None else asdict(column.speed),
    }


def _defined(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _defined(below) for name, below in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
