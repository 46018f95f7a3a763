"""`xinlu coder train`: what it writes, what it says, and what it leaves alone."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

import nlp.training
import nlp.weights
from app.cli import cli
from nlp.training import load_statements, train
from nlp.weights import FUSION, TABLES
from tests.support.program import xinlu

SLICE = 300


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder in place of the shipped weights, with what a slice of the statements gives."""
    few = load_statements()[:SLICE]
    monkeypatch.setattr(nlp.training, "load_statements", lambda: few)
    monkeypatch.setattr(nlp.training, "load_reviews", list)
    monkeypatch.setattr(nlp.weights, "FOLDER", tmp_path)
    train(few).write(tmp_path)
    return tmp_path


def test_what_is_shipped_is_checked_byte_for_byte_and_left_alone(shipped: Path) -> None:
    same = CliRunner().invoke(cli, ["coder", "train", "--check"])
    assert (same.exit_code, same.stdout) == (0, f"没有变  {TABLES}\n没有变  {FUSION}\n")

    (shipped / FUSION).write_bytes((shipped / FUSION).read_bytes() + b" ")
    stale = CliRunner().invoke(cli, ["coder", "train", "--check"])
    assert stale.exit_code == 1
    assert stale.stdout == f"没有变  {TABLES}\n变了  {FUSION}\n"
    assert "不一样" in stale.stderr
    assert (shipped / FUSION).read_bytes().endswith(b" "), "a check writes nothing"

    written = CliRunner().invoke(cli, ["coder", "train"])
    assert (written.exit_code, written.stdout) == (0, stale.stdout)
    assert not (shipped / FUSION).read_bytes().endswith(b" ")


def test_another_folder_is_made_and_the_shipped_weights_stay(shipped: Path) -> None:
    before, goal = (shipped / TABLES).read_bytes(), shipped / "new" / "weights"
    (shipped / TABLES).write_bytes(b"stale")
    run = CliRunner().invoke(cli, ["coder", "train", "--folder", str(goal)])
    assert run.exit_code == 0
    assert run.stdout == f"变了  {TABLES}\n变了  {FUSION}\n", "there was nothing"
    assert (goal / TABLES).read_bytes() == before
    assert (shipped / TABLES).read_bytes() == b"stale"

    again = CliRunner().invoke(cli, ["coder", "train", "--folder", str(goal), "--check"])
    assert (again.exit_code, again.stdout) == (1, f"变了  {TABLES}\n没有变  {FUSION}\n"), (
        "compared with what is shipped"
    )


def test_a_folder_that_cannot_be_written_is_said(shipped: Path) -> None:
    (shipped / "file").write_text("", encoding="utf-8")
    run = CliRunner().invoke(cli, ["coder", "train", "--folder", str(shipped / "file")])
    assert run.exit_code == 1
    assert "写不了这个文件" in str(run.exception)


def test_options_of_the_encoder_need_the_encoder() -> None:
    ended = xinlu("coder", "train", "--resume", env={}, check=False)
    assert ended.returncode == 1
    assert "--resume 和 --epochs 只和 --encoder 一起用" in ended.stderr


def test_the_encoder_says_which_packages_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.statements.training.find_spec", lambda name: None if name == "torch" else object())
    run = CliRunner().invoke(cli, ["coder", "train", "--encoder"])
    assert run.exit_code == 1
    assert "还缺少这些包" in str(run.exception)
    assert getattr(run.exception, "parameters", {}) == {"packages": "torch"}


def test_the_encoder_is_trained_into_the_folder_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a trainer of no network: PyTorch stands in no lock, and the real one takes its time."""
    asked: list[tuple[Path, bool, object]] = []

    def trained(folder: Path, *, resume: bool, report: Callable[[str], None], epochs: int = 3) -> None:
        asked.append((folder, resume, epochs))
        report("epoch 1")
        folder.mkdir(exist_ok=True)
        (folder / "deltas.npz").write_bytes(b"deltas")
        (folder / "mixture.json").write_bytes(b"{}")

    module = ModuleType("nlp.training.encoder")
    module.train_encoder = trained  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nlp.training.encoder", module)
    monkeypatch.setattr("app.statements.training.find_spec", lambda _: object())
    goal = tmp_path / "deltas"
    line = ["coder", "train", "--encoder", "--folder", str(goal)]
    first = CliRunner().invoke(cli, [*line, "--resume", "--epochs", "2"])
    assert (first.exit_code, first.stdout) == (0, "epoch 1\n变了  deltas.npz\n变了  mixture.json\n")
    assert CliRunner().invoke(cli, line).stdout == "epoch 1\n没有变  deltas.npz\n没有变  mixture.json\n"
    assert asked == [(goal, True, 2), (goal, False, 3)]

    check = CliRunner().invoke(cli, ["coder", "train", "--encoder", "--check"])
    assert check.exit_code == 1, "what is shipped is another"
    assert asked[-1][0].name.startswith("xinlu-train-")
    assert not asked[-1][0].exists()
