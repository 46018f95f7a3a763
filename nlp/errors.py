"""Errors that the library raises; each can be caught as `NlpError`."""


class NlpError(Exception):
    """Anything the library refuses to do."""


class UnknownCoderError(NlpError, LookupError):
    """No coder has this name. `name` is what was asked for, `available` what there is."""

    def __init__(self, name: str, available: tuple[str, ...]) -> None:
        super().__init__(f"no coder named {name!r}; available: {', '.join(available)}")
        self.name = name
        self.available = available


class LexiconFormatError(NlpError, ValueError):
    """A line of a lexicon file does not follow the documented format."""

    def __init__(self, source: str, line: int, problem: str) -> None:
        super().__init__(f"{source}, line {line}: {problem}")
        self.source = source
        self.line = line


class ModelUnavailableError(NlpError, RuntimeError):
    """The model of a coder cannot be loaded here; the message says what to install or to configure."""


class BaseModelError(ModelUnavailableError):
    """The base model's file is missing, or another than the deltas were trained on."""


class ModelFolderError(ModelUnavailableError):
    """A folder does not hold a sequence-classification model that can be read. `file` is what is missing or wrong."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = file
