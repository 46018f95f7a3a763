"""Any sequence-classification model in ONNX, with its tokenizer, from a local folder. Nothing is fetched."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlp.coders.lexical import named_emotions
from nlp.coders.model_folder import TOKENIZER, open_folder
from nlp.coding import EMOTIONS, Coding, Cue, Evidence, label_of
from nlp.errors import ModelFolderError, ModelUnavailableError
from nlp.lexicon.entries import fingerprint
from nlp.reading import analyse, chunks, shared_reader

CODE_FORMAT: Final = 1
MOST_WINDOWS: Final = 16
"""Of a longer text so many windows are read, evenly spread."""

EMOTION_FLOOR: Final = 0.3
_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids", "position_ids"})


class TransformerCoder:
    """`sentiment` is what the labels are worth, weighed by their probability; `confidence` that of the sign.

    Each window is run by itself, so that a score does not depend on its batch, whatever the model is made of. Emotions
    only where labels stand for them. Needs the extra `transformer`.
    """

    name: Final = "transformer"

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)
        self._tokenizer = _tokenizer(self._folder.tokenizer)
        self._session = _session(self._folder.model)
        self._inputs = [given.name for given in self._session.get_inputs()]
        if "input_ids" not in self._inputs or set(self._inputs) - _INPUTS:
            raise ModelFolderError(self._folder.model.name, f"takes {', '.join(self._inputs)}, not pieces of a text")
        self._probed()
        risk = fingerprint(files=("risk.tsv",)).hex()[:4]
        self.version: Final = f"{self.name}-{CODE_FORMAT}+{self._folder.digest}.{risk}"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text. Evidence is the whole text: the model does not say more."""
        return [coding for chunk in chunks(texts) for coding in self._code(chunk, explain)]

    def _code(self, texts: Sequence[str], explain: bool) -> list[Coding]:
        batch, hashes = analyse(texts)
        cues = shared_reader().cues(batch, hashes, texts)
        blank = np.add.reduceat(batch.codes > ord(" "), batch.starts) == 0
        return [
            Coding(0.0, 0.0, "neutral") if nothing else self._coding(text, cues.get(index, ()), explain)
            for index, (text, nothing) in enumerate(zip(texts, blank.tolist(), strict=True))
        ]

    def _coding(self, text: str, cues: tuple[Cue, ...], explain: bool) -> Coding:
        likely = self._probabilities(text)
        values = np.array(self._folder.values)
        score = round(float(likely @ values), 4) + 0.0
        sure = float(likely[np.sign(values) == np.sign(score)].sum())
        evidence = (Evidence(0, len(text), text, score, "model"),) if explain else ()
        felt = self._emotions(likely)
        return Coding(score, round(min(sure, 1.0), 4), label_of(score), felt, evidence, cues)

    def _emotions(self, likely: NDArray[np.float64]) -> dict[str, float]:
        strengths = np.zeros((1, len(EMOTIONS)))
        for emotion, share in zip(self._folder.emotions, likely.tolist(), strict=True):
            if emotion is not None:
                strengths[0, EMOTIONS.index(emotion)] += share
        return named_emotions(np.minimum(strengths, 1), EMOTION_FLOOR)[0]

    def _probabilities(self, text: str) -> NDArray[np.float64]:
        """(labels,): the mean over the windows, each weighed by the pieces it holds."""
        found = np.zeros(len(self._folder.values))
        total = 0
        for ids in self._windows(text):
            raw = self._run(ids)
            likely = np.exp(raw - raw.max())
            found += likely / likely.sum() * len(ids)
            total += len(ids)
        return np.asarray(found / total)

    def _windows(self, text: str) -> Iterator[list[int]]:
        """Pieces of at most the model's length with its marks; the tokenizer cuts, so that marks stand in every window."""
        encoded = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"))
        windows = [encoded, *encoded.overflowing]
        count = len(windows)
        kept = (
            range(count) if count <= MOST_WINDOWS else (count * index // MOST_WINDOWS for index in range(MOST_WINDOWS))
        )
        for index in kept:
            yield windows[index].ids or [0]

    def _run(self, ids: list[int]) -> NDArray[np.float64]:
        size = len(ids)
        made = {
            "input_ids": np.array([ids], dtype=np.int64),
            "attention_mask": np.ones((1, size), dtype=np.int64),
            "token_type_ids": np.zeros((1, size), dtype=np.int64),
            "position_ids": np.arange(size, dtype=np.int64)[None],
        }
        outputs = self._session.run(None, {name: made[name] for name in self._inputs})
        first: NDArray[np.float64] = np.asarray(outputs[0], dtype=np.float64)[0]
        return first

    def _probed(self) -> None:
        """Runs one text, so that a model which does not fit its own files is found when it is loaded."""
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._folder.most_tokens)
        try:
            raw = self._run(next(self._windows("好")))
        except Exception as error:
            raise ModelFolderError(self._folder.model.name, "cannot code a text with this tokenizer") from error
        if raw.shape != (len(self._folder.values),):
            raise ModelFolderError(
                self._folder.model.name, f"gives no {len(self._folder.values)} outputs, as its labels say"
            )


def _tokenizer(file: Path) -> Any:
    try:
        return _extra("tokenizers").Tokenizer.from_file(str(file))
    except ModelUnavailableError:
        raise
    except Exception as error:  # the library raises bare exceptions
        raise ModelFolderError(TOKENIZER, "no tokenizer file") from error


def _session(file: Path) -> Any:
    runtime = _extra("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises one class for each code of its own
        raise ModelFolderError(file.name, "no ONNX model that onnxruntime can load") from error


def _extra(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModelUnavailableError(
            f"the package {module} is not installed: install the extra `transformer`"
        ) from error
