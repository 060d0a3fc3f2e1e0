"""Frames a second of the explorer while a point is dragged, in Chromium without a window.

50 points, every layer shown; a point goes around in a circle, a step a frame, for as long as
SECONDS. ``drawing_ms`` is what a frame's own drawing takes, of 16.7 ms; the page lowers the detail
of its density until that is below 11 ms. ``frames_per_second`` is what the browser shows, which
draws with the processor here.
"""

import json
import shutil
import subprocess
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np

from ._measure import record

PAGE = Path(__file__).parents[1] / "docs" / "explorer" / "explorer.html"
SECONDS, POINTS = 6, 50

SCRIPT = """<script>(() => {
  const send = (answer) => fetch("/done", { method: "POST", body: JSON.stringify(answer) });
  addEventListener("error", (event) => send({ error: event.message }));
  const { app } = smoothdiff, times = [], drawing = [];
  const points = POINTS, layers = new Set(["cells", "density", "score", "flow", "samples"]);
  app.set({ points, layers });
  const begin = performance.now();
  function step(now) {
    times.push(now);
    const angle = (now - begin) / 500;
    // The page draws in the next frame; after the last one all is drawn at once, and timed.
    app.movePoint(0, [0.6 * Math.cos(angle), 0.6 * Math.sin(angle)]);
    if (now - begin < SECONDS * 1000) return requestAnimationFrame(step);
    for (let i = 0; i < 60; i++) {
      app.movePoint(0, [0.6 * Math.cos(i / 10), 0.6 * Math.sin(i / 10)]);
      drawing.push(app.frame());
    }
    send({ times, drawing });
  }
  requestAnimationFrame(step);
})()</script></body>"""


class _Page(BaseHTTPRequestHandler):
    """The page with the script, and what it sends when it is done."""

    answer, done = None, Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        points = np.random.default_rng(0).uniform(-1, 1, size=(POINTS, 2)).round(3).tolist()
        script = SCRIPT.replace("POINTS", json.dumps(points)).replace("SECONDS", str(SECONDS))
        page = PAGE.read_text("utf-8").replace("</body>", script)
        # The page itself may connect to nothing.
        page = page.replace("default-src 'none'", "default-src 'none'; connect-src 'self'")
        self.wfile.write(page.encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).answer = json.loads(body)
        self.send_response(204)
        self.end_headers()
        self.done.set()

    def log_message(self, *_):
        pass


def main():
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("explorer: left out, there is no chromium or google-chrome")
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    Thread(target=server.serve_forever, daemon=True).start()
    options = "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,700"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        address = f"http://127.0.0.1:{server.server_port}/"
        command = [browser, *options, f"--user-data-dir={profile}", "--remote-debugging-port=0"]
        running = subprocess.Popen([*command, address], stderr=subprocess.DEVNULL)
        told = _Page.done.wait(timeout=60)
        running.terminate()
        running.wait()
    server.shutdown()
    if not told:
        raise SystemExit("The page said nothing within a minute.")
    if "error" in _Page.answer:
        raise SystemExit(f"The page stopped: {_Page.answer['error']}")
    # The first second compiles, and finds the detail that the machine can draw.
    times, drawing = (np.array(_Page.answer[key]) for key in ("times", "drawing"))
    gaps = np.diff(times[times > times[0] + 1000])
    record(
        "explorer",
        {
            "dragging a point": {
                "points": POINTS,
                "frames_per_second": float(1000 / gaps.mean()),
                "slowest_frame_ms": float(gaps.max()),
                "frames_late": float((gaps > 25).mean()),
                "drawing_ms": float(np.median(drawing)),
                "drawing_ms_95": float(np.quantile(drawing, 0.95)),
            }
        },
    )


if __name__ == "__main__":
    main()
