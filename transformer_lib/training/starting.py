"""Going on from a trained model: its weights are where training starts, and new words join its embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from transformer_lib.storage.checkpoint import load_model, model_tensors
from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.storage.model_file import model_path, read_model, read_writer
from transformer_lib.text import Subwords, Words
from transformer_lib.training.data import Data

FREE = {"src_vocab_size", "tgt_vocab_size", "dropout"}  # what may be another than in the file


class Start(NamedTuple):
    """A trained model to go on from: its file, configuration, weights and words."""

    path: Path
    config: dict[str, Any]
    tensors: dict[str, Tensor]
    source: Words
    target: Words
    checksum: str

    def subwords(self) -> tuple[Subwords, Subwords]:
        """Its subwords, by which text is cut.

        Raises:
            ValueError: if it has whole words.
        """
        if isinstance(self.source, Subwords) and isinstance(self.target, Subwords):
            return self.source, self.target
        raise ValueError(f"{self.path} has whole words, and text of --data is cut into subwords")


def read_start(path: Path | str, language: bool = False) -> Start:
    """Read the model file, or the folder of a run, to go on from.

    Args:
        path: the file or folder.
        language: whether it is a language model.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is damaged or holds something else.
    """
    path = model_path(path)
    if language:
        writer = read_writer(path)
        model, source, target = writer.model, writer.words, writer.words
    else:
        found = read_model(path)
        model, source, target = found.model, found.source, found.target
    tensors = {name: tensor.detach() for name, tensor in model_tensors(model).items()}
    return Start(path, model.config.as_dict(), tensors, source, target, checksum(*read_tensors(path)))


def begin(model: nn.Module, config: dict[str, Any], data: Data, start: Start) -> None:
    """Give a fresh model the weights of a trained one; a word that this did not have keeps its fresh row.

    Rows of the embeddings move with their words, whose ids may be others now.

    Args:
        model: of the same sizes, but for its vocabularies.
        config: its configuration.
        data: whose vocabularies the model has.
        start: where to begin.

    Raises:
        ValueError: if the models differ in a size or a kind, or one has words and the other subwords, or the vocabulary
            lacks words of the trained model.
    """
    for name in config.keys() - FREE:
        if config[name] != start.config.get(name):
            raise ValueError(
                f"{start.path} cannot be gone on from: {name} is {start.config.get(name)} there and {config[name]} here"
            )
    fresh = {name: tensor.detach() for name, tensor in model_tensors(model).items()}
    if fresh.keys() != start.tensors.keys():
        raise ValueError(f"{start.path} cannot be gone on from: it ties other matrices together")
    sides = {"source": (start.source, data.source), "target": (start.target, data.target)}
    places = {side: _places(*words, start.path) for side, words in sides.items()}
    tensors = {}
    for name, tensor in start.tensors.items():
        side = _side(name)
        tensors[name] = tensor
        if side:
            tensors[name] = fresh[name].to("cpu", copy=True)
            tensors[name][places[side]] = tensor
    load_model(model, tensors, start.path)


def _side(name: str) -> str:
    """Whose words the rows of a tensor belong to, if to any."""
    if name.startswith("encoder.embedding.tokens"):
        return "source"
    return "target" if "embedding.tokens" in name or name.startswith("output.") else ""


def _places(there: Words, here: Words, path: Path) -> Tensor:
    """The row here of each row there."""
    if isinstance(there, Subwords) or isinstance(here, Subwords):
        if there.to_json() != here.to_json():
            raise ValueError(f"{path} cannot be gone on from: its subwords are others than those of the data")
        return torch.arange(len(there))
    lacking = [word for word in there.words if word not in here]
    if lacking:
        raise ValueError(
            f"{path} cannot be gone on from: {len(lacking)} of its words are not in the data's vocabulary, "
            f"the first {lacking[0]!r}"
        )
    ids = {word: i for i, word in enumerate(here.words)}
    return torch.tensor([ids[word] for word in there.words])
