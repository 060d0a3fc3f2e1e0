"""A run in a file: what is needed to go on from it, and a fingerprint of what it is of."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jax
import numpy as np

from .._files import replacing, write_arrays
from ._run import Run

__all__ = ["fingerprint", "load", "save"]

# How far a run has come; the rest of it is known where it is begun.
SAVED = ("state", "best", "losses", "best_loss", "waited", "failed")


def fingerprint(begun: Run) -> str:
    """Tells runs apart: all that the parameters after a step, and the last one, depend on."""
    # Which rows are held out is seen from themselves, and a run may be made longer.
    settings = replace(begun.settings, max_iter=0, validation_fraction=0.0)
    digest = hashlib.sha256(repr(settings).encode())
    for leaf in jax.tree.leaves((begun.data, begun.held_out, begun.state)):
        digest.update(repr(np.shape(leaf)).encode() + np.asarray(leaf).tobytes())
    return digest.hexdigest()


def save(path, run: Run, mark):
    """Write a checkpoint with a fingerprint, whole or not at all."""
    with replacing(path) as file:
        write_arrays(file, {"fingerprint": mark, **_named_leaves(run)})


def load(path, begun: Run, mark) -> Run:
    """The run at its last checkpoint.

    Raises
    ------
    ValueError
        If the file is of another run, or no checkpoint.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            same = str(file["fingerprint"]) == mark
            found = [file[name] for name in _named_leaves(begun)] if same else []
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"The file {str(path)!r} is not a checkpoint of a training run."
        ) from error
    if not same:
        raise ValueError(
            f"The checkpoint {str(path)!r} is of other data or parameters; remove it, or name "
            "another, to train anew."
        )
    saved = jax.tree.unflatten(jax.tree.structure(_saved(begun)), found)
    for name in ("best_loss", "waited", "failed"):
        saved[name] = saved[name].item()
    return replace(begun, **saved)


def _saved(run):
    return {name: getattr(run, name) for name in SAVED}


def _named_leaves(run) -> dict[str, Any]:
    """Arrays by their place in the tree, as "state/params/body/0/weight" or "losses"."""
    name = partial(jax.tree_util.keystr, simple=True, separator="/")
    leaves, _ = jax.tree_util.tree_flatten_with_path(_saved(run))
    return {name(path): np.asarray(leaf) for path, leaf in leaves}
