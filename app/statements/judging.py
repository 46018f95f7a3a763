"""``xinlu coder evaluate``: coders side by side, on statements that people graded and on public corpora."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.core.errors import FieldError, Invalid
from app.statements.scorecard import Column, Counts, document, table
from app.statements.steps import steps
from app.web.i18n import mark, translate
from nlp import Coder, UnknownCoderError
from nlp.errors import ModelUnavailableError
from nlp.evaluation import (
    QUICK,
    THOROUGH,
    EvaluationFileError,
    Material,
    Speed,
    TimingError,
    judge,
    load_corpora,
    load_graded,
    load_pairs,
    measure_speed,
    open_subject,
    subjects,
)

PIPE_WIDTH = 200

_PROBLEMS = {
    "unreadable": mark("读不了：没有这个文件，没有权限，或者压缩文件坏了"),
    "too_large": mark("超过 64 MB（解压以后）"),
    "too_many_rows": mark("超过 200,000 行"),
    "not_utf8": mark("不是 UTF-8 编码"),
    "empty": mark("里面什么也没有"),
    "no_corpora": mark("文件夹里没有 .tsv 或 .tsv.gz 文件"),
    "not_json": mark("不是一个 JSON 对象"),
    "no_text": mark("没有文字"),
    "text_too_long": mark("文字超过 100,000 个字"),
    "wrong_valence": mark("valence 要写 -2、-1、0、1 或 2"),
    "wrong_emotions": mark("emotions 要写成列表，并且只用编码器认识的情绪"),
    "wrong_phenomena": mark("phenomena 要写成列表"),
    "not_two_texts": mark("要写两句话：先正面，后负面，中间用一个制表符隔开"),
    "wrong_label": mark("要以 1 或 0 和一个制表符开头，后面是文字"),
}

Gold = Annotated[
    Path, typer.Option("--gold", help="Graded statements, a JSON object a line: text, valence, emotions, phenomena.")
]
Pairs = Annotated[Path | None, typer.Option(help="Minimal pairs, a line each: positive, tab, negative.")]
Public = Annotated[Path | None, typer.Option(help="Folder of corpora, .tsv or .tsv.gz: 1 or 0, tab, text.")]
Coders = Annotated[
    list[str] | None, typer.Option("--coder", help="Only this one; repeat it. Default: all, and jionlp's lexicon.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Time for a few seconds only.")]
AsJson = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")]


def evaluate(
    gold: Gold,
    pairs: Pairs = None,
    public: Public = None,
    coder: Coders = None,
    quick: Quick = False,
    as_json: AsJson = None,
) -> None:
    """Compare coders in one table: agreement with people, calibration, emotions, speed beside SnowNLP's."""
    material = _material(gold, pairs, public)
    texts = [statement.text for statement in material.graded]
    coders = {name: _opened(name) for name in coder or subjects()}
    with steps() as report:
        columns = [_column(name, opened, material, report) for name, opened in coders.items()]
        report(translate("计时"))
        speeds, trouble = _speeds([column.name for column in columns if column.judgement is not None], texts, quick)
    columns = [Column(one.name, one.judgement, speeds.get(one.name), one.trouble) for one in columns]
    sizes = {name: len(labelled) for name, labelled in material.corpora.items()}
    counts = Counts(len(material.graded), len(material.pairs), sizes)
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(table(columns, counts))
    if as_json is not None:
        _write(as_json, json.dumps(document(columns, counts), ensure_ascii=False, indent=1) + "\n")
    if trouble is not None:
        typer.echo(translate("没能计时：%(reason)s") % {"reason": trouble}, err=True)
        raise typer.Exit(1)


def _material(gold: Path, pairs: Path | None, public: Path | None) -> Material:
    try:
        return Material(
            load_graded(gold),
            load_pairs(pairs) if pairs is not None else (),
            load_corpora(public) if public is not None else {},
        )
    except EvaluationFileError as error:
        reason = translate(_PROBLEMS[error.problem])
        if not error.row:
            raise Invalid(
                "%(file)s：%(reason)s",
                remedy="请换一个文件再试；格式写在 docs/operators.md 里。",
                file=error.file,
                reason=reason,
            ) from error
        raise Invalid(
            "%(file)s 第 %(row)s 行：%(reason)s",
            remedy="请改好这一行再试；格式写在 docs/operators.md 里。",
            file=error.file,
            row=error.row,
            reason=reason,
        ) from error


def _opened(name: str) -> Coder | str:
    """The coder, or why it cannot be loaded here."""
    try:
        return open_subject(name)
    except UnknownCoderError as error:
        raise Invalid(fields=[FieldError("coder", mark("没有这个编码器"), "unknown_coder")]) from error
    except ModelUnavailableError as error:
        return str(error)


def _column(name: str, coder: Coder | str, material: Material, report: Callable[[str], None]) -> Column:
    if isinstance(coder, str):
        return Column(name, trouble=coder)
    try:
        return Column(name, judge(coder, material, lambda step: report(f"{name}: {step}")))
    except ModelUnavailableError as error:  # a model that is read when it is first asked
        return Column(name, trouble=str(error))


def _speeds(names: Sequence[str], texts: Sequence[str], quick: bool) -> tuple[dict[str, Speed], str | None]:
    if not names:
        return {}, None
    try:
        return measure_speed(names, texts, QUICK if quick else THOROUGH), None
    except TimingError as error:
        return {}, str(error)


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise Invalid("写不了这个文件：%(path)s", remedy="请换一个有权限写的文件夹。", path=file) from error
