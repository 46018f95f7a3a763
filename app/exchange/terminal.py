"""What commands show while they work and when they are done."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Protocol, TextIO

import segno
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.exchange.demo_access import DemoAccess, TemplateDemo
from app.exchange.entries import Summary
from app.web.i18n import translate

PLAIN_SECONDS = 2.0


class Report(Protocol):
    """Is told how far the work is: ``done`` of ``total`` in any unit, and in words."""

    def __call__(self, done: int, total: int, words: str) -> None: ...


@contextmanager
def progress(*, counts: bool = False) -> Iterator[Report]:
    """Show progress on standard error: a bar on a terminal, else now and then a plain line.

    ``counts`` shows done and total as numbers, where their unit means something to people.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Plain()
        return
    numbers = [MofNCompleteColumn()] if counts else []
    columns = (BarColumn(), TaskProgressColumn(), *numbers, TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, words: bar.update(task, completed=done, total=total, description=words)


class _Plain:
    """A line of plain text every few seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._next = time.monotonic() + PLAIN_SECONDS

    def __call__(self, done: int, total: int, words: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_SECONDS
            sys.stderr.write(f"{words or f'{done}/{total}'}\n")


def so_far(summary: Summary) -> str:
    """Return one line on what an import has done so far."""
    words = translate("已读 %(rows)s 行：新存 %(stored)s，早已有 %(present)s，没存 %(refused)s")
    return words % {
        "rows": summary.rows,
        "stored": summary.stored,
        "present": summary.present,
        "refused": summary.refused,
    }


def outcome(summary: Summary) -> Iterator[str]:
    """Yield what an import did, a line each."""
    yield so_far(summary)
    if summary.enrolled:
        yield translate("新加了 %(people)s 位参与者") % {"people": summary.enrolled}
    if summary.agreed:
        words = translate("为 %(people)s 位参与者登记了纸质同意书：运行这个命令的人担保他们已经同意，日志里也这样写着")
        yield words % {"people": summary.agreed}
    if summary.ignored:
        yield translate("没有用到的列：%(columns)s") % {"columns": ", ".join(summary.ignored)}


def demo(access: DemoAccess, file: TextIO) -> None:
    """Print every way into the demo for a person, in Chinese and English."""
    curve = f"{access.base_url}/api/v1/studies/{access.study}/curve"
    print(f"\n  工作台 Workbench    {access.base_url}/studies/{access.study}", file=file)
    print(f"    账号 login        {access.staff['login']}", file=file)
    print(f"    密码 password     {access.staff['password']}\n", file=file)
    print(f"  手机日记 Phone diary  {access.participant_link}\n", file=file)
    segno.make(access.participant_link, error="l", micro=False).terminal(out=file, border=2, compact=True)
    print(f"\n  API key             {access.api_key}\n", file=file)
    print(f"  curl -H 'Authorization: Bearer {access.api_key}' {curve}\n", file=file)


def template_demos(demos: Sequence[TemplateDemo], file: TextIO, *, as_json: bool) -> None:
    """Print where the demos stand: for a person, or as one JSON object (of one demo), or an array (of several)."""
    if as_json:
        found = [asdict(one) for one in demos]
        print(json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False), file=file)
        return
    for one in demos:
        print(f"\n  {one.title}\n    {one.address}", file=file)
    staff = demos[0].staff
    print(f"\n    账号 login        {staff['login']}\n    密码 password     {staff['password']}\n", file=file)
