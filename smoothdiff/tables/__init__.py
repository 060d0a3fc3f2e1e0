"""Tables as people have them: any mix of columns in, the same out."""

from ._columns import KINDS
from ._diffusion import TableDiffusion
from ._frame import Frame, read_frame
from ._schema import Schema

__all__ = ["KINDS", "Frame", "Schema", "TableDiffusion", "read_frame"]
