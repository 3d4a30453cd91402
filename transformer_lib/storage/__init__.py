"""What is kept in files: tensors, a model with its vocabularies, a training run that can go on.

files
    Tensors and text in one safetensors file, written whole or not at all; a folder that one run holds.
checkpoint
    A model, or a whole training run, to and from one file.
model_file
    A trained translation model as one file: weights, configuration and both vocabularies.
"""

from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.storage.model_file import TrainedModel, read_model, write_model

__all__ = ["TrainedModel", "checksum", "read_model", "read_tensors", "write_model"]
