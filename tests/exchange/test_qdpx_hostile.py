"""Files that no honest program writes, and such as contradict themselves: refused in words, before anything is stored."""

import io
import zipfile
from uuid import uuid4

import pytest

from app.core.errors import AppError
from app.exchange.refi.errors import NotAProject, ProjectBroken, ProjectTooLarge, ProjectUnsafe
from app.exchange.refi.names import SCHEMA
from tests.exchange.test_qdpx import coded, exported
from tests.exchange.test_qdpx_foreign import look, scene, tag
from tests.support.coding import CodedScene
from tests.support.databases import only_on

__all__ = ["coded", "scene"]

BOMB = bytes(40_000_000)
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Project name="&b;"/>'
XXE = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Project name="x"/>'
ONE, TWO, THREE, FOUR = (str(uuid4()) for _ in range(4))


def project(*sources: str) -> str:
    """Return a project with these sources."""
    return tag("Project", tag("Sources", "".join(sources)), name="x", xmlns=SCHEMA)


def outside(path: str, guid: str = ONE) -> str:
    """Return a project whose only source lies at ``path``."""
    return project(tag("TextSource", guid=guid, name="a", plainTextPath=path))


def selected(start: object = 0, inside: str = "") -> str:
    """Return a project with one selection, which holds ``inside``."""
    selection = tag("PlainTextSelection", inside, guid=TWO, startPosition=start, endPosition=1)
    return project(tag("TextSource", tag("PlainTextContent", "疼") + selection, guid=ONE, name="a"))


def coded_with_nothing() -> str:
    """Return a project with a selection whose code there is not."""
    return selected(0, tag("Coding", tag("CodeRef", targetGUID=FOUR), guid=THREE))


def twins() -> str:
    """Return a project in which two people have one guid."""
    return tag("Project", tag("Users", tag("User", guid=ONE) + tag("User", guid=f"{{{ONE.upper()}}}")), name="x")


def packed(xml: str | None, *files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """Return an archive with a project (None: without) and ``files``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if xml is not None:
            archive.writestr("project.qde", xml)
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def linked() -> zipfile.ZipInfo:
    """Return the entry of a symbolic link."""
    entry = zipfile.ZipInfo("sources/a.txt")
    entry.external_attr = 0o120777 << 16
    return entry


HERE = outside("internal://a.txt")
HOSTILE: dict[str, tuple[bytes, type[AppError]]] = {
    "no zip": (b"PK nothing", NotAProject),
    "no project": (packed(None, ("sources/a.txt", b"x")), NotAProject),
    "two projects": (packed(HERE, ("other.qde", b"x")), NotAProject),
    "not XML": (packed("<Project"), NotAProject),
    "another root": (packed("<Html/>"), NotAProject),
    "entities": (packed(DOCTYPE), ProjectUnsafe),
    "an outer entity": (packed(XXE), ProjectUnsafe),
    "a deep nest": (packed('<Project name="x">' + "<a>" * 200 + "</a>" * 200 + "</Project>"), ProjectTooLarge),
    "a bomb": (packed(HERE, ("sources/a.txt", BOMB)), ProjectTooLarge),
    "a path out of the archive": (packed(outside("internal://../../etc/passwd")), ProjectUnsafe),
    "a path with a drive": (packed(outside("internal://C:\\boot.ini")), ProjectUnsafe),
    "a name that climbs": (packed(HERE, ("../evil.txt", b"x")), ProjectUnsafe),
    "an absolute name": (packed(HERE, ("/etc/cron.d/evil", b"x")), ProjectUnsafe),
    "a symbolic link": (packed(HERE, (linked(), b"/etc/passwd")), ProjectUnsafe),
    "a reference to nothing": (packed(coded_with_nothing()), ProjectBroken),
    "a position that is none": (packed(selected("9" * 30)), ProjectBroken),
    "one guid twice": (packed(twins()), ProjectBroken),
    "no guid": (packed(outside("internal://a.txt", "12")), ProjectBroken),
    "text that is none": (packed(HERE, ("sources/a.txt", b"\xff\xfa\x80")), NotAProject),
}


@pytest.mark.parametrize("kind", HOSTILE)
@only_on("sqlite")  # nothing of it reaches a database
def test_a_hostile_or_broken_file_is_refused_in_words(scene: CodedScene, kind: str) -> None:
    handed, error = HOSTILE[kind]
    with pytest.raises(error) as refused:
        look(scene, handed, stage="recovery")
    assert refused.value.parameters["why"]


@only_on("sqlite")
def test_a_project_of_ours_that_was_tampered_with_is_refused(scene: CodedScene) -> None:
    ids = scene.say()
    scene.save("owner", ids[0], -1, scene.mark("害怕", 2, 4))
    ours = exported(scene)
    for old, new in (
        ("sentiment: -1", "sentiment: -7"),
        ("role: feeling", "role: " + "x" * 60),
        ("score: ", "score: 9"),
        ("is: statement", "is: turn"),
        ("occurred_at: 2026", "occurred_at: never 2026"),
    ):
        with pytest.raises(ProjectBroken):
            look(scene, changed(ours, old, new))


def changed(ours: bytes, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ours)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            assert name != "project.qde" or old in text
            after.writestr(name, text.replace(old, new) if name == "project.qde" else text)
    return out.getvalue()
