// The cells of the mixed complex as polygons: (1 - rho) F + rho F*, with F a face of the Delaunay
// complex (a point, an edge, a polygon of points on one circle) and F* its dual Voronoi face.
const complex = (() => {
  "use strict";

  // Corners of a Voronoi cell that are closer than this are one: of points on a circle.
  const SAME = 1e-9;

  // Part of a polygon nearer to y_o than to y_k. Each corner keeps in k the point behind the edge
  // that starts there, -1 for the frame.
  function clip(polygon, { x, y }, o, k) {
    const nx = x[k] - x[o], ny = y[k] - y[o];
    const middle = (nx * (x[k] + x[o]) + ny * (y[k] + y[o])) / 2;
    const beyond = polygon.map((p) => nx * p.x + ny * p.y - middle);
    if (!beyond.some((b) => b > 0)) return polygon;
    const kept = [];
    polygon.forEach((p, i) => {
      const next = (i + 1) % polygon.length, q = polygon[next], b = beyond[i], c = beyond[next];
      if (b <= 0) kept.push(p);
      if (b <= 0 === c <= 0) return;
      const s = b / (b - c);
      kept.push({ x: p.x + s * (q.x - p.x), y: p.y + s * (q.y - p.y), k: b <= 0 ? k : p.k });
    });
    return kept;
  }

  // Voronoi cells within a square of half-width `reach`, as polygons of {x, y, k}.
  function voronoi(cloud, reach) {
    const { n, x, y } = cloud;
    const order = Array.from({ length: n }, (_, k) => k);
    return order.map((o) => {
      let polygon = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
      polygon = polygon.map(([cx, cy]) => ({ x: reach * cx, y: reach * cy, k: -1 }));
      for (const k of order) if (k !== o) polygon = clip(polygon, cloud, o, k);
      return polygon.filter((v, i) => !same(v, polygon[(i + 1) % polygon.length]));
    });
  }

  function same(v, w) {
    const size = Math.max(1, Math.abs(v.x), Math.abs(v.y));
    return Math.abs(w.x - v.x) + Math.abs(w.y - v.y) <= SAME * size;
  }

  // All cells as {dim, points, polygon}: the face's points and the corners [[x, y], ...]. The
  // Voronoi diagram is cut off at `reach`, so that cells are right within about rho * reach.
  function cells(cloud, voronoiCells, rho) {
    const { x, y } = cloud, keep = Math.min(rho, 1);
    const mix = (k, v) => [(1 - keep) * x[k] + keep * v.x, (1 - keep) * y[k] + keep * v.y];
    const found = voronoiCells.map((polygon, o) => (
      { dim: 0, points: [o], polygon: polygon.map((v) => mix(o, v)) }
    ));
    if (rho >= 1) return found;
    const faces = new Map();
    voronoiCells.forEach((polygon, o) => polygon.forEach((v, i) => {
      const w = polygon[(i + 1) % polygon.length], k = v.k;
      if (k > o) {
        found.push({ dim: 1, points: [o, k], polygon: [mix(o, v), mix(o, w), mix(k, w), mix(k, v)] });
      }
      const before = polygon[(i + polygon.length - 1) % polygon.length].k;
      if (k < 0 || before < 0) return;
      const around = onCircle(cloud, v, o), key = around.join();
      if (around.length > 2 && !faces.has(key)) faces.set(key, v);
    }));
    for (const [key, v] of faces) {
      const points = key.split(",").map(Number);
      const angle = (k) => Math.atan2(y[k] - v.y, x[k] - v.x);
      points.sort((p, q) => angle(p) - angle(q));
      found.push({ dim: 2, points, polygon: points.map((k) => mix(k, v)) });
    }
    return found;
  }

  // The points as near to v as y_o is, in order.
  function onCircle({ n, x, y }, v, o) {
    const near = (k) => (x[k] - v.x) ** 2 + (y[k] - v.y) ** 2, limit = near(o) * (1 + SAME);
    return Array.from({ length: n }, (_, k) => k).filter((k) => near(k) <= limit);
  }

  return { voronoi, cells };
})();
