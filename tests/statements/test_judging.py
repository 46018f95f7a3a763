"""`xinlu coder evaluate`, as its users run it."""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import xinlu

GOLD = (
    {"text": "护士很负责，我很满意", "valence": 2, "emotions": ["安心"], "phenomena": ["degree"]},
    {"text": "伤口疼得厉害，很难受", "valence": -2, "emotions": ["疼痛不适"], "phenomena": ["degree"]},
    {"text": "周三下午复查", "valence": 0, "emotions": [], "phenomena": ["neutral_fact"]},
    {"text": "不满意，太差了", "valence": -1, "emotions": ["失望"]},
)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    file = tmp_path / "gold.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in GOLD), encoding="utf-8")
    return file


def row(shown: str, name: str) -> list[str]:
    """Return the cells of the table's row that begins with ``name``."""
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if "│" in line]
    return next(cells[1:] for cells in lines if cells[0].startswith(name))


def test_coders_stand_side_by_side_and_in_a_file(gold: Path, tmp_path: Path) -> None:
    pairs, public, figures = tmp_path / "pairs.tsv", tmp_path / "public", tmp_path / "figures.json"
    pairs.write_text("很满意\t很不满意\n非常难受\t一点也不难受\n", encoding="utf-8")
    public.mkdir()
    (public / "small.tsv.gz").write_bytes(gzip.compress("1\t很好，很满意\n0\t太差了\n1\t难受\n".encode()))
    shown = xinlu(
        *("coder", "evaluate", "--gold", str(gold), "--pairs", str(pairs), "--public", str(public), "--quick"),
        *("--coder", "lexicon", "--coder", "snownlp", "--coder", "jionlp", "--json", str(figures)),
        env={},
    )
    told: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    assert told["judged_on"] == {"graded": 4, "pairs": 2, "corpora": {"small": 3}}
    words, baseline = told["coders"]["lexicon"], told["coders"]["snownlp"]
    assert words["pairs"] == 1, "the second pair is told the wrong way round"
    assert words["gold"]["sign"] == 1
    assert words["corpora"]["small"]["accuracy"] == pytest.approx(2 / 3)
    assert words["ece"] is None, "its confidence is no probability"
    assert baseline["speed"]["beside"] == 1
    assert words["speed"]["beside"] > 1
    assert row(shown.stdout, "翻转对")[0] == "1"
    assert row(shown.stdout, "公开语料，平均准确率 / AUC")[0].startswith("0.667 / ")
    assert row(shown.stdout, "small (3)")[0].startswith("0.667 / ")
    assert row(shown.stdout, "是 SnowNLP 的几倍")[1] == "1.00×"
    assert row(shown.stdout, "版本")[0] == words["version"]
    assert "lexicon: small" in shown.stderr, "says what it is at"
    if find_spec("jionlp") is None:
        assert "pip install jionlp" in row(shown.stdout, "版本")[2]
        assert told["coders"]["jionlp"] == {"unavailable": "not installed: pip install jionlp"}
        assert row(shown.stdout, "是 SnowNLP 的几倍")[2] == "–"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gold", "bad.jsonl"), "bad.jsonl 第 2 行：valence 要写 -2、-1、0、1 或 2"),
        (("--gold", "none.jsonl"), "none.jsonl：读不了"),
        (("--gold", "gold.jsonl", "--pairs", "bad.jsonl"), "bad.jsonl 第 1 行：要写两句话"),
        (("--gold", "gold.jsonl", "--public", "."), "：文件夹里没有 .tsv 或 .tsv.gz 文件"),
        (("--gold", "gold.jsonl", "--coder", "nobody"), "没有这个编码器"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_row(
    gold: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "bad.jsonl").write_text(
        '{"text": "好", "valence": 1}\n{"text": "好", "valence": 7}\n', encoding="utf-8"
    )
    placed = [
        argument if argument.startswith("--") or argument == "nobody" else str(tmp_path / argument)
        for argument in arguments
    ]
    ended = xinlu("coder", "evaluate", "--quick", *placed, env={}, check=False)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_file_of_figures_that_cannot_be_written_is_said(gold: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "figures.json"
    ended = xinlu(
        *("coder", "evaluate", "--gold", str(gold), "--coder", "lexicon", "--quick", "--json", str(nowhere)),
        env={},
        check=False,
    )
    assert ended.returncode == 1
    assert "写不了这个文件" in ended.stderr
    assert row(ended.stdout, "正负判断正确率")[0] == "1.000", "what was measured is shown all the same"
