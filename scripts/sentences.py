"""Find the sentences of the catalogue in the code: what is marked, what errors say, what templates show."""

import ast
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

MARKERS = frozenset({"_", "gettext", "ngettext", "translate", "mark"})
KEYWORDS = {**dict.fromkeys(MARKERS), "ngettext": (1, 2)}
# The words of an error are class attributes or arguments; core, where errors are defined, stands below the catalogue.
ERROR_WORDS = frozenset({"title", "remedy"})
FIELD_ERROR = "FieldError"

METHODS = [
    ("**.py", "scripts.sentences:extract_python"),
    ("**/templates/**", "jinja2.ext:babel_extract"),
]
OPTIONS: dict[str, dict[str, Any]] = {
    "**/templates/**": {
        "extensions": "jinja2.ext.i18n",
        "newstyle_gettext": "true",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "silent": "false",
    }
}

Found = tuple[int, str, str, list[str]]


def extract_python(file: IO[bytes], keywords: object, comment_tags: object, options: object) -> Iterator[Found]:
    """Yield (line, function, sentence, comments) of one module, as Babel asks of an extraction method."""
    for node in ast.walk(ast.parse(file.read())):
        for sentence in _sentences(node):
            yield sentence.lineno, "gettext", str(sentence.value), []


def _sentences(node: ast.AST) -> Iterator[ast.Constant]:
    match node:
        case ast.ClassDef():
            assigned = [
                part for part in node.body if isinstance(part, ast.Assign) and _names(part.targets) & ERROR_WORDS
            ]
            yield from _texts(part.value for part in assigned)
        case ast.Call() if _called(node) in MARKERS:
            yield from _texts(node.args)
        case ast.Call() if _called(node) == FIELD_ERROR:
            yield from _texts([*node.args[1:2], *(word.value for word in node.keywords if word.arg == "message")])
        case ast.Raise(exc=ast.Call() as error):
            words = [word.value for word in error.keywords if word.arg in ERROR_WORDS]
            yield from (text for text in _texts([*error.args[:1], *words]) if not str(text.value).isascii())


def _texts(values: Iterable[ast.expr]) -> Iterator[ast.Constant]:
    """Yield the plain texts among ``values``, both branches of a choice included."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value
        elif isinstance(value, ast.IfExp):
            yield from _texts([value.body, value.orelse])


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _names(targets: Iterable[ast.expr]) -> set[str]:
    return {target.id for target in targets if isinstance(target, ast.Name)}


def catalogue_of(root: Path) -> Catalog:
    """Return all sentences under ``root``/app with the files they stand in; plural forms are sentences of their own."""
    catalogue = Catalog(project="xinlu", charset="utf-8")
    found: Generator[Any, None, None] = extract_from_dir(
        root / "app", METHODS, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True
    )
    for name, _line, sentences, _comments, context in found:
        for sentence in [sentences] if isinstance(sentences, str) else sentences:
            if sentence:
                catalogue.add(sentence, locations=[(f"app/{name}", 1)], context=context)
    return catalogue
