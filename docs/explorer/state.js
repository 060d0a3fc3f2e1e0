// What a person sets, the presets, the link that restores it, and what follows from it.
const explorer = (() => {
  "use strict";

  const LAYERS = ["cells", "density", "score", "flow", "samples"];
  const MOST_POINTS = 60, N_SAMPLES = 300;
  // Least t, as a part of t0: the noise left is a twentieth of the starting noise's deviation.
  const LEAST_T = 0.0025;
  // Spacing of a single point, which has no neighbor.
  const LONE_SPACING = 0.25;

  // Numbers in (0, 1) from a seed (mulberry32).
  function generator(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6d2b79f5) >>> 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
  }

  function normals(random) {
    const radius = Math.sqrt(-2 * Math.log(random())), angle = 2 * Math.PI * random();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }

  const range = (n, of) => Array.from({ length: n }, (_, i) => of(i));
  const onCircle = (n, radius) => range(n, (i) => {
    const angle = (2 * Math.PI * (i + 0.25)) / n;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

  function clusters() {
    const random = generator(11);
    return range(16, (i) => {
      const [x, y] = normals(random), side = i < 8 ? -1 : 1;
      return [side * 0.75 + 0.27 * x, side * 0.15 + 0.27 * y];
    });
  }

  // Archimedes' spiral at even distances along it, which grow with the square of the angle.
  function spiral() {
    return range(32, (i) => {
      const angle = Math.sqrt(9 + (i / 31) * 110), radius = 0.094 * angle;
      return [radius * Math.cos(angle) + 0.1, radius * Math.sin(angle) + 0.06];
    });
  }

  function scatter() {
    const random = generator(5);
    return range(50, () => [2.6 * random() - 1.3, 1.9 * random() - 0.95]);
  }

  const PRESETS = {
    circle: { name: "Circle", points: onCircle(12, 0.8), kappa: 0.3, t0: 1, t: 0.16 },
    clusters: { name: "Clusters", points: clusters(), kappa: 0.3, t0: 1, t: 0.09 },
    grid: {
      name: "Grid", kappa: 0.4, t0: 0.5, t: 0.25,
      points: range(20, (i) => [0.42 * ((i % 5) - 2), 0.42 * (Math.floor(i / 5) - 1.5)]),
    },
    spiral: { name: "Spiral", points: spiral(), kappa: 0.5, t0: 0.6, t: 0.16 },
    // The papers' plane: points at -1, -1/3, 1/3, 1, kappa = 1.2, t0 = 0.02 = 0.18 Delta^2.
    four: {
      name: "Papers’ four points", kappa: 1.2, t0: 0.18, t: 0.25,
      points: [[-1, 0], [-1 / 3, 0], [1 / 3, 0], [1, 0]],
    },
    scatter: { name: "Random", points: scatter(), kappa: 0.2, t0: 0.6, t: 0.16 },
  };

  function preset(name) {
    const { points, kappa, t0, t } = PRESETS[name];
    return { preset: name, points: points.map((p) => [...p]), kappa, t0, t };
  }

  const start = () => ({ ...preset("circle"), seed: 1, layers: new Set(["cells", "density", "samples"]) });

  // The state as the part of a link after "#"; points of a preset by its name.
  function toHash(state) {
    const short = (value, digits = 4) => String(Number(value.toFixed(digits)));
    const points = state.preset
      ? `preset=${state.preset}`
      : `points=${state.points.map((p) => p.map((c) => short(c)).join(",")).join(";")}`;
    const layers = LAYERS.filter((name) => state.layers.has(name)).join(",") || "none";
    return [points, `kappa=${short(state.kappa)}`, `t0=${short(state.t0)}`, `t=${short(state.t)}`,
      `show=${layers}`, `seed=${state.seed}`].join("&");
  }

  // The state of a link: what it does not say, or not well, is as at the start.
  function fromHash(hash) {
    const given = new URLSearchParams(hash.replace(/^#/, "")), state = start();
    if (given.get("preset") in PRESETS) Object.assign(state, preset(given.get("preset")));
    const points = (given.get("points") ?? "").split(";").map((p) => p.split(",").map(parseFloat));
    const good = points.filter((p) => p.length === 2 && p.every((c) => Math.abs(c) <= 5));
    if (given.has("points") && good.length) {
      Object.assign(state, { preset: null, points: good.slice(0, MOST_POINTS) });
    }
    const read = (name, low, high) => {
      const value = parseFloat(given.get(name));
      if (value >= low && value <= high) state[name] = value;
    };
    read("kappa", 0.02, 1.5);
    read("t0", 0.05, 4);
    read("t", LEAST_T, 1);
    read("seed", 1, 1e9);
    if (given.has("show")) {
      state.layers = new Set(given.get("show").split(",").filter((name) => LAYERS.includes(name)));
    }
    return state;
  }

  const draws = { seed: null };

  // What a sample's draw is before it is scaled: which point, and two standard normals.
  function standardDraws(seed) {
    if (draws.seed !== seed) {
      const random = generator(seed * 7919);
      draws.seed = seed;
      draws.rows = range(N_SAMPLES, () => ({ u: random(), z: normals(random) }));
    }
    return draws.rows;
  }

  // Everything that is drawn: t and t0 as variances in the units of the points, ratios, samples.
  function derive(state) {
    const cloud = core.cloudOf(state.points);
    const delta = core.spacing(cloud) || LONE_SPACING;
    const t0 = state.t0 * delta ** 2, t = state.t * t0;
    const rho0 = (state.kappa * Math.sqrt(t0)) / delta, rho = rho0 * Math.sqrt(state.t);
    return { cloud, delta, t0, t, rho0, rho, samples: sample(state, cloud, t0, rho0, rho) };
  }

  function sample({ points, seed }, cloud, t0, rho0, rho) {
    return standardDraws(seed).map(({ u, z }) => {
      const from = points[Math.floor(u * points.length)], sd = Math.sqrt(t0);
      return follow(cloud, from[0] + sd * z[0], from[1] + sd * z[1], rho0, rho0, rho);
    });
  }

  // The path through (x, y), where the ratio is `ratio`: where it is at rho0 and at rho, and where it
  // ends; its parents.
  function follow(cloud, x, y, ratio, rho0, rho) {
    const cell = core.solve(cloud, x, y, ratio);
    const at = (r) => [(1 - r) * cell.ax + r * cell.vx, (1 - r) * cell.ay + r * cell.vy];
    return {
      start: at(rho0), now: at(rho), end: [cell.ax, cell.ay], dim: core.faceDim(cloud, cell, ratio),
      parents: Array.from(cell.corner.subarray(0, cell.m)),
      weights: Array.from(cell.theta.subarray(0, cell.m)),
    };
  }

  // The shares of samples that end on points, on segments and in triangles.
  function shares(samples) {
    const counts = [0, 0, 0];
    for (const { dim } of samples) counts[dim]++;
    return counts.map((count) => count / samples.length);
  }

  return { LAYERS, LEAST_T, MOST_POINTS, PRESETS, preset, start, toHash, fromHash, derive, follow, shares };
})();
