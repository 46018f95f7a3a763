"""The codebook as QDC and CSV: the schema's rules, round trips, hostile files, the preview, API and commands."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.coding import codebook
from app.coding.codebook_queries import CodeFacts, codes_of, version_of
from app.coding.codebook_schemas import NewCode
from app.coding.codebook_tree import in_order
from app.exchange import codebook_files, codebooks
from app.exchange.codebook_files import Kind
from app.exchange.codebook_sheets import write_sheet
from app.exchange.errors import CodebookEmpty
from app.exchange.refi.codebook import write_qdc
from tests.coding.qdc_rules import ONE, SPACE, breaches, parsed, qdc
from tests.support.coding import CodedScene, CodingCast
from tests.support.databases import ScratchDatabase
from tests.support.program import xinlu
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

BOOK = f"/studies/{SLUG}/codebook"


def facts(name: str, parent: CodeFacts | None = None, **more: Any) -> CodeFacts:
    plain: dict[str, Any] = {
        "colour": "#3073d9",
        "description": "",
        "examples": (),
        "memo": "",
        "shortcut": None,
        "position": 0,
        "uses": 0,
        "retired_at": None,
        "merged_into": None,
    }
    depth = parent.depth + 1 if parent else 0
    return CodeFacts(id=uuid4(), parent_id=parent.id if parent else None, name=name, depth=depth, **plain | more)


def shown(scene: CodedScene) -> list[tuple[Any, ...]]:
    """The codebook without what differs between studies: ids of versions, uses."""
    with scene.store.read() as session:
        codes = codes_of(session, scene.study_id)
    return [
        (code.depth, code.name, code.colour, code.description, code.examples, code.memo, code.shortcut)
        for code in codes
    ]


def fill(scene: CodedScene) -> None:
    """Codes with everything that a file could lose."""
    with scene.store.write() as session:
        new = [
            NewCode(
                id=UUID(int=7),
                name="𠮷祥・😀‍👩‍👧",
                description="=1+1\n两行 <&>\"'\t]]> ",
                memo="-备注\n[xinlu]\n第二行",
                colour="#8284d1",
            ),
            NewCode(parent_id=UUID(int=7), name="斜/杠 \\ 反", examples=("'=甲", "+乙，“引”", "😣肿"), shortcut="z"),
            NewCode(parent_id=UUID(int=7), name="　全角　空格　", description='[xinlu]\nexamples: ["假的"]'),
        ]
        version = version_of(session, scene.study_id)
        codebook.add_codes(session, "user:test", scene.study_id, new, version=version, origin="test")


def empty(scene: CodedScene) -> None:
    """Take every code out of use, and out of the way of imported ids."""
    with scene.store.write() as session:
        for code in codes_of(session, scene.study_id):
            if code.depth == 0:
                codebook.retire_code(
                    session, "user:test", scene.study_id, code.id, version=version_of(session, scene.study_id)
                )


def take(scene: CodedScene, raw: bytes, *, update: bool = False) -> codebooks.Plan:
    kind, book = codebook_files.read(raw)
    with scene.store.write() as session:
        wanted = codebooks.plan(session, scene.study_id, book.codes)
        codebooks.take_over(
            session, "user:test", scene.study_id, wanted, update=update, version=wanted.version, origin=kind
        )
    return wanted


def test_what_is_written_keeps_the_rules_of_the_schema(coded: CodedScene) -> None:
    fill(coded)
    with coded.store.read() as session:
        codes = codes_of(session, coded.study_id)
    text = write_qdc(codes)
    assert text == write_qdc(codes)
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<CodeBook xmlns="urn:QDA-XML:codebook:1.0"')
    assert "\r" not in text
    root = parsed(text)
    assert root.tag == SPACE + "CodeBook"
    assert breaches(root) == []
    nested = [one.get("name") for one in root.iter(SPACE + "Code")]
    assert nested == [code.name for code in codes]
    with pytest.raises(CodebookEmpty):
        write_qdc([])


def test_the_rules_find_what_breaks_them() -> None:
    wrong = '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Sets/><Codes><Code guid="x" name="a" color="red"/></Codes></CodeBook>'
    assert len(breaches(parsed(wrong))) == 5


@pytest.mark.parametrize("kind", Kind)
def test_out_in_and_out_again_is_the_same(coded: CodedScene, kind: Kind) -> None:
    fill(coded)
    before = shown(coded)
    with coded.store.read() as session:
        first = codebook_files.written(session, coded.study_id, kind)
    again = take(coded, first.encode(), update=True)
    assert (len(again.new), len(again.changed), again.notes) == (0, 0, [])
    empty(coded)
    taken = take(coded, first.encode())
    assert len(taken.new) == len(before)
    assert shown(coded) == before


WORD = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), min_size=1, max_size=12)
NAME = WORD.map(str.strip).filter(lambda name: name and "\ufeff" not in name)


@st.composite
def books(draw: st.DrawFn) -> list[CodeFacts]:
    """Codebooks as the service lets them be: up to five levels, names once under a parent."""
    codes: list[CodeFacts] = []
    for place in range(draw(st.integers(1, 8))):
        parents = [None, *(code for code in codes if code.depth < 4)]
        parent = draw(st.sampled_from(parents))
        name = draw(NAME)
        if any(
            one.parent_id == (parent.id if parent else None) and one.name.casefold() == name.casefold() for one in codes
        ):
            continue
        said = {
            "description": draw(NAME),
            "memo": draw(st.just("") | NAME),
            "examples": tuple(draw(st.lists(NAME, max_size=3))),
        }
        codes.append(facts(name, parent, position=place, **said))
    return [replace(code, depth=depth) for code, depth in in_order(codes)]


@settings(max_examples=60)
@given(books())
def test_any_codebook_is_read_as_it_was_written(codes: list[CodeFacts]) -> None:
    told = [(code.name, code.colour, code.description, code.examples, code.memo) for code in codes]
    root = parsed(write_qdc(codes))
    assert breaches(root) == []
    for raw in (write_qdc(codes).encode(), write_sheet(codes).encode(), write_sheet(codes).encode("gb18030")):
        book = codebook_files.read(raw)[1]
        read = [(one.name, one.colour, one.description or "", one.examples or (), one.memo or "") for one in book.codes]
        assert read == told
        ids = [code.id for code in codes]
        parents = [None if one.parent is None else book.codes[one.parent].id for one in book.codes]
        assert ([one.id for one in book.codes], parents) == (ids, [code.parent_id for code in codes])


def test_what_differs_is_changed_only_when_asked(coded: CodedScene) -> None:
    sheet = "上级,名称,说明,例子,别的\n情绪,疼痛,身上的疼,肿,x\n情绪 / 疼痛,夜里,,,\n没有的,新的,,,\n".encode("gb18030")
    kind, book = codebook_files.read(sheet)
    assert kind is Kind.CSV
    assert book.notes == ["没有用到的列：别的"]
    with coded.store.read() as session:
        wanted = codebooks.plan(session, coded.study_id, book.codes)
    assert [one.name for one in wanted.new] == ["夜里", "没有的", "新的"]
    assert [(one.name, [pair[0] for pair in one.changed]) for one in wanted.changed] == [
        ("疼痛", ["description", "examples"])
    ]
    assert ([one.name for one in wanted.same], wanted.alone) == (["情绪"], 2)
    take(coded, sheet)
    assert [one[:2] for one in shown(coded)] == [
        (0, "情绪"),
        (1, "疼痛"),
        (2, "夜里"),
        (1, "害怕"),
        (1, "安心"),
        (0, "没有的"),
        (1, "新的"),
    ]
    assert shown(coded)[1][3] == ""
    take(coded, sheet, update=True)
    assert shown(coded)[1][3:5] == ("身上的疼", ("肿",))


def test_a_parent_may_be_named_alone_where_it_is_one_code_only() -> None:
    sheet = "名称,上级\n乙,甲\n丙,乙\n甲,\n丁,丙\n戊,己\n子,丑\n丑,子\n"
    codes = codebook_files.read(sheet.encode())[1].codes
    names = [one.name for one in codes]
    above = {one.name: names[one.parent] if one.parent is not None else "" for one in codes}
    assert {name: above[name] for name in "甲乙丙丁戊己"} == {
        "甲": "",
        "乙": "甲",
        "丙": "乙",
        "丁": "丙",
        "戊": "己",
        "己": "",
    }
    assert set(names) == set("甲乙丙丁戊己子丑")


def test_what_does_not_fit_is_placed_and_told(coded: CodedScene) -> None:
    deep = "名称,上级\n" + "\n".join(f"层{n},{' / '.join(f'层{m}' for m in range(n))}" for n in range(7))
    wanted = take(coded, deep.encode())
    assert [one.depth for one in wanted.new] == [0, 1, 2, 3, 4, 4, 4]
    assert len(wanted.notes) == 2
    twice = qdc(f"<Codes>{ONE}{ONE.replace('1FF58B12', '2FF58B12')}</Codes>")
    again = take(coded, twice)
    assert [one.name for one in again.new] == ["one", "one（2）"]
    assert "同一层里有两个" in again.notes[0]


def test_a_file_is_previewed_and_taken_over_through_the_pages(coding_cast: CodingCast) -> None:
    client = coding_cast.client
    sign_in(client, "owner", PASSWORD)
    token = csrf_of(client.get(f"{BOOK}/import"))
    sheet = "名称,上级,说明\n疼痛,情绪,改过\n新的😀,,"
    found = client.post(
        f"{BOOK}/import/preview", data={"csrf_token": token}, files={"file": ("书.csv", sheet.encode(), "text/csv")}
    )
    assert found.status_code == 200, found.text
    assert re.findall(r'<dt>([^<]+)</dt><dd class="num">(\d+)', found.text) == [
        ("新加", "1"),
        ("已有，内容不同", "1"),
        ("已有，一样", "1"),
    ]
    assert "新的😀" not in [one[1] for one in shown(coding_cast)]
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', found.text))
    hidden["codes"] = hidden["codes"].replace("&#34;", '"').replace("&quot;", '"')
    done = client.post(f"{BOOK}/import", data={**hidden, "update": "on"})
    assert done.headers["location"].endswith("?done=imported")
    assert {one[1]: one[3] for one in shown(coding_cast)}["疼痛"] == "改过"
    stale = client.post(f"{BOOK}/import", data=hidden)
    assert (stale.status_code, "刚刚被别人改过" in stale.text) == (412, True)
    wrong = client.post(
        f"{BOOK}/import/preview", data={"csrf_token": token}, files={"file": ("x.qdc", b"<x/>", "application/xml")}
    )
    assert (wrong.status_code, "根元素不是 CodeBook" in wrong.text) == (422, True)
    for suffix, start in ((".qdc", b"<?xml"), (".csv", b"\xef\xbb\xbfparent,name")):
        taken = client.get(BOOK + suffix)
        assert taken.content.startswith(start)
        assert "attachment" in taken.headers["content-disposition"]
        by_key = coding_cast.get(f"/codebook{suffix}", who="first")
        assert by_key.content == taken.content
        assert coding_cast.get(f"/codebook{suffix}", who="viewer").status_code == 403


def test_the_commands_take_a_codebook_out_and_in(
    coding_cast: CodingCast, database: ScratchDatabase, tmp_path: Path
) -> None:
    for kind in Kind:
        file = tmp_path / f"book.{kind}"
        xinlu("export", SLUG, "--what", "codebook", "--format", kind, "-o", str(file), env=database.env)
        said = xinlu("import", "codebook", str(file), "--study", SLUG, "--preview", env=database.env).stdout
        assert "新加 0 个，已有但不同 0 个，一样 4 个" in said
    changed = tmp_path / "changed.csv"
    changed.write_text("名称,说明\n情绪,改过\n多出来的,", encoding="utf-8")
    said = xinlu("import", "codebook", str(changed), "--study", SLUG, "--update", env=database.env).stdout
    assert "新加 1 个，已有但不同 1 个" in said
    assert [one[:4:3] for one in shown(coding_cast) if one[0] == 0] == [(0, "改过"), (0, "")]
    refused = xinlu("export", SLUG, "--format", "qdc", "-o", str(tmp_path / "x"), env=database.env, check=False)
    assert refused.returncode == 2
