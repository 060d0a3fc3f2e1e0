"""Tables as people have them: any mix of columns in, the same out."""

from ._diffusion import TableDiffusion
from ._frame import Frame, read_frame
from ._schema import Schema

__all__ = ["Frame", "Schema", "TableDiffusion", "read_frame"]
