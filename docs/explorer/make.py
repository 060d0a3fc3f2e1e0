"""Join the parts of the explorer into one page that needs nothing else: explorer.html.

Run ``python docs/explorer/make.py`` after a change of a part.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER / "explorer.html"
LINKS = r'<link rel="stylesheet" href="(\w+\.css)">|<script src="(\w+\.js)"></script>'


def joined():
    """The page, with its style and its scripts in it."""

    def inline(link):
        style, script = link.groups()
        tag, text = "style" if style else "script", (FOLDER / (style or script)).read_text("utf-8")
        return f"<{tag}>\n{text}</{tag}>"

    return re.sub(LINKS, inline, (FOLDER / "page.html").read_text("utf-8"))


if __name__ == "__main__":
    PAGE.write_text(joined(), encoding="utf-8")
