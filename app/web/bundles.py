"""Joining our own modules and style sheets into one file each, so that a first open asks for few.

What a browser would load one by one is put together, and freed of blanks and remarks, when the application starts; the
sources stay small files. Of JavaScript it knows what our modules use: ``import { a, b as c } from "./name.js";`` on a line
of its own, and names exported where they are declared. Whatever else there is says so at once, and not on somebody's phone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import rcssmin
import rjsmin

FOLLOWS: Mapping[str, str] = {"later.js": "phone.js"}
"""Scripts that are fetched after another one, and leave out what that one holds."""

IMPORT = re.compile(r'^import \{ ?([^}]*?),? ?\} from "\./([\w.-]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function\*?|function\*?|class|const) ?([\w$]+))", re.MULTILINE)
LEFT = re.compile(r"^(?:import\b(?! ?\()|export\b).*$", re.MULTILINE)
REMARK = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
STYLE_IMPORT = re.compile(r'^@import "([\w.-]+)";\n?', re.MULTILINE)


class BundleError(ValueError):
    """A source that cannot be joined; the message names it and says why."""


def is_entry(source: str) -> bool:
    """Return whether a JavaScript source is where a page begins: it imports, and nothing is imported from it."""
    return bool(IMPORT.search(source)) and not EXPORT.search(source)


def join_script(name: str, sources: Mapping[str, str]) -> str:
    """Return the script ``name`` with all that it imports, each module once and in a scope of its own.

    ``sources`` maps file names to texts. A script of ``FOLLOWS`` becomes a module that exports what it exports, and takes
    from the script before it what that one has loaded. Raises BundleError for a module that is missing, imports itself by a
    detour, lacks a name that is asked of it, or is written in a way that is not known here.
    """
    joining = _Joining(sources)
    first = FOLLOWS.get(name)
    if first is not None and first in sources:
        joining.add(first, ())
        held = sorted(_scope(module) for module in joining.exported if module != first)
        joining.parts = [f"const {{ {', '.join(held)} }} = globalThis.$xinlu;\n"]
    joining.add(name, ())
    if exports := joining.exported[name]:
        joining.parts.append(f"export const {{ {', '.join(sorted(exports))} }} = {_scope(name)};\n")
    elif name in FOLLOWS.values():
        held = sorted(_scope(module) for module in joining.exported if module != name)
        joining.parts.insert(-1, f"globalThis.$xinlu = {{ {', '.join(held)} }};\n")
    return str(rjsmin.jsmin('"use strict";\n' + "".join(joining.parts)))


def join_style(name: str, sources: Mapping[str, str]) -> str:
    """Return the style sheet ``name`` with those that its first lines import; BundleError where one is missing."""
    return str(rcssmin.cssmin(_with_imports(name, sources)))


def _with_imports(name: str, sources: Mapping[str, str]) -> str:
    if name not in sources:
        raise BundleError(f"there is no style sheet {name}")
    return STYLE_IMPORT.sub(lambda found: _with_imports(found[1], sources).rstrip("\n") + "\n", sources[name])


@dataclass
class _Joining:
    sources: Mapping[str, str]
    parts: list[str] = field(default_factory=list)
    exported: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, name: str, importers: tuple[str, ...]) -> None:
        if name in self.exported:
            return
        if name in importers:
            raise BundleError(f"{name} imports itself by way of {', '.join(importers[importers.index(name) :])}")
        if name not in self.sources:
            raise BundleError(f"{importers[-1] if importers else 'a page'} needs {name}, which is not there")
        source = REMARK.sub("", self.sources[name])
        for imported in IMPORT.finditer(source):
            self.add(imported[2], (*importers, name))
        exports = frozenset(EXPORT.findall(source))
        body = EXPORT.sub("", IMPORT.sub(lambda found: self._taken(name, found[1], found[2]), source)).strip("\n")
        if left := LEFT.search(body):
            raise BundleError(f"{name}: cannot join the line: {left[0]}")
        given = f"return {{ {', '.join(sorted(exports))} }};\n" if exports else ""
        self.parts.append(f"const {_scope(name)} = (() => {{\n{body}\n{given}}})();\n")
        self.exported[name] = exports

    def _taken(self, importer: str, names: str, module: str) -> str:
        wanted = [part.strip().split(" as ") for part in names.split(",")]
        if unknown := {pair[0] for pair in wanted} - self.exported[module]:
            raise BundleError(f"{importer} wants {', '.join(sorted(unknown))} of {module}, which exports no such name")
        return f"const {{ {', '.join(': '.join(pair) for pair in wanted)} }} = {_scope(module)};"


def _scope(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
