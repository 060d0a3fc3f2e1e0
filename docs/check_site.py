"""Does a built site hold together, in a folder, with no server and no network?

``python docs/check_site.py docs/_build/html``: every link within the site leads to a page and a
place that exist, nothing is loaded from elsewhere, formulas are there with what typesets them.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches without being asked to.
LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("img", "srcset"),
}
STYLES = re.compile(r"(?:@import|url\()\s*(?:url\()?['\"]?(?:https?:)?//")


class Page(HTMLParser):
    """Links, loads and places of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.places = [], [], {""}
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.places |= {found[name] for name in ("id", "name") if found.get(name)}
        for name, value in found.items():
            if tag == "link" and name == "href" and found.get("rel") in ("stylesheet", "icon"):
                self.loads.append(value)
            elif (tag, name) in LOADED and value:
                parts = value.split(",") if name == "srcset" else [value]
                self.loads += [part.split()[0] for part in parts]
            elif tag == "a" and name == "href" and value:
                self.links.append(value)


def wrong(root):
    """A sentence for everything that is wrong in the site at this folder."""
    pages = {
        path.resolve(): Page(path)
        for path in sorted(root.rglob("*.html"))
        if "webpack-macros" not in path.name
    }  # a template of the theme's
    for path, page in pages.items():
        here = path.relative_to(root)
        for target in page.loads + page.links:
            parts = urlsplit(target)
            if target.startswith("data:"):
                continue
            if parts.scheme or parts.netloc:
                if target in page.loads:
                    yield f"{here} loads {target}"
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not file.is_file():
                yield f"{here} leads to {target}, which is no file"
            elif file in pages and unquote(parts.fragment) not in pages[file].places:
                yield f"{here} leads to {target}, which is no place there"
        if 'class="math' in page.text and "tex-svg.js" not in page.text:
            yield f"{here} has formulas that nothing typesets"
    for path in sorted(root.rglob("*.css")):
        if STYLES.search(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(root)} loads from elsewhere"
    if not (root / "llms.txt").is_file():
        yield "there is no llms.txt"


def main(folder):
    """Print what is wrong; 1 if anything is."""
    found = list(wrong(Path(folder).resolve()))
    print(
        "\n".join(found) or f"{folder}: links lead somewhere, and nothing is loaded from elsewhere"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
