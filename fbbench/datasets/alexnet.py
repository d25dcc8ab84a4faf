"""AlexNet's convolutional stack with its published ImageNet weights: what turns pictures into features.

The architecture is that of Krizhevsky, arXiv:1404.5997 ("one weird trick"), in the form of torchvision's checkpoint.
torch is imported when a stack is built.
"""

import hashlib

import numpy as np

from ..optional import require
from ..reading import read_npz
from .download import check_file, fetch
from .pictures import load_pillow
from .places import DataUnavailable, find

URL = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
N_BYTES = 244_408_911
CHECKPOINT = "alexnet-owt-7be5be79.pth"
CHECKPOINT_CHECKSUM = "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"
ARRAYS_FILE = "alexnet_features.npz"
SHAPES = {
    "features.0": (64, 3, 11, 11),
    "features.3": (192, 64, 5, 5),
    "features.6": (384, 192, 3, 3),
    "features.8": (256, 384, 3, 3),
    "features.10": (256, 256, 3, 3),
}
"""Weight shapes (out, in, height, width) of the five convolutions, by their names in the checkpoint."""

WEIGHTS_CHECKSUM = "2b566cc3a4d6f0a7343701af22f461f1ac3dcd03a3ac28cce10968a1d3c85fdc"
"""SHA-256 of the ten arrays (float32, C order, weight before bias, in the order above)."""

SIDE = 224
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
CHANNELS = 256


def load_torch():
    """Return torch, imported only when a stack is built."""
    return require("torch", "features need torch", "pictures")


def locate_weights():
    """Return the path of the weights: ``alexnet_features.npz`` or the official checkpoint, downloaded if need be.

    Raises
    ------
    DataUnavailable
        If there is no copy and no network.
    """
    path = find(ARRAYS_FILE, CHECKPOINT)
    if path is not None:
        return path
    try:
        return fetch([URL], CHECKPOINT, check=lambda path: check_file(path, CHECKPOINT_CHECKSUM))
    except DataUnavailable as error:
        raise DataUnavailable(
            f"AlexNet's weights are not on this machine and could not be downloaded ({error}): go online and run "
            f"again, or put {CHECKPOINT} into a folder and set FBBENCH_DATA to that folder"
        ) from None


def read_weights(path):
    """Return the ten arrays (dict of float32) of a checkpoint or an ``.npz``.

    The checkpoint is read by torch with ``weights_only``, the ``.npz`` without pickles: neither can run code.

    Raises
    ------
    ValueError
        If an array is missing or has another shape, or the content is not the official one.
    """
    names = [f"{layer}.{kind}" for layer in SHAPES for kind in ("weight", "bias")]
    try:
        if path.suffix == ".npz":
            found = read_npz(path)
            arrays = {name: found[name] for name in names}
        else:
            check_file(path, CHECKPOINT_CHECKSUM)
            state = load_torch().load(path, map_location="cpu", weights_only=True)
            arrays = {name: state[name].numpy() for name in names}
    except KeyError as error:
        raise ValueError(f"{path} has no array {error}; it must hold AlexNet's {names[0]} .. {names[-1]}") from None
    except (OSError, ImportError):
        raise
    except Exception as error:  # zipfile, torch and numpy each have their own
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} cannot be read ({reason}); delete it or replace it by the original") from None
    for layer, shape in SHAPES.items():
        for name, expected in ((f"{layer}.weight", shape), (f"{layer}.bias", shape[:1])):
            if arrays[name].shape != expected:
                raise ValueError(f"{path}: {name} must have shape {expected}; got {arrays[name].shape}")
    arrays = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}
    found = weights_checksum(arrays)
    if found != WEIGHTS_CHECKSUM:
        raise ValueError(
            f"{path} does not hold AlexNet's official weights (SHA-256 {found[:12]}.., expected "
            f"{WEIGHTS_CHECKSUM[:12]}..); replace it by the original"
        )
    return arrays


def weights_checksum(arrays):
    """Return the SHA-256 of arrays in their order."""
    digest = hashlib.sha256()
    for array in arrays.values():
        digest.update(array.tobytes())
    return digest.hexdigest()


def n_features(last_pool):
    """Return the number of features, given kernel and stride of the last max-pool, which sees 256 x 13 x 13."""
    kernel, stride = last_pool
    return CHANNELS * ((13 - kernel) // stride + 1) ** 2


def build_stack(arrays, last_pool=(3, 2)):
    """Return the stack as a torch module: (N, 3, 224, 224) float32 to (N, 256, side, side).

    Parameters
    ----------
    arrays : dict
        The ten weights and biases.
    last_pool : (int, int)
        Kernel and stride of the last max-pool: (3, 2) gives side 6, 9 216 features; the paper takes (5, 3) for
        Imagenette, which gives side 3, 2 304 features.
    """
    torch = load_torch()
    nn = torch.nn
    stack = nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(*last_pool),
    )  # fmt: skip
    stack.load_state_dict({name.removeprefix("features."): torch.from_numpy(a) for name, a in arrays.items()})
    return stack.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def prepare_picture(picture):
    """Return a PIL picture as the stack's input before normalisation: (224, 224, 3) uint8, aspect ratio not kept."""
    return np.asarray(picture.resize((SIDE, SIDE), load_pillow().Resampling.BILINEAR))


def compute_features(stack, pixels):
    """Return the features of pictures.

    Parameters
    ----------
    stack : module of :func:`build_stack`
    pixels : ndarray (N, 224, 224, 3) of uint8

    Returns
    -------
    ndarray (N, 256 * side * side) of float32, channel by channel
    """
    torch = load_torch()
    with torch.inference_mode():
        x = torch.from_numpy(pixels).float().div_(255)
        x = x.sub_(torch.tensor(MEAN)).div_(torch.tensor(DEVIATION))
        return stack(x.permute(0, 3, 1, 2)).flatten(1).numpy()
