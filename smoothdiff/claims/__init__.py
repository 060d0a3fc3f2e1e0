"""The papers' claims, tried one by one: ``smoothdiff reproduce``.

A claim is a function that computes what the papers say and gives it beside their number
(`_line`, `_plane`, `_networks`); `reproduce` tries them and makes a table, as text, JSON or a page
with the papers' figures. v1 is "On the Interpolation Effect of Score Smoothing", arXiv 2502.19499,
and v2 its revision, "... in Diffusion Models".
"""

from . import _line, _networks, _plane  # noqa: F401  (they register their claims)
from ._claim import CLAIMS, Claim, Outcome, Tried
from ._reproduction import Reproduction, reproduce

__all__ = ["CLAIMS", "Claim", "Outcome", "Reproduction", "Tried", "reproduce"]
