"""Files: tensors, a model with its vocabularies, a resumable training run.

files
    Tensors and text in one safetensors file, written atomically; a lock on a run's folder.
checkpoint
    A model, or a whole training run, to and from one file.
rounding
    Weights in fewer bytes.
model_file
    A trained translation model as one file: weights, configuration and both vocabularies.
"""

from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.storage.model_file import TrainedModel, model_path, read_model, write_model

__all__ = ["TrainedModel", "checksum", "model_path", "read_model", "read_tensors", "write_model"]
