"""How fast coders are on one core, side by side.

A process of its own does the timing: the number of threads of numpy's and onnxruntime's libraries is decided when they are
imported. It runs on one processor where the system lets it choose, and with one thread in each of those libraries anywhere.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from nlp.errors import NlpError

TIMED_LENGTH: Final = 38
ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


class TimingError(NlpError, RuntimeError):
    """The process that times did not come to its end."""


@dataclass(frozen=True, slots=True)
class Speed:
    """`beside` is the rate as a multiple of SnowNLP's, measured in turns; `one_text` the seconds that a lone text takes."""

    texts_per_second: float
    beside: float
    explained_per_second: float
    one_text: float


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured: `texts` different ones, `rounds` in turns of about `seconds`, `singles` at most one by one."""

    texts: int
    rounds: int
    seconds: float
    singles: int


THOROUGH: Final = Effort(20_000, 5, 0.3, 200)
QUICK: Final = Effort(4_000, 3, 0.05, 50)


def measure_speed(names: Sequence[str], texts: Sequence[str], effort: Effort = THOROUGH) -> dict[str, Speed]:
    """Times coders on pieces of TIMED_LENGTH characters of `texts`; by name, without those that cannot be loaded.

    Raises TimingError with what the process said where it ended badly.
    """
    asked = {"names": list(names), "texts": timed_texts(texts, effort.texts), "effort": asdict(effort)}
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    ended = subprocess.run(
        [sys.executable, "-m", "nlp.evaluation.stopwatch"],
        input=json.dumps(asked).encode(),
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        raise TimingError(ended.stderr.decode(errors="replace")[-2000:])
    found: Mapping[str, Any] = json.loads(ended.stdout)
    return {name: Speed(**figures) for name, figures in found.items()}


def timed_texts(texts: Sequence[str], size: int) -> list[str]:
    """`size` texts of TIMED_LENGTH characters, cut from the given ones laid end to end, round and round."""
    joined = "".join(texts)
    joined *= TIMED_LENGTH // len(joined) + 2
    span = len(joined) - TIMED_LENGTH
    return [joined[place % span : place % span + TIMED_LENGTH] for place in range(0, size * TIMED_LENGTH, TIMED_LENGTH)]
