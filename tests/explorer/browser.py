"""A browser without a window, in which a script tries the explorer."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "explorer" / "explorer.html"
NAMES = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-extensions"),
    *("--window-size=1000,700", "--virtual-time-budget=20000", "--dump-dom"),
)


def run(folder, script, link=""):
    """JSON of what a script returns, the body of an async function, in the page at ``?...#...``."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is installed")
    page = folder / "page.html"
    end = f"""<script>(async () => {{
        const answer = await (async () => {{ {script} }})().catch((error) => String(error.stack));
        const shown = Object.assign(document.createElement("pre"), {{ id: "answer" }});
        shown.textContent = JSON.stringify(answer);
        document.body.replaceChildren(shown);
    }})()</script></body>"""
    page.write_text(PAGE.read_text("utf-8").replace("</body>", end), encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [browser, *OPTIONS, profile, page.as_uri() + link],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, f"The page has no answer: {done.stdout[-500:]} {done.stderr[-2000:]}"
    answer = json.loads(html.unescape(found[1]))
    assert not isinstance(answer, str), answer
    return answer
