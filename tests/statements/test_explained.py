"""Why a statement has its score: over the API and on its page, for those who may read it and for nobody else."""

import re
import threading
from collections.abc import Callable
from html import unescape
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from app.accounts import service as accounts
from app.accounts.actors import SCOPES, StaffActor
from app.core.db import MICRO
from app.participants import service as participants
from app.participants.models import Participant
from app.participants.sight import everyone
from app.statements import codings, explaining
from app.statements.highlights import BROAD, passages_of
from app.statements.models import MachineCoding, Statement
from app.statements.words import CUES, EMOTION_NAMES, RULES
from app.studies import membership
from app.studies.models import Study
from nlp import EMOTIONS, Coder, Coding, Cue, Evidence, load_coder
from nlp.lexicon.effects import RULES as ACTING
from tests.support.cast import Cast
from tests.support.scene import PASSWORD, SLUG
from tests.support.slow_coder import NAME, VERSION, SlowCoder, missing
from tests.support.staff import sign_in

TEXT = "虽然护士很耐心，但是夜里肿得厉害😢。要是早点告诉我就好了👨‍👩‍👧！"
RISKY = "高烧不退，我不想活了。"
QUOTE = re.compile(r"<blockquote[^>]*>(.*?)</blockquote>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
PutCoder = Callable[[Callable[[], Coder]], None]


def write(cast: Cast, text: str = TEXT, **changes: Any) -> UUID:
    """Hand in an entry and return the id of its statement."""
    entry_id = uuid4()
    assert cast.put(cast.entry(text, **changes), entry_id).status_code == 201
    return UUID(cast.get(f"/entries/{entry_id}").json()["statements"][0]["id"])


def coding(cast: Cast, statement: UUID, **who: str) -> dict[str, Any]:
    answered = cast.get(f"/statements/{statement}/coding", **who)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


def page(cast: Cast, statement: UUID, query: str = "") -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, "owner", PASSWORD)
    answered = cast.client.get(f"/studies/{SLUG}/statements/{statement}{query}")
    assert answered.status_code == 200, answered.text
    return answered.text


def quoted(html: str) -> str:
    found = QUOTE.search(html)
    assert found is not None
    return found[1]


def test_the_evidence_are_spans_of_the_text_and_sum_to_the_score(cast: Cast) -> None:
    told = coding(cast, write(cast))
    expected = load_coder().code([TEXT], explain=True)[0]
    given = (expected.sentiment, expected.confidence, expected.label)
    assert (told["sentiment"], told["confidence"], told["label"]) == given
    assert told["emotions"] == dict(expected.emotions)
    assert all(TEXT[one["start"] : one["end"]] == one["text"] for one in told["evidence"])
    assert {one["rule"] for one in told["evidence"]} >= {"characters", "before_contrast"}
    assert sum(one["contribution"] for one in told["evidence"]) == pytest.approx(told["sentiment"], abs=1e-6)
    reading = {"model_version": load_coder().version, "sentiment": told["sentiment"], "slow": False}
    assert told["explained_by"] == reading


def test_every_stored_version_is_told_and_which_one_is_in_force(cast: Cast) -> None:
    statement = write(cast)
    lexicon = load_coder("lexicon")
    with cast.store.write() as session:
        codings.store(session, codings.coding_rows(cast.study_id, lexicon, [(statement, TEXT)]))
    told = coding(cast, statement)
    in_force = {one["model_version"]: one["in_force"] for one in told["versions"]}
    assert in_force == {load_coder().version: True, lexicon.version: False}
    other = next(one for one in told["versions"] if not one["in_force"])
    assert other["sentiment"] == pytest.approx(lexicon.code([TEXT])[0].sentiment, abs=1 / MICRO)
    html = page(cast, statement)
    assert lexicon.version in html
    assert html.count("现在用的</span>") == 1


