"""Tables as people have them: any mix of columns in, the same out."""

from ._diffusion import TableDiffusion
from ._frame import Frame
from ._schema import Schema

__all__ = ["Frame", "Schema", "TableDiffusion"]
