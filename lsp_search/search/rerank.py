"""A sentence model of the user's own puts the best results of a search by meaning into order: slower, and optional.

The setting ``search.model`` names a folder with ``model.onnx`` and ``tokenizer.json`` (MiniLM and its like: inputs ``input_ids``,
``attention_mask`` and perhaps ``token_type_ids``, output one vector a token), and the extra ``minilm`` brings what runs it. Nothing is
fetched. A text's vector is the mean over its tokens (as sentence-transformers pools); vectors of texts are remembered, for a text
takes some 10 ms.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lsp_search.model import LspSearchError
from lsp_search.telemetry.spans import spanned

BEST = 50
"""Results that are put into order."""
_TOKENS = 128
"""Of a text; what is beyond says little and costs as much."""
_BATCH = 8
_KEPT = 20_000
"""Vectors that are remembered, 1.5 KB each."""

Vectors = npt.NDArray[np.float32]


class Model:
    """May be used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises LspSearchError: a file or a package is missing, or the model is of another kind."""
        for name in ("model.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise LspSearchError(f"search.model: {folder} has no {name}")
        try:
            import onnxruntime  # noqa: PLC0415 - optional, and slow to load
            import tokenizers  # noqa: PLC0415
        except ImportError as error:
            raise LspSearchError(
                f"search.model needs the extra: pip install 'lsp-search[minilm]' ({error})"
            ) from error
        try:
            self._session: Any = onnxruntime.InferenceSession(str(folder / "model.onnx"))
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both raise types of their own
            raise LspSearchError(f"search.model: {folder} cannot be loaded: {error}") from error
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._known: OrderedDict[bytes, Vectors] = OrderedDict()

    @spanned("model")
    def cosines(self, question: str, texts: Sequence[str], check: Callable[[], None]) -> Vectors:
        """(texts): how near each is to the question. *check*: called between batches."""
        if not texts:
            return np.empty(0, np.float32)
        keys = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
        missing = [place for place, key in enumerate(keys) if key not in self._known]
        for at in range(0, len(missing), _BATCH):
            check()
            places = missing[at : at + _BATCH]
            for place, vector in zip(places, self._encoded([texts[place] for place in places]), strict=True):
                self._known[keys[place]] = vector
        found = np.array([self._known[key] for key in keys], np.float32)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        cosines: Vectors = found @ self._encoded([question])[0]
        return cosines

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        """(texts, dimensions), of length 1."""
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        hidden = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        vectors: Vectors = (pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).astype(np.float32)
        return vectors
