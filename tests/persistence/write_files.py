"""Write the files of the present version, and what their models give: run once for a version.

    python tests/persistence/write_files.py

Files of earlier versions stay as they are: every later version is held to read them.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # as pytest has it

import saved_models  # noqa: E402

from smoothdiff.persistence import load, save  # noqa: E402
from smoothdiff.persistence._archive import VERSION  # noqa: E402

FILES = HERE / "files"


def main():
    """Write a file for each model, and one of numbers for all."""
    folder = FILES / f"format-{VERSION}"
    folder.mkdir(parents=True)
    given = {}
    for name in saved_models.MODELS:
        save(saved_models.make(name), folder / f"{name}.sdf")
        given[name] = saved_models.given_by(load(folder / f"{name}.sdf"))
    (folder / "given.json").write_text(json.dumps(given, indent=0, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
