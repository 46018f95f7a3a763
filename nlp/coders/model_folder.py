"""A folder with a sequence-classification model: what must lie in it, and what its labels mean.

`model.onnx` (or `onnx/model.onnx`, also `model_quantized.onnx`), `tokenizer.json`, `config.json` with `id2label`; and, where the
labels do not say it themselves, `xinlu.json`: {"sentiment": {"label": value in [-1, 1]}, "emotions": {"label": "喜悦"}}.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nlp.coding import EMOTIONS
from nlp.errors import ModelFolderError

MODELS: Final = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"
MEANING: Final = "xinlu.json"
MOST_TOKENS: Final = 512

_VALUES: Final = {
    **dict.fromkeys(("positive", "pos", "正面", "积极", "好评", "正向", "喜欢"), 1.0),
    **dict.fromkeys(("negative", "neg", "负面", "消极", "差评", "负向", "不喜欢"), -1.0),
    **dict.fromkeys(("neutral", "neu", "中性", "中立", "客观"), 0.0),
    **dict.fromkeys(("very positive", "非常积极", "非常正面"), 1.0),
    **dict.fromkeys(("very negative", "非常消极", "非常负面"), -1.0),
    **{f"{star} star": (star - 3) / 2 for star in range(1, 6)},
    **{f"{star} stars": (star - 3) / 2 for star in range(1, 6)},
    **{f"star {star}": (star - 3) / 2 for star in range(1, 6)},
}
_GRADED: Final = {"very positive", "very negative", "非常积极", "非常正面", "非常消极", "非常负面"}
_BY_COUNT: Final = {2: (-1.0, 1.0), 3: (-1.0, 0.0, 1.0), 5: (-1.0, -0.5, 0.0, 0.5, 1.0)}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """`values[i]` is the sentiment of output i, `emotions[i]` the emotion it stands for or None; `digest` covers all files."""

    model: Path
    tokenizer: Path
    values: tuple[float, ...]
    emotions: tuple[str | None, ...]
    most_tokens: int
    digest: str


def open_folder(folder: Path) -> ModelFolder:
    """Reads everything but the model and the tokenizer. Raises ModelFolderError for what is missing or cannot be understood."""
    if not folder.is_dir():
        raise ModelFolderError(str(folder), "no such folder")
    model = next((folder / name for name in MODELS if (folder / name).is_file()), None)
    if model is None:
        raise ModelFolderError(MODELS[0], "missing: export the model to ONNX into this folder")
    for name in (TOKENIZER, CONFIG):
        if not (folder / name).is_file():
            raise ModelFolderError(name, "missing: copy it from where the model was published")
    config = _object(folder / CONFIG)
    meaning = _object(folder / MEANING) if (folder / MEANING).is_file() else {}
    labels = _labels(config)
    most = config.get("max_position_embeddings", MOST_TOKENS)
    if not isinstance(most, int) or most < 8:
        raise ModelFolderError(CONFIG, "`max_position_embeddings` is no number from 8 on")
    # Models of the RoBERTa family count positions from 2 on, so two of them are never to be had.
    room = most - 2 if "roberta" in str(config.get("model_type", "")).lower() else most
    return ModelFolder(
        model,
        folder / TOKENIZER,
        _values(labels, meaning),
        _emotions(labels, meaning),
        min(room, MOST_TOKENS),
        _digest(folder, model),
    )


def _object(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFolderError(file.name, "no JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise ModelFolderError(file.name, "no JSON object")
    return found


def _labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    named = config.get("id2label")
    if not isinstance(named, dict) or len(named) < 2 or set(named) != {str(index) for index in range(len(named))}:
        raise ModelFolderError(CONFIG, "`id2label` must name outputs 0, 1 and so on, two at least")
    return tuple(str(named[str(index)]) for index in range(len(named)))


def _values(labels: tuple[str, ...], meaning: Mapping[str, Any]) -> tuple[float, ...]:
    given = meaning.get("sentiment")
    if given is not None:
        if not isinstance(given, dict) or not all(_is_value(given.get(label)) for label in labels):
            raise ModelFolderError(MEANING, f"`sentiment` must give each of {', '.join(labels)} a number in [-1, 1]")
        return tuple(float(given[label]) for label in labels)
    known = [_VALUES.get(label.strip().lower()) for label in labels]
    if None not in known and len(set(known)) > 1:
        graded = any(label.strip().lower() in _GRADED for label in labels)
        return tuple(
            _graded(label, value or 0.0) if graded else value or 0.0 for label, value in zip(labels, known, strict=True)
        )
    if len(labels) in _BY_COUNT and all(label == f"LABEL_{index}" for index, label in enumerate(labels)):
        return _BY_COUNT[len(labels)]
    raise ModelFolderError(MEANING, f"missing: what {', '.join(labels)} say of sentiment cannot be guessed")


def _graded(label: str, value: float) -> float:
    """Where there is a `very positive`, plain `positive` is half way to it."""
    return value if label.strip().lower() in _GRADED else value / 2


def _is_value(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= 1


def _emotions(labels: tuple[str, ...], meaning: Mapping[str, Any]) -> tuple[str | None, ...]:
    given = meaning.get("emotions", {})
    if not isinstance(given, dict) or not all(emotion in EMOTIONS for emotion in given.values()):
        raise ModelFolderError(MEANING, f"`emotions` must give labels one of {', '.join(EMOTIONS)}")
    return tuple(given.get(label, label if label in EMOTIONS else None) for label in labels)


def _digest(folder: Path, model: Path) -> str:
    """Of every file that decides on a score, weights that lie beside the graph too."""
    beside = (
        file for file in model.parent.iterdir() if file.suffix in {".data", ".onnx_data"} or file.name.endswith("_data")
    )
    files = [model, *beside, folder / TOKENIZER, folder / CONFIG, folder / MEANING]
    digest = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:12]
