"""Any classification model from a folder: one that is made here, and folders in which something is missing or wrong."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx import save as save_model
from tokenizers import Tokenizer, models, pre_tokenizers, processors

import nlp.coders.transformer as transformer_module
import nlp.loading
from nlp import (
    ModelFolderError,
    ModelUnavailableError,
    UnknownCoderError,
    available_coders,
    configure,
    is_slow,
    load_coder,
)
from nlp.coders.transformer import MOST_WINDOWS, TransformerCoder

WORDS = ("[UNK]", "[CLS]", "[SEP]", "好", "疼", "怕", "开", "心", "，")
LOGITS = {"好": (-2.0, 2.0), "疼": (2.0, -2.0), "怕": (3.0, -3.0), "开": (-1.0, 1.0), "心": (-1.0, 1.0)}
FOREIGN = {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"好": 99}, "unk_token": "好"}}
LABELS = {"0": "negative", "1": "positive"}


def write_tokenizer(folder: Path) -> None:
    """One piece a character, between marks."""
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(folder / "tokenizer.json"))


def write_model(path: Path, *, outputs: int = 2, inputs: tuple[str, ...] = ("input_ids", "attention_mask")) -> None:
    """A row of logits for each piece; a text has the mean of them over what the mask shows."""
    table = np.zeros((len(WORDS), outputs), np.float32)
    for word, logits in LOGITS.items():
        table[WORDS.index(word), :2] = logits
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", [inputs[1] if len(inputs) > 1 else "input_ids"], ["shown"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["shown", "last"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["kept"]),
        helper.make_node("ReduceMean", ["kept", "middle"], ["logits"], keepdims=0),
    ]
    constants: dict[str, NDArray[Any]] = {
        "table": table,
        "last": np.array([-1], np.int64),
        "middle": np.array([1], np.int64),
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "pieces"]) for name in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", outputs])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    path.parent.mkdir(exist_ok=True)
    save_model(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)]), path)


def write_config(folder: Path, **fields: object) -> None:
    (folder / "config.json").write_text(json.dumps({"id2label": LABELS, "max_position_embeddings": 12, **fields}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tokenizer(tmp_path)
    write_model(tmp_path / "model.onnx")
    write_config(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def coder(tmp_path_factory: pytest.TempPathFactory) -> TransformerCoder:
    made = tmp_path_factory.mktemp("model")
    write_tokenizer(made)
    write_model(made / "model.onnx")
    write_config(made)
    return TransformerCoder(made)


@pytest.fixture
def unconfigured() -> Iterator[None]:
    yield
    configure(cache_folder=None, transformer_folder=None)


def test_a_score_is_what_the_labels_are_worth(coder: TransformerCoder) -> None:
    good, bad, mixed = coder.code(["好", "疼", "，"])
    # The mean of (-2, 2) and two marks without logits: the odds are those of 4 / 3.
    assert good.sentiment == pytest.approx(np.tanh(2 / 3), abs=1e-4)
    assert good.confidence == pytest.approx(1 / (1 + np.exp(-4 / 3)), abs=1e-4)
    assert (good.label, bad.label, mixed.label) == ("positive", "negative", "neutral")
    assert bad.sentiment == -good.sentiment
    assert good.emotions == {}


def test_labels_say_what_they_are_worth(folder: Path) -> None:
    for labels, values in (
        (("LABEL_0", "LABEL_1", "LABEL_2"), (-1, 0, 1)),
        (("Neutral", "Positive", "Negative"), (0, 1, -1)),
        (("1 star", "2 stars", "3 stars", "4 stars", "5 stars"), (-1, -0.5, 0, 0.5, 1)),
        (("Very Negative", "Negative", "Neutral", "Positive", "Very Positive"), (-1, -0.5, 0, 0.5, 1)),
        (("差评", "好评"), (-1, 1)),
    ):
        write_model(folder / "model.onnx", outputs=len(labels))
        write_config(folder, id2label={str(index): label for index, label in enumerate(labels)})
        found = TransformerCoder(folder).code(["怕"])[0]
        likely = np.exp(np.array([1.0, -1.0] + [0.0] * (len(labels) - 2)))
        assert found.sentiment == pytest.approx(float(likely / likely.sum() @ np.array(values)), abs=1e-4)


def test_a_file_says_what_other_labels_are_worth(folder: Path) -> None:
    write_config(folder, id2label={"0": "恐惧", "1": "joy"})
    (folder / "xinlu.json").write_text(json.dumps({"sentiment": {"恐惧": -0.5, "joy": 1}, "emotions": {"joy": "喜悦"}}))
    afraid, glad = TransformerCoder(folder).code(["怕怕怕", "好好好"])
    assert afraid.sentiment < -0.3
    assert set(afraid.emotions) == {"恐惧"}
    assert set(glad.emotions) == {"喜悦"}


def test_a_long_text_is_read_in_windows(coder: TransformerCoder) -> None:
    assert coder.code(["好" * 100])[0].sentiment > 0.9
    halves = coder.code(["好" * 50 + "疼" * 50])[0].sentiment
    assert abs(halves) < 0.1
    assert coder.code(["好" * 100_000])[0].sentiment > 0.9


def test_of_a_very_long_text_so_many_windows_are_read(coder: TransformerCoder) -> None:
    assert len(list(coder._windows("好" * 5_000))) == MOST_WINDOWS
    assert all(len(ids) <= 12 for ids in coder._windows("好" * 5_000))


def test_a_coding_does_not_depend_on_its_batch(coder: TransformerCoder) -> None:
    texts = ["好", "疼，但好", "", "开心" * 40, "😀", "\ud800", "大出血"]
    alone = [coder.code([text], explain=True)[0] for text in texts]
    assert coder.code(texts, explain=True) == alone
    assert coder.code(texts[::-1], explain=True) == alone[::-1]
    assert coder.code([]) == []
    assert alone[-1].risk
    assert [span.rule for span in alone[0].evidence] == ["model"]
    assert coder.code(["好"])[0].evidence == ()


@given(text=st.text(st.characters(codec=None, exclude_categories=()), max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
def test_any_text_gets_a_valid_coding(coder: TransformerCoder, text: str) -> None:
    coding = coder.code([text], explain=True)[0]
    assert -1 <= coding.sentiment <= 1
    assert 0 <= coding.confidence <= 1
    assert sum(span.contribution for span in coding.evidence) == coding.sentiment


def test_every_file_counts_in_the_version(folder: Path) -> None:
    versions = {TransformerCoder(folder).version}
    write_config(folder, note="changed")
    versions.add(TransformerCoder(folder).version)
    (folder / "xinlu.json").write_text("{}")
    versions.add(TransformerCoder(folder).version)
    (folder / "model.onnx_data").write_bytes(b"weights beside the graph")
    versions.add(TransformerCoder(folder).version)
    shutil.copytree(folder, folder / "same")
    assert len(versions) == 4
    assert TransformerCoder(folder / "same").version in versions


def drop(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def put(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def config(**fields: object) -> Callable[[Path], None]:
    return lambda folder: write_config(folder, **fields)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (drop("model.onnx"), "model.onnx: missing: export"),
        (drop("tokenizer.json"), "tokenizer.json: missing"),
        (drop("config.json"), "config.json: missing"),
        (put("model.onnx", "no model"), "model.onnx: no ONNX model"),
        (put("tokenizer.json", "{}"), "tokenizer.json: no tokenizer"),
        (put("config.json", "{"), "config.json: no JSON"),
        (put("config.json", "[]"), "config.json: no JSON object"),
        (config(id2label={"0": "positive"}), "config.json: `id2label`"),
        (config(id2label={"0": "positive", "2": "negative"}), "config.json: `id2label`"),
        (config(id2label={"0": "cat", "1": "dog"}), "xinlu.json: missing: what cat, dog say"),
        (config(id2label={"0": "positive", "1": "正面"}), "xinlu.json: missing"),
        (config(id2label={"0": "negative", "1": "neutral", "2": "positive"}), "model.onnx: gives no 3 outputs"),
        (config(max_position_embeddings="long"), "config.json: `max_position_embeddings`"),
        (put("xinlu.json", '{"sentiment": {"negative": -1}}'), "xinlu.json: `sentiment` must give"),
        (put("xinlu.json", '{"sentiment": {"negative": -1, "positive": 2}}'), "xinlu.json: `sentiment` must give"),
        (put("xinlu.json", '{"emotions": {"positive": "joy"}}'), "xinlu.json: `emotions` must give"),
        (
            lambda folder: write_model(folder / "model.onnx", inputs=("input_ids", "pixels")),
            "model.onnx: takes input_ids, pixels",
        ),
        (put("tokenizer.json", json.dumps(FOREIGN)), "model.onnx: cannot code a text with this tokenizer"),
    ],
)
def test_what_is_missing_or_wrong_is_named(folder: Path, harm: Callable[[Path], object], said: str) -> None:
    harm(folder)
    with pytest.raises(ModelFolderError) as caught:
        TransformerCoder(folder)
    assert str(caught.value).startswith(said)
    assert said.startswith(f"{caught.value.file}:")


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="none: no such folder"):
        TransformerCoder(tmp_path / "none")


def test_a_model_may_lie_in_its_own_folder(folder: Path) -> None:
    write_model(folder / "onnx" / "model.onnx")
    (folder / "model.onnx").unlink()
    assert TransformerCoder(folder).code(["好"])[0].label == "positive"


def test_models_of_the_roberta_family_have_two_positions_less(folder: Path) -> None:
    write_config(folder, model_type="xlm-roberta")
    assert max(map(len, TransformerCoder(folder)._windows("好" * 50))) == 10


@pytest.mark.usefixtures("unconfigured")
def test_it_is_loaded_by_name_where_a_folder_is_configured(folder: Path) -> None:
    assert is_slow("transformer")
    assert "transformer" not in available_coders()
    with pytest.raises(ModelUnavailableError, match="no folder is configured"):
        load_coder("transformer")
    configure(cache_folder=None, transformer_folder=folder)
    assert "transformer" in available_coders()
    assert load_coder("transformer").code(["好"])[0].label == "positive"


@pytest.mark.usefixtures("unconfigured")
def test_without_its_extra_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(cache_folder=None, transformer_folder=folder)

    def nothing(module: str) -> None:
        raise ModuleNotFoundError(module)

    monkeypatch.setattr(transformer_module, "import_module", nothing)
    monkeypatch.setattr(nlp.loading, "find_spec", lambda _: None)
    assert "transformer" not in available_coders()
    with pytest.raises(ModelUnavailableError, match="install the extra `transformer`"):
        TransformerCoder(folder)


def test_an_unknown_name_is_still_unknown() -> None:
    with pytest.raises(UnknownCoderError):
        load_coder("bert")
