"""SnowNLP's shipped model (MIT) as a coder: the baseline that everything here is compared with."""

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from nlp.coding import Coding, Cue, Evidence, label_of
from nlp.lexicon.entries import fingerprint
from nlp.reading import analyse, chunks, shared_reader

CODE_FORMAT: Final = 2
"""To be raised with the rules of risk cues too, which are code."""
_MODEL_FILES: Final = ("sentiment/sentiment.marshal.3", "seg/seg.marshal.3", "normal/stopwords.txt")

_LONG_RUN: Final = re.compile("[\u4e00-\u9fa5]{200}")
"""SnowNLP's segmenter takes quadratic time on an unbroken run; no sentence that people write is cut by this."""


class SnowCoder:
    """`sentiment` is 2p - 1 of SnowNLP's probability; `confidence` its size. No emotions, since the model has none."""

    name: Final = "snownlp"

    @cached_property
    def version(self) -> str:
        """Covers the installed model's files and our risk words."""
        digest = hashlib.sha256(f"{CODE_FORMAT} {metadata.version('snownlp')}".encode())
        for file in _MODEL_FILES:
            digest.update((_package_folder() / file).read_bytes())
        digest.update(fingerprint(files=("risk.tsv",)))
        return f"snownlp-{CODE_FORMAT}+{digest.hexdigest()[:12]}"

    @cached_property
    def _model(self) -> Any:
        return import_module("snownlp.sentiment")

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        """One coding per text. Evidence is the whole text: the model does not say more."""
        return [coding for chunk in chunks(texts) for coding in self._code(chunk, explain)]

    def _code(self, texts: Sequence[str], explain: bool) -> list[Coding]:
        batch, hashes = analyse(texts)
        cues = shared_reader().cues(batch, hashes, texts)
        return [self._coding(text, cues.get(index, ()), explain) for index, text in enumerate(texts)]

    def _coding(self, text: str, cues: tuple[Cue, ...], explain: bool) -> Coding:
        if not text.strip():
            return Coding(0.0, 0.0, "neutral")
        score = round(2 * float(self._model.classify(_LONG_RUN.sub(r"\g<0>\n", text))) - 1, 4) + 0.0
        evidence = (Evidence(0, len(text), text, score, "model"),) if explain else ()
        return Coding(score, abs(score), label_of(score), {}, evidence, cues)


def _package_folder() -> Path:
    spec = find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("snownlp is not installed")
    return Path(spec.origin).parent
