"""Score matching: fitting a score network to a point cloud.

`fit_network` does it all, from `Settings` and points to a finished `Run`. Within, ``_run`` says
what a run is, ``_loss`` what a step minimizes, ``_loop`` how the steps are taken, ``_checkpoint``
how a run is kept in a file; ``_fit`` joins them.
"""

from ._fit import fit_network
from ._loop import DECAYED
from ._loss import OBJECTIVES
from ._run import Run, Settings, State

__all__ = ["DECAYED", "OBJECTIVES", "Run", "Settings", "State", "fit_network"]
