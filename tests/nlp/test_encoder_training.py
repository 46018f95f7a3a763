"""Training the encoder: how it is mixed with the default coder, and (with PyTorch) that it goes on where it was stopped."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp.coding import EMOTIONS, Coding
from nlp.encoder.deltas import OUTPUTS, Deltas
from nlp.training import encoder_texts
from nlp.training.encoder_mixture import Heard, fit_mixture
from nlp.training.encoder_texts import all_statements, review_sample, split, split_reviews
from nlp.training.statements import Statement, load_statements

GRADES = (-2, -1, 0, 1, 2)


def told(size: int, seed: int) -> tuple[np.random.Generator, list[Statement]]:
    chance = np.random.default_rng(seed)
    return chance, [Statement(f"{index}", int(chance.choice(GRADES)), (index % 2,)) for index in range(size)]


def said(valence: Any, noise: Any) -> Any:
    return np.clip(valence + noise, -0.95, 0.95)


def no_reviews() -> tuple[Heard, Any]:
    return Heard(np.zeros((0, OUTPUTS)), []), np.zeros(0)


def test_the_better_side_weighs_more_and_certainty_is_the_share_of_right_signs() -> None:
    chance, held = told(3000, seed=1)
    valence = np.array([statement.valence for statement in held]) / 2
    raw = np.zeros((len(held), OUTPUTS))
    raw[:, 0] = np.arctanh(said(valence, chance.normal(0, 0.2, len(held))))
    raw[:, 1] = np.where([0 in statement.emotions for statement in held], 2, -2)
    raw[:, 2:] = -4
    weak = said(valence, chance.normal(0, 0.8, len(held)))
    defaults = [Coding(float(score), 0.5, "neutral") for score in weak]
    mixture = fit_mixture(Heard(raw, defaults), held, *no_reviews())
    assert mixture.sentiment[1] > 5 * mixture.sentiment[2] > 0
    assert len(mixture.floors) == len(EMOTIONS)
    strengths = mixture.strengths(1 / (1 + np.exp(-raw[:, 1:])), np.zeros((len(held), len(EMOTIONS))))
    assert np.array_equal(strengths[:, 0] >= mixture.floors[0], [0 in statement.emotions for statement in held])
    felt = valence != 0
    scores = mixture.scores(np.tanh(raw[:, 0]), weak)
    right = np.sign(scores[felt]) == np.sign(valence[felt])
    certain = mixture.certain(np.tanh(raw[:, 0]), weak)[felt]
    assert abs(certain.mean() - right.mean()) < 0.01
    agreed = np.sign(raw[felt, 0]) == np.sign(weak[felt])
    assert certain[agreed].mean() > certain[~agreed].mean()


def test_a_side_that_misleads_weighs_nothing() -> None:
    chance, held = told(400, seed=2)
    valence = np.array([statement.valence for statement in held]) / 2
    raw = np.zeros((len(held), OUTPUTS))
    raw[:, 0] = -said(valence, chance.normal(0, 0.1, len(held)))
    defaults = [Coding(float(score), 0.5, "neutral") for score in valence]
    mixture = fit_mixture(Heard(raw, defaults), held, *no_reviews())
    assert mixture.sentiment[1] == 0
    assert mixture.sentiment[2] > 0


def test_what_is_held_out_is_new_to_both_sides() -> None:
    taught, held = split(all_statements())
    assert 10 < len(taught) / len(held) < 20
    assert not {statement.text for statement in taught} & {statement.text for statement in held}
    known, unknown = split_reviews()
    assert len(unknown) > 500
    assert not {text for text, _ in unknown} & {text for text, _ in (*known, *review_sample())}
    assert sum(sign for _, sign in review_sample()) == 0


class Stopped(Exception):
    """Stands for a process that is killed."""


def test_training_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    training = importlib.import_module("nlp.training.encoder")
    monkeypatch.setattr(encoder_texts, "load_statements", lambda: load_statements()[:300])
    reviews = [(f"第{index}天，{'好' * (index % 7)}", 1) for index in range(60)]
    monkeypatch.setattr(encoder_texts, "load_reviews", lambda: reviews)
    monkeypatch.setattr(encoder_texts, "REVIEWS", 4)
    monkeypatch.setattr(training, "all_statements", lambda: all_statements()[:64])
    for name, value in (("BATCH", 16), ("STEPS_KEPT", 2), ("STEPS_TOLD", 1)):
        monkeypatch.setattr(training, name, value)
    lines: list[str] = []
    training.train_encoder(tmp_path / "whole", resume=False, epochs=1, report=lines.append)
    assert any("minutes left" in line for line in lines)

    def stop(line: str) -> None:
        if "step 3 of" in line:
            raise Stopped

    with pytest.raises(Stopped):
        training.train_encoder(tmp_path / "stopped", resume=False, epochs=1, report=stop)
    assert (tmp_path / "stopped" / "checkpoint.pt").exists()
    lines.clear()
    training.train_encoder(tmp_path / "stopped", resume=True, epochs=1, report=lines.append)
    assert "step 3 of" in lines[0]
    assert Deltas.load(tmp_path / "stopped").digest() == Deltas.load(tmp_path / "whole").digest()
    assert not (tmp_path / "stopped" / "checkpoint.pt").exists()
    assert (tmp_path / "stopped" / "mixture.json").read_bytes() == (tmp_path / "whole" / "mixture.json").read_bytes()
