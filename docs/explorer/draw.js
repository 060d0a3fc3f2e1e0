// The picture: density and cells as a colored ground, arrows, paths, samples, points, a probe.
const picture = (() => {
  "use strict";

  // Half of the plane that is always seen, in the units of the points.
  const SEEN = { x: 1.45, y: 1.16 };
  // Nats below the highest density that the colors span.
  const NATS = 6;
  // Terms of the density left out in the picture: below exp(-9) of the largest.
  const NEGLIGIBLE = 9;
  const ARROW_EVERY = 34, LONGEST_ARROW = 26, PATHS = 150;

  // Colors by where the flow ends (a point, a segment, a triangle), and of the density alone.
  const THEMES = {
    light: {
      ground: "#ffffff", ink: "#17202e", halo: "#ffffff", edge: "rgba(255,255,255,.75)",
      strong: ["#1f6fbf", "#c96f00", "#14814f"],
      flat: ["#cfe2f5", "#fbdfb8", "#cbe9d6"],
      ramps: [
        ["#f4f8fd", "#bad6f1", "#5da0dd", "#1c5f9f"], ["#fef8ef", "#fbd9a6", "#f0a63f", "#b4690a"],
        ["#f1faf4", "#b5e0c6", "#55b483", "#16704a"], ["#faf9fe", "#d6cff0", "#9683d3", "#4b3496"],
      ],
    },
    dark: {
      ground: "#10141c", ink: "#f2f4f8", halo: "#10141c", edge: "rgba(16,20,28,.7)",
      strong: ["#7ab8f5", "#ffb454", "#6fd6a0"],
      flat: ["#1e3a57", "#4f3a17", "#1b4632"],
      ramps: [
        ["#121a26", "#1d3f63", "#3d86c9", "#b5dbff"], ["#1b1812", "#543b12", "#c48120", "#ffdfa8"],
        ["#111c17", "#1b4c34", "#369c68", "#b4f3cf"], ["#15141f", "#372d66", "#7b66c9", "#d9cdff"],
      ],
    },
  };
  const LEVELS = 256;

  const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

  // A ramp of colors at 256 levels, as the 32-bit pixels of a canvas (little-endian).
  function lookUp(stops) {
    const colors = stops.map(channels), last = colors.length - 1;
    return Uint32Array.from({ length: LEVELS }, (_, i) => {
      const place = (i / (LEVELS - 1)) * last, k = Math.min(Math.floor(place), last - 1);
      const [r, g, b] = colors[k].map((c, j) => Math.round(c + (place - k) * (colors[k + 1][j] - c)));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
  }

  class Picture {
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext("2d");
      this.image = document.createElement("canvas");
      this.setTheme("light");
      this.resize();
    }

    setTheme(name) {
      this.theme = THEMES[name];
      this.ramps = this.theme.ramps.map(lookUp);
    }

    // Take the size of the element; whether it has changed.
    resize() {
      const { clientWidth: width, clientHeight: height } = this.canvas;
      const ratio = window.devicePixelRatio || 1;
      if (this.width === width && this.height === height && this.ratio === ratio) return false;
      Object.assign(this, { width, height, ratio });
      this.canvas.width = Math.max(Math.round(width * ratio), 1);
      this.canvas.height = Math.max(Math.round(height * ratio), 1);
      this.scale = Math.min(width / (2 * SEEN.x), height / (2 * SEEN.y)) || 1;
      return true;
    }

    toScreen([x, y]) {
      return [this.width / 2 + x * this.scale, this.height / 2 - y * this.scale];
    }

    toPlane([px, py]) {
      return [(px - this.width / 2) / this.scale, (this.height / 2 - py) / this.scale];
    }

    // Half the width of a square that holds all that is seen.
    get reach() {
      return Math.max(this.width, this.height) / (2 * this.scale);
    }

    // Draw all. `grain` is the size of the density's pixels; `focus` what the person looks at.
    draw({ layers, points }, derived, { grain, focus }) {
      const { context: c, theme, ratio } = this;
      c.setTransform(ratio, 0, 0, ratio, 0, 0);
      c.fillStyle = theme.ground;
      c.fillRect(0, 0, this.width, this.height);
      if (layers.has("density")) this.drawDensity(derived, layers.has("cells"), grain);
      if (layers.has("cells")) this.drawCells(derived, layers.has("density"));
      if (layers.has("score")) this.drawScore(derived);
      if (layers.has("flow")) this.drawPaths(derived);
      if (layers.has("samples")) this.drawSamples(derived);
      if (focus.path) this.drawFocus(focus.path, derived, layers);
      points.forEach((p, i) => this.drawPoint(p, i === focus.point));
    }

    // The density of one state, size and theme is computed once, unless a finer one is wanted.
    drawDensity(derived, byCell, grain) {
      const { width, height, ramps, image, known } = this;
      const same = known && known.derived === derived && known.byCell === byCell
        && known.ramps === ramps && known.width === width && known.height === height;
      if (!same || known.grain > grain) {
        this.paintDensity(derived, byCell, grain);
        this.known = { derived, byCell, ramps, width, height, grain };
      }
      const size = this.known.grain;
      this.context.drawImage(image, 0, 0, image.width * size, image.height * size);
    }

    paintDensity({ cloud, t0, rho0, rho }, byCell, grain) {
      const { ramps, scale } = this;
      const columns = Math.ceil(this.width / grain), rows = Math.ceil(this.height / grain);
      if (this.values?.length !== columns * rows) {
        this.values = new Float64Array(columns * rows);
        this.dims = new Uint8Array(columns * rows);
        this.pixels = new ImageData(columns, rows);
        Object.assign(this.image, { width: columns, height: rows });
      }
      const { values, dims } = this, cell = new core.Cell(), [left, top] = this.toPlane([0, 0]);
      let highest = -Infinity;
      for (let i = 0, row = 0; row < rows; row++) {
        const y = top - ((row + 0.5) * grain) / scale;
        for (let column = 0; column < columns; column++, i++) {
          core.solve(cloud, left + ((column + 0.5) * grain) / scale, y, rho, cell);
          // Ties beyond the parents are of lines without a width, which no pixel shows.
          const dim = (dims[i] = cell.m - 1);
          const value = (values[i] = core.logDensity(cloud, cell, t0, rho0, rho, dim, NEGLIGIBLE));
          if (value > highest) highest = value;
        }
      }
      const colors = new Uint32Array(this.pixels.data.buffer), steps = (LEVELS - 1) / NATS;
      for (let i = 0; i < values.length; i++) {
        const level = Math.max(LEVELS - 1 + steps * (values[i] - highest), 0) | 0;
        colors[i] = ramps[byCell ? dims[i] : 3][level];
      }
      this.image.getContext("2d").putImageData(this.pixels, 0, 0);
    }

    drawCells({ cloud, rho }, outlinesOnly) {
      const { context: c, theme } = this;
      const diagram = complex.voronoi(cloud, (4 * this.reach) / Math.min(rho, 1));
      const paths = [new Path2D(), new Path2D(), new Path2D()];
      for (const { dim, polygon } of complex.cells(cloud, diagram, rho)) {
        polygon.forEach((corner, i) => paths[dim][i ? "lineTo" : "moveTo"](...this.toScreen(corner)));
        paths[dim].closePath();
      }
      paths.forEach((path, dim) => {
        c.fillStyle = theme.flat[dim];
        if (!outlinesOnly) c.fill(path);
        c.strokeStyle = theme.edge;
        c.lineWidth = 1;
        c.stroke(path);
      });
    }

    drawScore({ cloud, rho }) {
      const { context: c } = this, cell = new core.Cell(), path = new Path2D();
      for (let py = ARROW_EVERY / 2; py < this.height; py += ARROW_EVERY) {
        for (let px = ARROW_EVERY / 2; px < this.width; px += ARROW_EVERY) {
          core.solve(cloud, ...this.toPlane([px, py]), rho, cell);
          const [ax, ay] = this.toScreen([cell.ax, cell.ay]), far = Math.hypot(ax - px, ay - py);
          const length = (LONGEST_ARROW * far) / (far + LONGEST_ARROW / 2);
          if (length > 2) arrow(path, px, py, (ax - px) / far, (ay - py) / far, length);
        }
      }
      c.strokeStyle = this.theme.ink;
      c.globalAlpha = 0.62;
      c.lineWidth = 1.15;
      c.stroke(path);
      c.globalAlpha = 1;
    }

    drawPaths({ samples }) {
      const { context: c, theme } = this;
      theme.strong.forEach((color, dim) => {
        const path = new Path2D();
        for (const sample of samples.slice(0, PATHS)) {
          if (sample.dim !== dim) continue;
          path.moveTo(...this.toScreen(sample.start));
          path.lineTo(...this.toScreen(sample.end));
        }
        c.strokeStyle = color;
        c.globalAlpha = 0.55;
        c.lineWidth = 1;
        c.stroke(path);
        c.globalAlpha = 1;
      });
    }

    drawSamples({ samples }) {
      const { context: c, theme } = this, radius = Math.min(Math.max(this.scale / 80, 2), 3);
      theme.strong.forEach((color, dim) => {
        const path = new Path2D();
        for (const sample of samples) {
          if (sample.dim !== dim) continue;
          const [x, y] = this.toScreen(sample.now);
          path.moveTo(x + radius, y);
          path.arc(x, y, radius, 0, 2 * Math.PI);
        }
        c.fillStyle = color;
        c.strokeStyle = theme.halo;
        c.lineWidth = 1;
        c.fill(path);
        c.stroke(path);
      });
    }

    // One path with its end, and the parents that the end is a mean of.
    drawFocus({ start, now, end, parents, weights }, { cloud }) {
      const { context: c, theme } = this, color = theme.ink;
      const [from, here, to] = [start, now, end].map((p) => this.toScreen(p));
      const line = (p, q, width, dash = []) => {
        for (const [style, wide] of [[theme.halo, width + 2.5], [color, width]]) {
          c.strokeStyle = style;
          c.lineWidth = wide;
          c.setLineDash(dash);
          c.beginPath();
          c.moveTo(...p);
          c.lineTo(...q);
          c.stroke();
        }
        c.setLineDash([]);
      };
      const corners = parents.map((k) => this.toScreen([cloud.x[k], cloud.y[k]]));
      corners.forEach((corner, i) => line(to, corner, 1 + 4 * weights[i]));
      line(from, here, 1.5, [3, 4]);
      line(here, to, 2);
      this.disc(from, 3.5, theme.halo, color);
      this.disc(here, 5, color, theme.halo);
      this.disc(to, 4, theme.halo, color);
      corners.forEach((corner, i) => this.label(`${Math.round(100 * weights[i])}%`, corner, to));
    }

    // Beside (x, y), on the side that looks away from another place.
    label(text, [x, y], [fx, fy]) {
      const { context: c, theme } = this;
      c.font = "600 12px system-ui, sans-serif";
      c.textAlign = "center";
      c.lineWidth = 4;
      c.lineJoin = "round";
      c.strokeStyle = theme.halo;
      c.fillStyle = theme.ink;
      const far = Math.hypot(x - fx, y - fy);
      const [ux, uy] = far > 1 ? [(x - fx) / far, (y - fy) / far] : [0, -1];
      const within = (value, most) => Math.min(Math.max(value, 18), most - 18);
      const left = within(x + 24 * ux, this.width), top = within(y + 18 * uy, this.height) + 4;
      c.strokeText(text, left, top);
      c.fillText(text, left, top);
    }

    disc([x, y], radius, fill, stroke, width = 1.5) {
      const { context: c } = this;
      c.beginPath();
      c.arc(x, y, radius, 0, 2 * Math.PI);
      c.fillStyle = fill;
      c.strokeStyle = stroke;
      c.lineWidth = width;
      c.fill();
      c.stroke();
    }

    drawPoint(p, focused) {
      const { theme } = this, at = this.toScreen(p);
      if (focused) this.disc(at, 11, "transparent", theme.ink, 2);
      this.disc(at, 6, theme.ink, theme.halo, 2);
    }
  }

  function arrow(path, x, y, ux, uy, length) {
    const tx = x + (ux * length) / 2, ty = y + (uy * length) / 2, head = Math.min(5, length / 2);
    path.moveTo(x - (ux * length) / 2, y - (uy * length) / 2);
    path.lineTo(tx, ty);
    path.moveTo(tx - head * (ux - 0.6 * uy), ty - head * (uy + 0.6 * ux));
    path.lineTo(tx, ty);
    path.lineTo(tx - head * (ux + 0.6 * uy), ty - head * (uy - 0.6 * ux));
  }

  return { Picture, THEMES };
})();