def test_a_score_of_another_version_is_said_to_differ(cast: Cast) -> None:
    statement = write(cast)
    assert "两者可能对不上" not in page(cast, statement)
    with cast.store.write() as session:
        session.execute(update(MachineCoding).values(model_version="default-0+old", sentiment_micro=-990_000))
        session.execute(update(Statement).values(model_version="default-0+old", sentiment_micro=-990_000))
    told = coding(cast, statement)
    assert (told["model_version"], told["sentiment"]) == ("default-0+old", -0.99)
    assert told["explained_by"]["model_version"] == load_coder().version
    total = sum(one["contribution"] for one in told["evidence"])
    assert total == pytest.approx(told["explained_by"]["sentiment"], abs=1e-6)
    html = page(cast, statement)
    assert "两者可能对不上" in html
    assert "−0.99" in html


def test_the_page_shows_the_text_as_it_is_with_words_marked_in_it(cast: Cast) -> None:
    html = page(cast, write(cast))
    blockquote = quoted(html)
    assert unescape(TAG.sub("", blockquote)) == TEXT
    marked = {unescape(TAG.sub("", one)) for one in re.findall(r"<mark.*?</mark>", blockquote, re.DOTALL)}
    assert marked & {"肿得厉害", "肿得厉害😢"}
    assert re.search(r'<mark class="low s[123]"[^>]*title="−0\.\d\d 转折之后', blockquote)
    assert "“但是”之后的话更要紧" in html


def test_a_text_is_escaped_wherever_it_stands(cast: Cast) -> None:
    text = "<script>alert(1)</script>疼得要命&amp;"
    html = page(cast, write(cast, text))
    assert "<script>alert" not in html
    assert unescape(TAG.sub("", quoted(html))) == text


def test_risk_cues_are_marked_and_said_to_be_no_diagnosis(cast: Cast) -> None:
    statement = write(cast, RISKY)
    told = coding(cast, statement)
    assert {one["kind"] for one in told["risk"]} == {"emergency", "self_harm"}
    assert all(RISKY[one["start"] : one["end"]] == one["text"] for one in told["risk"])
    html = page(cast, statement)
    assert "不是诊断" in html
    assert 'class="cue"' in quoted(html)
    assert "不是诊断" not in page(cast, write(cast, "今天很好"))


def test_a_cue_that_only_the_coding_in_force_had_is_still_shown(cast: Cast) -> None:
    statement = write(cast, "今天很好")
    with cast.store.write() as session:
        session.execute(update(MachineCoding).values(risk=[{"kind": "emergency", "start": 0, "end": 2}]))
    assert coding(cast, statement)["risk"] == [{"kind": "emergency", "start": 0, "end": 2, "text": "今天"}]
    assert "不是诊断" in page(cast, statement)


def test_another_studys_and_an_edited_statement_are_the_same_404_as_none(cast: Cast) -> None:
    entry_id = uuid4()
    assert cast.put(cast.entry(TEXT), entry_id).status_code == 201
    old = cast.get(f"/entries/{entry_id}").json()["statements"][0]["id"]
    assert cast.put(cast.entry("改过了，好多了"), entry_id, if_match="*").status_code == 200
    made = {"title": "别的研究", "slug": "other", "template": "dental_implant"}
    assert cast.client.post("/api/v1/studies", json=made, headers=cast.headers["stranger"]).status_code == 201
    current = cast.get(f"/entries/{entry_id}").json()["statements"][0]["id"]
    assert cast.get(f"/statements/{current}/coding").status_code == 200
    absent = cast.get(f"/statements/{uuid4()}/coding")
    elsewhere = cast.client.get(f"/api/v1/studies/other/statements/{current}/coding", headers=cast.headers["stranger"])
    for answered in (cast.get(f"/statements/{old}/coding"), elsewhere):
        assert (answered.status_code, answered.content) == (404, absent.content)
    sign_in(cast.client, "owner", PASSWORD)
    pages = [cast.client.get(f"/studies/{SLUG}/statements/{one}") for one in (old, uuid4())]
    assert [one.status_code for one in pages] == [404, 404]


