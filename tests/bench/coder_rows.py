"""The coder beside SnowNLP, on texts of about 38 characters, on one core."""

import time
from collections.abc import Callable, Iterator

from nlp import Coder, load_coder
from tests.bench.table import Row

TEXT = "麻药劲过了半边脸还肿着，夜里疼醒两回，给诊所打电话也没人接，只好一个人等着"
MANY, FEW = 4000, 60


def rows() -> Iterator[Row]:
    """Yield the rows; the two coders take turns, the median of five counts."""
    ours, baseline = load_coder(), load_coder("snownlp")
    texts = [f"{TEXT[: 30 + number % 9]}{number % 97}" for number in range(MANY)]
    ours.code(texts[:50])
    baseline.code(texts[:5])
    ratios = sorted(_rate(ours, texts) / _rate(baseline, texts[:FEW]) for _ in range(5))
    single = sorted(_seconds(lambda: ours.code(texts[:1])) for _ in range(200))[100]
    yield Row("coder, batch, texts/s of SnowNLP's", ratios[2], ">= 100", f"{_rate(ours, texts):.0f} texts/s")
    yield Row("coder, one text, microseconds", single * 1e6, "<= 200", "median of 200")


def _rate(coder: Coder, texts: list[str]) -> float:
    return len(texts) / _seconds(lambda: coder.code(texts))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
