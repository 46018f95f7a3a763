"""Chinese text in, sentiment and emotions out: plain, deterministic, versioned.

>>> load_coder().code(["伤口不疼了，终于睡了个好觉"])[0].label
'positive'
"""

from nlp.coding import EMOTIONS, NEUTRAL_BELOW, Coder, Coding, Cue, Evidence, Label, label_of
from nlp.errors import LexiconFormatError, ModelFolderError, ModelUnavailableError, NlpError, UnknownCoderError
from nlp.loading import available_coders, configure, is_slow, load_coder

__all__ = [
    "EMOTIONS", "NEUTRAL_BELOW", "Coder", "Coding", "Cue", "Evidence", "Label", "LexiconFormatError", "ModelFolderError",
    "ModelUnavailableError", "NlpError", "UnknownCoderError", "available_coders", "configure", "is_slow", "label_of",
    "load_coder",
]  # fmt: skip