def test_only_those_who_may_read_text_see_it(cast: Cast) -> None:
    statement = write(cast)
    path = f"/statements/{statement}/coding"
    answers = [cast.get(path, who=who).status_code for who in ("owner", "teammate", "viewer", "stranger")]
    assert answers == [200, 200, 403, 404]
    curves_only = cast.key("owner", "curves:read")
    refused = cast.client.get(f"/api/v1/studies/{SLUG}{path}", headers=curves_only)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    for who, expected in (("viewer", 403), ("stranger", 404)):
        cast.client.cookies.clear()
        sign_in(cast.client, who, PASSWORD)
        assert cast.client.get(f"/studies/{SLUG}/statements/{statement}").status_code == expected


def test_care_staff_see_statements_of_those_who_agreed(cast: Cast) -> None:
    with cast.store.write() as session:
        carer = accounts.create_user(session, "carer", "Carer", PASSWORD)
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        membership.set_role(session, owner, cast.study_id, "carer", "care")
        _, token = accounts.create_api_key(session, cast.keyring, carer.id, "test", list(SCOPES))
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        participants.give_consent(session, "user:test", person, ["diary", "care"], version=1, method="paper")
    cast.headers["carer"] = {"Authorization": f"Bearer {token}"}
    agreed, not_agreed = write(cast), write(cast, participant="P02")
    assert coding(cast, agreed, who="carer")["text"] == TEXT
    hidden = cast.get(f"/statements/{not_agreed}/coding", who="carer")
    assert (hidden.status_code, hidden.content) == (404, cast.get(f"/statements/{uuid4()}/coding", who="carer").content)


def test_quotes_lead_to_the_page(cast: Cast) -> None:
    statement = write(cast)
    sign_in(cast.client, "owner", PASSWORD)
    html = cast.client.get(f"/studies/{SLUG}/quotes?key=recovery").text
    assert f'href="/studies/{SLUG}/statements/{statement}"' in html


def test_the_page_speaks_english_too(cast: Cast) -> None:
    html = page(cast, write(cast, RISKY), "?lang=en")
    assert "no diagnosis" in html
    chinese = re.sub(r'<(\w+)[^>]* lang="zh-CN".*?</\1>|<a [^>]*>中文</a>', "", html, flags=re.DOTALL)
    assert not re.search("为什么|分数|情绪|把握|字面", chinese)


@pytest.fixture
def slow_study(cast: Cast, slow_coder: PutCoder) -> UUID:
    """A statement of a study that has chosen the slow coder, which has not read it yet."""
    with cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        study.coder, study.coder_version, study.protocol_revision = NAME, VERSION, study.protocol_revision + 1
    return write(cast)


class Counted(SlowCoder):
    """Counts the texts that it is asked for."""

    read: ClassVar[list[str]] = []

    def code(self, texts: Any, *, explain: bool = False) -> list[Coding]:
        self.read.extend(texts)
        return super().code(texts, explain=explain)


def test_a_slow_coder_explains_only_when_it_is_asked(cast: Cast, slow_study: UUID, slow_coder: PutCoder) -> None:
    slow_coder(Counted)
    Counted.read.clear()
    told = coding(cast, slow_study)
    html = page(cast, slow_study)
    assert (told["explained_by"]["model_version"], told["waiting"]) == (load_coder().version, True)
    assert "用慢编码器解释" in html
    assert "慢编码器还没有读到这一条" in html
    assert Counted.read == []
    asked = cast.get(f"/statements/{slow_study}/coding?reading=slow").json()
    assert asked["explained_by"]["model_version"] == VERSION
    assert asked["explained_by"]["slow"]
    assert {one["rule"] for one in asked["evidence"]}.isdisjoint(BROAD)
    slowly = page(cast, slow_study, "?reading=slow")
    assert "用快编码器解释" in slowly
    assert f"由慢编码器 {VERSION} 解释" in slowly
    assert Counted.read == [TEXT, TEXT]


