"""Check that the catalogues hold every sentence of the code, and no other; ``--update`` brings them up to date.

Chinese is the source language: its sentences stand in the code, and its catalogue may leave them as they are.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from scripts.sentences import catalogue_of

ROOT = Path(__file__).parent.parent
LOCALES = ROOT / "app" / "locale"
SOURCE = "zh_CN"
LANGUAGES = (SOURCE, "en")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
# Babel would write the moment of each run, and two people's catalogues would differ by it.
NO_MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of ``language`` is kept."""
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Return the catalogue of ``language``, empty if there is no file yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="xinlu", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, sentences: Catalog) -> None:
    """Add new sentences to the catalogue of ``language``, and drop those that are gone."""
    catalogue = read(language)
    catalogue.update(sentences, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# Sentences of Xinlu. `make translations` adds and removes them; people translate them."
    catalogue.version, catalogue.msgid_bugs_address = "1", ""
    catalogue.last_translator = catalogue.language_team = ""
    catalogue.creation_date = catalogue.revision_date = NO_MOMENT
    written = io.BytesIO()
    write_po(written, catalogue, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written.getvalue())


def problems(language: str, sentences: Catalog) -> Iterator[str]:
    """Say what is wrong with the catalogue of ``language``, a line each."""
    catalogue = read(language)
    wanted = {message.id for message in sentences if message.id}
    for message in catalogue:
        if not message.id:
            continue
        if message.id not in wanted:
            yield f"no longer in the code: {message.id}"
        else:
            yield from _faults(message, translated=language == SOURCE)
        wanted.discard(message.id)
    for sentence in sorted(map(str, wanted)):
        yield f"missing: {sentence}"


def _faults(message: Message, *, translated: bool) -> Iterator[str]:
    if message.fuzzy:
        yield f"fuzzy: {message.id}"
    if not message.string:
        if not translated:
            yield f"not translated: {message.id}"
    elif set(PLACEHOLDER.findall(str(message.id))) != set(PLACEHOLDER.findall(str(message.string))):
        yield f"other placeholders: {message.id} → {message.string}"


def main() -> int:
    """Check or update; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="add new sentences and drop those that are gone")
    asked = parser.parse_args()
    sentences = catalogue_of(ROOT)
    if asked.update:
        for language in LANGUAGES:
            update(language, sentences)
    found = [f"{language}: {problem}" for language in LANGUAGES for problem in problems(language, sentences)]
    for problem in found:
        print(problem)
    if found:
        print(f"translations: {len(found)} to do (`make translations` adds and drops sentences)", file=sys.stderr)
    else:
        print(f"translations: {len(sentences)} sentences in {', '.join(LANGUAGES)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
