"""The coders beside SnowNLP, on texts of 38 characters, on one core; rates as ratios of one run."""

from collections.abc import Iterator

from nlp import available_coders
from nlp.evaluation import QUICK, THOROUGH, Speed, measure_speed
from tests.bench.table import Row

TEXTS = (
    "麻药劲过了半边脸还肿着，夜里疼醒两回，给诊所打电话也没人接，只好一个人等着",
    "今天不疼了，能喝粥了，心里踏实多了。复查说长得不错，医生很耐心，谢谢他",
    "虽然还有点肿，但是比昨天强多了；就是不知道要多久才能吃硬的，网上说法不一",
)
GOALS = {"default": (">= 100", "<= 200", ">= 5000"), "encoder": (">= 0.3", "<= 30000", "")}


def rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield the rows of the coders in GOALS that are installed."""
    names = [name for name in GOALS if name in available_coders()]
    for name, speed in measure_speed(names, TEXTS, QUICK if quick else THOROUGH).items():
        yield from _rows(name, speed)


def _rows(name: str, speed: Speed) -> Iterator[Row]:
    beside, one, explained = GOALS[name]
    yield Row(f"{name}, batch, texts/s of SnowNLP's", speed.beside, beside, f"{speed.texts_per_second:.0f} texts/s")
    yield Row(f"{name}, one text, microseconds", speed.one_text * 1e6, one, "median of different texts")
    share = speed.explained_per_second / speed.texts_per_second
    yield Row(f"{name}, explained, texts/s", speed.explained_per_second, explained, f"{share:.2f} of the plain rate")