def test_without_its_model_the_page_explains_quickly_and_the_api_says_so(
    cast: Cast, slow_study: UUID, slow_coder: PutCoder
) -> None:
    slow_coder(missing)
    refused = cast.get(f"/statements/{slow_study}/coding?reading=slow")
    assert (refused.status_code, refused.json()["code"]) == (503, "coder_unavailable")
    html = page(cast, slow_study, "?reading=slow")
    assert "先看快编码器的解释" in html
    assert load_coder().version in html


def test_a_slow_coder_explains_one_text_at_a_time(cast: Cast, slow_study: UUID, slow_coder: PutCoder) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Stalled(SlowCoder):
        def code(self, texts: Any, *, explain: bool = False) -> list[Coding]:
            begun.set()
            assert go_on.wait(20)
            return super().code(texts, explain=explain)

    slow_coder(Stalled)
    with cast.store.read() as session:
        study = session.get_one(Study, cast.study_id)
        choice = explaining.look(session, everyone(cast.study_id), study, slow_study).choice
    first = threading.Thread(target=explaining.explain, args=(choice, TEXT), kwargs={"slowly": True})
    first.start()
    try:
        assert begun.wait(20)
        refused = cast.get(f"/statements/{slow_study}/coding?reading=slow")
        assert (refused.status_code, refused.json()["code"]) == (503, "coder_busy")
        assert coding(cast, slow_study)["explained_by"]["model_version"] == load_coder().version
    finally:
        go_on.set()
        first.join()
    assert cast.get(f"/statements/{slow_study}/coding?reading=slow").status_code == 200


def test_every_rule_cue_and_emotion_of_the_coders_has_a_name() -> None:
    assert set(RULES) == {*ACTING, *BROAD}
    assert set(EMOTION_NAMES) == set(EMOTIONS)
    assert set(CUES) == {"self_harm", "emergency"}


def test_a_long_text_lists_the_strongest_and_sums_the_others() -> None:
    text = "夜里疼，护士好，" * 250
    evidence = load_coder().code([text], explain=True)[0].evidence
    found = explaining.reasons_of(text, evidence)
    assert len(found.listed) <= explaining.MOST_REASONS
    assert len(found.listed) + found.rest_count == len(evidence)
    total = sum(one.contribution for one in found.listed) + found.rest
    assert total == pytest.approx(sum(one.contribution for one in evidence))
    sizes = [abs(one.contribution) for one in found.listed]
    assert sizes == sorted(sizes, reverse=True)


spans = st.tuples(st.integers(0, 29), st.integers(1, 12), st.floats(-1, 1), st.sampled_from(["word", "characters"]))


@given(
    text=st.text("疼好😢a，。", min_size=1, max_size=30),
    given_spans=st.lists(spans, max_size=8),
    cues=st.lists(spans, max_size=4),
)
def test_passages_join_to_the_text_whatever_the_spans(text: str, given_spans: Any, cues: Any) -> None:
    kept = [
        (start, min(start + size, len(text)), value, rule)
        for start, size, value, rule in given_spans
        if start < len(text)
    ]
    evidence = [Evidence(start, end, text[start:end], value, rule) for start, end, value, rule in kept]
    marked = [
        Cue("emergency", start, min(start + size, len(text)), "") for start, size, _, _ in cues if start < len(text)
    ]
    passages = passages_of(text, evidence, marked)
    pieces = [piece for passage in passages for stretch in passage.stretches for piece in stretch.pieces]
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    in_words = {place for one in evidence if one.rule == "word" for place in range(one.start, one.end)}
    assert {place for piece in pieces if piece.word for place in range(piece.start, piece.end)} == in_words
    in_cues = {place for cue in marked for place in range(cue.start, cue.end)}
    assert {place for piece in pieces if piece.cues for place in range(piece.start, piece.end)} == in_cues
    opened = [piece.word.number for piece in pieces if piece.word and piece.opens]
    assert opened == sorted(set(opened))
