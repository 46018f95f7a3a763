"""Transcripts are read as people have them: every shape, every encoding, and not one word lost."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.interviews.errors import TranscriptTooLarge, TranscriptUnreadable
from app.interviews.transcripts.reading import day_in, digest_of, packed, pasted, read, understand, unpacked
from app.interviews.transcripts.shapes import MOST_LINE, MOST_TURNS, Transcript

FIXTURES = Path(__file__).parent / "fixtures"
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("utf-8-sig", "UTF-8"),
    ("gb18030", "GB18030"),
    ("utf-16", "UTF-16 LE"),
    ("utf-16-le", "UTF-16 LE"),
    ("utf-16-be", "UTF-16 BE"),
]
ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}


def turns_of(text: str, **said: bool) -> list[tuple[str, str, int | None]]:
    """Return speaker, words and time (seconds) of every turn of a pasted text."""
    return told(understand(pasted(text), said))


def told(transcript: Transcript) -> list[tuple[str, str, int | None]]:
    return [
        (turn.speaker, turn.text, None if turn.start_ms is None else turn.start_ms // 1000) for turn in transcript.turns
    ]


def bare(text: str) -> Counter[str]:
    return Counter("".join(text.split()))


# --- encodings


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize(("encoding", "name"), ENCODINGS)
def test_every_encoding_is_found_out(encoding: str, name: str, end: str) -> None:
    text = (FIXTURES / "property_repair.txt").read_text("utf-8")
    source = read(text.replace("\n", end).encode(encoding), "a.txt")
    assert (source.encoding, source.form) == (name, "text")
    assert told(understand(source)) == told(understand(pasted(text)))
    assert digest_of(source) == digest_of(pasted(text)), "in any encoding it is the same transcript"


def test_rare_characters_survive_gb18030_and_utf_16() -> None:
    text = "受访者：𠮷野家的㐂😅，䶮先生说“贴心”。\n访谈者：嗯？\n受访者：真的，很疼很疼，晚上都没有睡好。\n"
    for encoding in ("gb18030", "utf-16-le", "utf-16-be", "utf-8"):
        assert read(text.encode(encoding), "a.txt").text == text, encoding


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00" * 4000,
        bytes(range(256)) * 20,
        b"\xff\xfe\x00\xd8\x00\xd8",
        b"\xef\xbb\xbf\xff\xfe",
        b"%PDF-1.7\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"\x00\x00\x00\x20ftypM4A ",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"Rar!\x1a\x07",
        "受访者：好\x00，很疼很疼。\n访谈者：嗯，后来呢？\n".encode(),
        b"",
        b"\xef\xbb\xbf \n \n",
    ],
    ids=["zeros", "bytes", "broken-utf-16", "broken-utf-8", "pdf", "doc", "m4a", "wav", "rar", "nul", "empty", "blank"],
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(TranscriptUnreadable):
        understand(read(raw, "a.txt"))


def test_characters_that_no_page_can_show_are_counted() -> None:
    source = read("受访者：我\x07很疼。\n访谈者：好\x1b。\n受访者：嗯，是真的很疼很疼很疼。".encode(), "a.txt")
    assert source.dropped == 2
    assert "我很疼" in source.text


# --- shapes


def test_the_two_gold_interviews_are_understood_to_the_last_turn() -> None:
    truth = json.loads((FIXTURES / "truth.json").read_text("utf-8"))
    for name, one in truth.items():
        transcript = understand(read((FIXTURES / name).read_bytes(), name))
        assert len(transcript.turns) == one["turns"]
        assert transcript.odd == ()
        assert {speaker.name: speaker.role for speaker in transcript.speakers} == {
            "访谈者": "interviewer",
            "受访者": "respondent",
        }
        answers = [place for place, turn in enumerate(transcript.turns, 1) if turn.speaker == "受访者"]
        assert answers == one["answers"]
        stamped = {
            str(place): turn.start_ms // 1000
            for place, turn in enumerate(transcript.turns, 1)
            if turn.start_ms is not None
        }
        assert stamped == one["seconds"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "说话人1 00:01:23\n您好，\n请坐。\n\n说话人2 00:01:30\n好的。\n\n说话人1 01:00:00\n嗯？",
            [("说话人1", "您好，\n请坐。", 83), ("说话人2", "好的。", 90), ("说话人1", "嗯？", 3600)],
        ),
        (
            "[00:00:05] 访谈者：您好？\n受访者:好。\n接着说：真的疼。\n【00:12】访谈者：嗯",
            [("访谈者", "您好？", 5), ("受访者", "好。\n接着说：真的疼。", None), ("访谈者", "嗯", 12)],
        ),
        (
            "Q：您好？\nA：好：很好\nQ2. 然后\nQ2: 后来呢？\nA2: 没了",
            [("Q", "您好？", None), ("A", "好：很好\nQ2. 然后", None), ("Q", "后来呢？", None), ("A", "没了", None)],
        ),
        (
            "张医生（00:12）：您好\n李女士 (00:15) : 我想说：很疼\n张医生（1:02:03）：嗯",
            [("张医生", "您好", 12), ("李女士", "我想说：很疼", 15), ("张医生", "嗯", 3723)],
        ),
        (
            "张三(00:00:05): 好\n李四(00:00:09): 对\n",
            [("张三", "好", 5), ("李四", "对", 9)],
        ),
        (
            "访谈者\n您好？\n\n受访者\n您好。\n我很好。\n访谈者\n嗯",
            [("访谈者", "您好？", None), ("受访者", "您好。\n我很好。", None), ("访谈者", "嗯", None)],
        ),
        (
            "00:00:05\n访谈者：您好\n00:00:12\n受访者：好\n00:00:20\n又说了一句",
            [("访谈者", "您好", 5), ("受访者", "好", 12), ("受访者", "又说了一句", 20)],
        ),
        (
            "00:00:05 --> 00:00:09 访谈者：您好\n00:00:10 --> 00:00:12 受访者：好",
            [("访谈者", "您好", 5), ("受访者", "好", 10)],
        ),
        (
            "[00:01] 第一句\n[00:04] 第二句\n接着\n[00:09] 第三句",
            [("", "第一句", 1), ("", "第二句\n接着", 4), ("", "第三句", 9)],
        ),
        ("头一段。\n\n第二段：真疼。\n", [("", "头一段。", None), ("", "第二段：真疼。", None)]),
        ("**访谈者**：您好\n**受访者**：好", [("访谈者", "您好", None), ("受访者", "好", None)]),
        (
            "发言人 1\t00:03\t您好\n发言人2\t00:09\t好\n发言人1\t00:12\t嗯",
            [("发言人 1", "您好", 3), ("发言人2", "好", 9), ("发言人 1", "嗯", 12)],
        ),
        ("[张三] 10:01:02\n您好\n[李四] 10:01:09\n好", [("张三", "您好", 36062), ("李四", "好", 36069)]),
        (
            "受访者（女，46岁）：疼\n访谈者：嗯\n受访者（女，46岁）：很疼",
            [("受访者（女，46岁）", "疼", None), ("访谈者", "嗯", None), ("受访者（女，46岁）", "很疼", None)],
        ),
        (
            "受访者：我们约在 14:30\n下午 14:30 到的，比例1:3，\n看 https://a.cn/b 就知道\n我说：算了",
            [("受访者", "我们约在 14:30\n下午 14:30 到的，比例1:3，\n看 https://a.cn/b 就知道\n我说：算了", None)],
        ),
        (
            (
                "1\n00:00:01,000 --> 00:00:02,500\n说话人1：我那天\n\n2\n00:00:02,600 --> 00:00:04,000\n特别疼。\n\n"
                "3\n00:00:05,000 --> 00:00:06,000\n说话人2：嗯"
            ),
            [("说话人1", "我那天特别疼。", 1), ("说话人2", "嗯", 5)],
        ),
        (
            (
                "WEBVTT\n\n00:01.000 --> 00:03.000 align:start\n<v 张三>你好 <b>啊</b>\n\n"
                "00:06.000 --> 00:07.000\n<v 李四>嗯 &amp; 好"
            ),
            [("张三", "你好 啊", 1), ("李四", "嗯 & 好", 6)],
        ),
        (
            '说话人,开始时间,内容\n甲,00:01,"你好,\n在"\n乙,5.5,好\n',
            [("甲", "你好,\n在", 1), ("乙", "好", 5)],
        ),
        ("speaker\ttext\nInterviewer\tHow?\nP01\tFine.", [("Interviewer", "How?", None), ("P01", "Fine.", None)]),
    ],
)
def test_the_shapes_that_services_export(text: str, expected: list[tuple[str, str, int | None]]) -> None:
    for end in ENDS.values():
        assert turns_of(text.replace("\n", end)) == expected


def test_roles_are_proposed_by_name_and_else_by_how_people_talk() -> None:
    def roles(text: str) -> dict[str, str]:
        return {one.name: one.role for one in understand(pasted(text), codes=["P07"]).speakers}

    asks = "说话人1：怎么来的？\n说话人2：坐车来的，路上还有点堵，后来才到。\n说话人1：疼吗？\n说话人2：疼。\n"
    assert roles(asks) == {"说话人1": "interviewer", "说话人2": "respondent"}
    assert roles("记者：疼？\n患者：疼。\n家属：她疼。") == {
        "记者": "interviewer",
        "患者": "respondent",
        "家属": "other",
    }
    assert roles("主持人：？\nP07：好。\n")["P07"] == "respondent"
    assert roles("就一段话，没有名字。") == {"": "respondent"}


def test_a_person_decides_what_is_a_speaker() -> None:
    text = "访谈者：您好？\n受访者：好。\n小周：我在。\n受访者：嗯。"
    doubtful = [one.name for one in understand(pasted(text)).speakers if one.doubtful]
    assert doubtful == ["小周"]
    assert turns_of(text)[1] == ("受访者", "好。\n小周：我在。", None)
    assert turns_of(text, 小周=True)[2] == ("小周", "我在。", None)
    assert turns_of(text, 访谈者=False)[0][0] == "受访者"
    assert [odd.text for odd in understand(pasted(text), {"访谈者": False}).odd] == ["访谈者：您好？"]


def test_what_became_no_turn_is_listed() -> None:
    transcript = understand(pasted("种植牙访谈 2026年3月1日\n访谈者：\n受访者：好\n00:01:00\n访谈者：嗯？"))
    assert [(odd.line, odd.text) for odd in transcript.odd] == [(1, "种植牙访谈 2026年3月1日"), (2, "访谈者：")]
    assert day_in(pasted("种植牙访谈 2026年3月1日\n访谈者：好")).isoformat() == "2026-03-01"  # type: ignore[union-attr]
    table = understand(read("内容,说话人\n好,甲\n,乙\n嗯,丙,多出来\n".encode(), "a.csv"))
    assert [odd.line for odd in table.odd] == [3, 4]
    with pytest.raises(TranscriptUnreadable):
        understand(read("甲,乙\n1,2\n".encode(), "a.csv"))
    with pytest.raises(TranscriptUnreadable):
        understand(read('说话人,内容\n甲,"没有尽头\n'.encode(), "a.csv"))


# --- not one character is lost

WORDS = st.text(st.sampled_from("我那天疼好：:，。0129 嗯?？[]（）\t说问AQ-*#>“”😅𠮷"), max_size=24)
HEADS = st.sampled_from(
    [
        "",
        "",
        "访谈者：",
        "受访者: ",
        "说话人1 00:01:23",
        "[00:00:05] 访谈者：",
        "Q：",
        "A2:",
        "张医生（00:12）：",
        "小周：",
        "00:01:02",
        "【00:12】",
        "00:00:05 --> 00:00:09",
        "访谈者",
        "嗯",
        "甲\t00:01\t",
        "[张三] 10:01:02 ",
        "我说：",
        "**受访者**：",
        "  ",
        "14:30 ",
    ]
)
LINES = st.lists(st.tuples(HEADS, WORDS).map("".join), min_size=1, max_size=25)


@given(LINES, st.sampled_from(list(ENDS.values())))
@settings(max_examples=150)
def test_every_character_stands_in_one_turn_or_odd_line(lines: list[str], end: str) -> None:
    source = pasted(end.join(["受访者：好", *lines]))
    transcript = understand(source)
    if source.form != "text":
        return
    found = sum((bare(turn.head) + bare(turn.text) for turn in transcript.turns), Counter[str]())
    found += sum((bare(odd.text) for odd in transcript.odd), Counter[str]())
    assert found == bare(source.text)
    assert [turn.line for turn in transcript.turns] == sorted(turn.line for turn in transcript.turns)


CUES = st.lists(
    st.tuples(
        st.integers(0, 1999), st.sampled_from(["", "说话人1：", "受访者: "]), st.lists(WORDS, min_size=1, max_size=2)
    ),
    min_size=1,
    max_size=12,
)


@given(CUES, st.booleans())
@settings(max_examples=60)
def test_subtitles_lose_nothing_either(cues: list[tuple[int, str, list[str]]], numbered: bool) -> None:
    blocks = []
    for n, (ms, head, words) in enumerate(cues):
        start, end = 2 * n, f"{2 * n + ms // 1000:02},{ms % 1000:03}"
        said = "\n".join(word or "嗯" for word in words)
        blocks.append((f"{n}\n" if numbered else "") + f"00:00:{start:02},000 --> 00:00:{end}\n{head}{said}")
    source = pasted("\n\n".join([*blocks, "00:59:00,000 --> 00:59:01,000\n好"]))
    transcript = understand(source)
    assert source.form == "srt"
    found = sum((bare(turn.head) + bare(turn.text) for turn in transcript.turns), Counter[str]())
    found += sum((bare(odd.text) for odd in transcript.odd), Counter[str]())
    assert found == bare(source.text)


@given(st.binary(max_size=400))
@settings(max_examples=100)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        understand(read(raw, "a.txt"))
    except (TranscriptUnreadable, TranscriptTooLarge):
        return


@given(st.text(max_size=300))
def test_what_travels_in_the_page_comes_back(text: str) -> None:
    text = f"好{text.encode('utf-8', 'ignore').decode()}"
    assert unpacked(packed(pasted(text))) == pasted(text).text


# --- size


def test_ten_thousand_turns_are_read_whole() -> None:
    text = "\n".join(f"{'访谈者' if n % 2 else '受访者'}：第 {n} 段，有点疼。\n  接着说一句" for n in range(10_000))
    transcript = understand(pasted(text))
    assert len(transcript.turns) == 10_000
    assert transcript.turns[-1].text.endswith("接着说一句")


@pytest.mark.parametrize(
    "line",
    [
        "：" * 19000,
        "[" * 19000,
        "0:" * 9000,
        "00:00" * 3900,
        " " * 19000 + "好",
        "（" * 19000,
        "<v " * 6000,
        "*" * 19000,
        "00:00:01 --> " * 1500,
        "\t" * 19000 + "好",
        "(" + "9" * 18000,
        "A" * 19000 + "：",
    ],
)
def test_lines_made_to_be_slow_are_read_like_others(line: str) -> None:
    for text in (f"受访者：好\n{line}", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}", f"说话人,内容\n甲,{line}"):
        try:
            understand(pasted("\n".join([text] * 20)))
        except (TranscriptTooLarge, TranscriptUnreadable):
            continue


def test_what_is_too_much_is_refused_with_its_place() -> None:
    with pytest.raises(TranscriptTooLarge) as too_long:
        understand(pasted("受访者：好\n" + "疼" * (MOST_LINE + 1)))
    assert too_long.value.parameters["line"] == 2
    with pytest.raises(TranscriptTooLarge):
        understand(pasted("受访者：好\n" + "疼疼疼\n" * (MOST_LINE // 3 + 1)))
    with pytest.raises(TranscriptTooLarge):
        understand(pasted("好\n" * (MOST_TURNS + 1)))
    with pytest.raises(TranscriptTooLarge):
        understand(pasted("好\n\n" * (MOST_TURNS * 3)))
    with pytest.raises(TranscriptTooLarge):
        read(b"a" * (8 * 1024 * 1024 + 1), "a.txt")
    with pytest.raises(TranscriptUnreadable):
        understand(pasted("\n".join(f"说话人{n}：好" for n in range(100))))
