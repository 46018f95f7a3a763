"""The quantised encoder as an ONNX graph, built in memory and run by onnxruntime."""

from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from nlp.encoder.deltas import OUTPUTS
from nlp.encoder.quantised import ACTIVATION_STEPS, DENSE, Quantised

OPSET: Final = 20
IR_VERSION: Final = 9
_ZERO: Final = 128
_CONSTANTS: Final[dict[str, NDArray[Any]]] = {
    "tiny": np.array(1e-12, np.float32),
    "steps": np.array(ACTIVATION_STEPS, np.float32),
    "shift": np.array(_ZERO, np.float32),
    "zero": np.array(_ZERO, np.uint8),
    "last": np.array([-1], np.int64),
    "merged": np.array([0, 0, -1], np.int64),
}


class OnnxEngine:
    """One thread: the application runs several coders beside each other, and sums keep their order."""

    kind: Final = "ort"

    def __init__(self, model: Quantised) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._places = model.arrays["places"]
        self._session = onnxruntime.InferenceSession(
            _Graph(model).built().SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def run(self, words: NDArray[np.float32]) -> NDArray[np.float32]:
        """See Engine."""
        states = words + self._places[: words.shape[1]]
        return np.asarray(self._session.run(["outputs"], {"states": states})[0])


class _Graph:
    """Nodes are appended in the order they run; each method returns the name of what its last node gives."""

    def __init__(self, model: Quantised) -> None:
        self._shape = model.shape
        self._arrays = {name: array for name, array in model.arrays.items() if name != "places"}
        self._nodes: list[NodeProto] = []

    def built(self) -> ModelProto:
        """The whole model, from embeddings with their places added to the head at each token."""
        states = self._norm("emb.ln", "states")
        for layer in range(self._shape.layers):
            states = self._layer(f"l{layer}", states)
        self._add("Add", [self._add("MatMul", [states, "head.w"]), "head.b"], named="outputs")
        heads = np.array([0, 0, 3, self._shape.heads, self._shape.hidden // self._shape.heads], np.int64)
        constants = {**self._arrays, **_CONSTANTS, "heads": heads}
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["texts", "tokens", self._shape.hidden])],
            [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["texts", "tokens", OUTPUTS])],
            [numpy_helper.from_array(array, name) for name, array in constants.items()],
        )
        return helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)])

    def _layer(self, name: str, states: str) -> str:
        seen = self._attended(self._dense(f"{name}.qkv", states))
        states = self._norm(f"{name}.aln", self._add("Add", [states, self._dense(f"{name}.ao", seen)]))
        inner = self._dense(f"{name}.fo", self._add("Gelu", [self._dense(f"{name}.fi", states)]))
        return self._norm(f"{name}.oln", self._add("Add", [states, inner]))

    def _dense(self, name: str, states: str) -> str:
        """Each token in steps of its own, counted with whole numbers, and back."""
        largest = self._add("ReduceMax", [self._add("Abs", [states]), "last"], keepdims=1)
        unit = self._add("Div", [self._add("Max", [largest, "tiny"]), "steps"])
        steps = self._add("Add", [self._add("Round", [self._add("Div", [states, unit])]), "shift"])
        small = self._add("Cast", [steps], to=TensorProto.UINT8)
        counted = self._add("MatMulInteger", [small, f"{name}.w", "zero"])
        real = self._add("Mul", [self._add("Cast", [counted], to=TensorProto.FLOAT), unit])
        return self._add("Add", [self._add("Mul", [real, f"{name}.scale"]), f"{name}.b"])

    def _attended(self, mixed: str) -> str:
        parts = self._add("Transpose", [self._add("Reshape", [mixed, "heads"])], perm=[2, 0, 3, 1, 4])
        query, key, value = (self._picked(parts, index) for index in range(len(DENSE["qkv"])))
        fit = self._add("MatMul", [query, self._add("Transpose", [key], perm=[0, 1, 3, 2])])
        seen = self._add("MatMul", [self._add("Softmax", [fit], axis=-1), value])
        return self._add("Reshape", [self._add("Transpose", [seen], perm=[0, 2, 1, 3]), "merged"])

    def _picked(self, parts: str, index: int) -> str:
        place = f"place{index}"
        self._arrays.setdefault(place, np.array(index, np.int64))
        return self._add("Gather", [parts, place], axis=0)

    def _norm(self, name: str, states: str) -> str:
        return self._add("LayerNormalization", [states, f"{name}.w", f"{name}.b"], axis=-1, epsilon=self._shape.epsilon)

    def _add(self, operator: str, inputs: list[str], *, named: str | None = None, **attributes: Any) -> str:
        given = named or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [given], **attributes))
        return given


ENGINE: Final = OnnxEngine
