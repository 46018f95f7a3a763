"""The encoder in PyTorch, written out: frozen base matrices, thin trainable ones beside each, a linear head.

Nothing here is imported where texts are coded; needs the extra `train`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nlp.encoder.base import Base
from nlp.encoder.deltas import OUTPUTS, Deltas, matrix_names

RANK: Final = 16
STRENGTH: Final = 2.0
"""What the product of the thin matrices is multiplied by while training; it is folded in when they are stored."""

Tensor = Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts of like length: `ids` (texts, tokens) with marks, padded; `real` (texts, tokens) False where padded."""

    ids: NDArray[np.int64]
    real: NDArray[np.bool_]


class Network:
    """`weights` are trained, everything else is the base's and stays as it is."""

    def __init__(self, base: Base, seed: int) -> None:
        self._base = base
        self._shape = base.shape
        self._frozen: dict[str, Tensor] = dict(self._read())
        self.weights: dict[str, Tensor] = dict(self._fresh(torch.Generator().manual_seed(seed)))

    def _read(self) -> Iterator[tuple[str, Tensor]]:
        for name, outputs, _ in matrix_names(self._shape):
            yield f"{name}.w", torch.from_numpy(self._base.matrix(f"{name}.w", outputs))
            yield f"{name}.b", torch.from_numpy(self._base.tensor(f"{name}.b"))
        norms = [
            f"l{layer}.{norm}.{part}" for layer in range(self._shape.layers) for norm in ("aln", "oln") for part in "wb"
        ]
        for name in (*norms, "emb.ln.w", "emb.ln.b"):
            yield name, torch.from_numpy(self._base.tensor(name))

    def _fresh(self, chance: Any) -> Iterator[tuple[str, Tensor]]:
        for name, outputs, inputs in matrix_names(self._shape):
            down = torch.randn(RANK, inputs, generator=chance) / inputs**0.5
            yield f"{name}.down", down.requires_grad_()
            yield f"{name}.up", torch.zeros(outputs, RANK).requires_grad_()
        head = torch.randn(OUTPUTS, self._shape.hidden, generator=chance) * 0.02
        yield "head", head.requires_grad_()
        yield "bias", torch.zeros(OUTPUTS).requires_grad_()

    def outputs(self, batch: Batch) -> Tensor:
        """(texts, OUTPUTS): the head on the mean over the tokens of a text, before tanh and logistic."""
        states = self._embedded(batch.ids)
        real = torch.from_numpy(batch.real)
        for layer in range(self._shape.layers):
            states = self._layer(f"l{layer}", states, real[:, None, None, :])
        share = real / real.sum(dim=1, keepdim=True)
        return functional.linear(
            (states.float() * share[:, :, None]).sum(dim=1), self.weights["head"], self.weights["bias"]
        )

    def _embedded(self, ids: NDArray[np.int64]) -> Tensor:
        hidden = self._shape.hidden
        places = self._base.tensor("emb.pos").reshape(-1, hidden)[: ids.shape[1]]
        words = self._base.words(ids) + places + self._base.tensor("emb.type")[:hidden]
        return self._norm("emb.ln", torch.from_numpy(words))

    def _layer(self, name: str, states: Tensor, real: Tensor) -> Tensor:
        texts, size, hidden = states.shape
        heads = [
            self._dense(f"{name}.{part}", states).view(texts, size, self._shape.heads, -1).transpose(1, 2)
            for part in "qkv"
        ]
        seen = (
            functional.scaled_dot_product_attention(*heads, attn_mask=real).transpose(1, 2).reshape(texts, size, hidden)
        )
        states = self._norm(f"{name}.aln", states + self._dense(f"{name}.ao", seen))
        inner = functional.gelu(self._dense(f"{name}.fi", states))
        return self._norm(f"{name}.oln", states + self._dense(f"{name}.fo", inner))

    def _dense(self, name: str, states: Tensor) -> Tensor:
        straight = functional.linear(states, self._frozen[f"{name}.w"], self._frozen[f"{name}.b"])
        thin = functional.linear(states, self.weights[f"{name}.down"] * STRENGTH)
        return straight + functional.linear(thin, self.weights[f"{name}.up"])

    def _norm(self, name: str, states: Tensor) -> Tensor:
        scale, shift = self._frozen[f"{name}.w"], self._frozen[f"{name}.b"]
        return functional.layer_norm(states.float(), (self._shape.hidden,), scale, shift, self._shape.epsilon)

    def deltas(self) -> Deltas:
        """What has been learnt so far, as it is stored."""
        numbers = {name: weight.detach().numpy() for name, weight in self.weights.items()}
        down = {
            name[:-5]: (value * STRENGTH).astype(np.float16)
            for name, value in numbers.items()
            if name.endswith(".down")
        }
        up = {name[:-3]: value.astype(np.float16) for name, value in numbers.items() if name.endswith(".up")}
        return Deltas(down, up, numbers["head"].copy(), numbers["bias"].copy())
