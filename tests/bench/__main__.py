"""``make bench``: print every row. ``--quick`` takes smaller sizes; names pick rows: http coder curve coverage program phone
sync coding roads."""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    coder_rows,
    coding_row,
    coverage_rows,
    curve_rows,
    http_rows,
    phone_row,
    program_rows,
    road_rows,
    sync_rows,
)
from tests.bench.table import Row


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument(
        "names", nargs="*", help="http coder curve coverage program phone sync coding roads; all without a name"
    )
    chosen = parser.parse_args()
    share = 10 if chosen.quick else 1
    groups: dict[str, Callable[[Path], Iterator[Row]]] = {
        "coder": lambda _: coder_rows.rows(quick=chosen.quick),
        "http": http_rows.rows,
        "curve": lambda folder: curve_rows.rows(folder, people=10_000 // share, statements=1_000_000 // share),
        "coverage": lambda _: coverage_rows.rows(repetitions=2000 // share),
        "program": lambda folder: program_rows.rows(folder, imported=100_000 // share),
        "phone": phone_row.rows,
        "sync": lambda folder: sync_rows.rows(folder, histories=10_000 // share),
        "roads": lambda _: road_rows.rows(repetitions=1000 // share),
        "coding": lambda folder: coding_row.rows(folder, turns=5_000 // share),
    }
    for name in chosen.names or groups:
        with tempfile.TemporaryDirectory(prefix="xinlu-bench-") as folder:
            for row in groups[name](Path(folder)):
                print(row.line(), flush=True)


if __name__ == "__main__":
    main()
