"""The rows that an import refused, as a sheet to mend and import again."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.exchange.entries import Refused
from app.exchange.errors import InputOverwritten
from app.exchange.sheets import SheetWriter, private_file
from app.web.i18n import mark, translate

REASON = "reason"


def in_words(refused: Refused) -> str:
    """Return where the row stands in its sheet, and what is wrong with it."""
    words = {"row": refused.row.number, "reason": refused.reason}
    return translate(mark("第 %(row)s 行：%(reason)s")) % words


class Refusals:
    """Keeps the refused rows of a sheet with this header in the file ``path``, made when the first one comes."""

    def __init__(self, path: Path, header: Sequence[str], opened: ExitStack) -> None:
        self._path = path
        self._header = [name for name in header if name != REASON]
        self._places = [place for place, name in enumerate(header) if name != REASON]
        self._opened = opened
        self._writer: SheetWriter | None = None

    def add(self, refused: Refused) -> None:
        """Write the row as it was, and why it was refused."""
        if self._writer is None:
            file = self._opened.enter_context(private_file(self._path, anew=False))
            self._writer = SheetWriter(file, [*self._header, REASON])
        cells = refused.row.cells
        own = [cells[place] if place < len(cells) else "" for place in self._places]
        self._writer.write([*own, in_words(refused)])


@contextmanager
def refusals(path: Path, header: Sequence[str], source: Path) -> Iterator[Refusals]:
    """Keep refused rows of ``source`` in ``path``, a file that is not there yet or may be replaced."""
    if path.exists() and path.samefile(source):
        raise InputOverwritten()
    with ExitStack() as opened:
        yield Refusals(path, header, opened)
