"""What the pages point at is there: files, headings, pictures; and the first screen says how to start."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
PICTURE = re.compile(r"!\[([^\]]*)\]\(|<img [^>]*?alt=\"([^\"]*)\"|<img ")
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 2 * 1024 * 1024
FIRST_SCREEN = 24


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def targets(page: Path) -> Iterator[str]:
    for match in LINK.finditer(without_code(page.read_text(encoding="utf-8"))):
        target = match[1] or match[2]
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the fragments of a page's headings, as hosts of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in targets(page):
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.is_file() or (fragment and fragment not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_is_described_in_words(page: Path) -> None:
    described = [first or second for first, second in PICTURE.findall(without_code(page.read_text(encoding="utf-8")))]
    assert all(described), page.name


def test_every_picture_is_used_and_all_together_are_small() -> None:
    used = {(page.parent / target).resolve() for page in PAGES for target in targets(page)}
    kept = set(IMAGES.iterdir())
    assert len(kept) > 10
    assert kept - used == set()
    assert sum(picture.stat().st_size for picture in kept) < MOST_BYTES


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_first_screen_shows_the_curve_and_names_the_two_commands(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()[:FIRST_SCREEN]
    screen = "\n".join(lines)
    places = [screen.find(part) for part in ("docs/images/curve.png", "make run", "make test")]
    assert -1 not in places
    assert places == sorted(places)


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    reached = {(ROOT / target.partition("#")[0]).resolve() for target in targets(ROOT / "README.md")}
    assert set((ROOT / "docs").glob("*.md")) - reached == set()


def test_every_make_target_that_is_named_exists() -> None:
    existing = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"\bmake ([a-z-]+)", " ".join(_code(page)))}
    assert {"run", "test"} <= named
    assert named <= existing


def _code(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [*re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
