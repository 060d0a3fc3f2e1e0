"""Files that a report is written to, by their names: pages, numbers or text."""

from pathlib import Path

from .._files import write_text

__all__ = ["SUFFIXES", "write_report"]

SUFFIXES = (".html", ".json", ".txt")


def write_report(found, path):
    """Write what has `to_html` and `to_json` and prints, whole or not at all."""
    suffix = Path(path).suffix.lower()
    if suffix == ".txt":
        write_text(path, f"{found}\n")
    else:
        (found.to_html if suffix == ".html" else found.to_json)(path)
