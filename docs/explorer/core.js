// The mixed-cell form of the Smoothed PL-ESF in the plane, exact in double precision.
//
// Among points y_k, with a smoothing ratio 0 < rho < 1, the smoothed denoiser at x is
// a = sum_k theta_k y_k, where theta >= 0, sum theta = 1, minimizes
//
//     (1 - rho) |x - a|^2 + rho sum_k theta_k |x - y_k|^2.
//
// The points of positive weight are nearest to v = (x - (1 - rho) a) / rho, all at one distance.
// Score (a - x) / t, flow x_s = (1 - rho_s) a + rho_s v, density and derivation:
// docs/beyond_the_papers.md, 3. All variances are named t; rho_t = kappa sqrt(t) / spacing.
const core = (() => {
  "use strict";

  const EPS = Number.EPSILON;
  // A point enters if its slack is below this part of the terms that the slack is made of.
  const LEAST_SLACK = 8 * EPS;
  // Weight, relative to the largest, up to which it is rounding.
  const LEAST_WEIGHT = 1e-14;
  // Difference of squared distances, relative to them, up to which points count as equidistant.
  const TIE = 1e-9;
  // Terms of the starting law that are left out are below exp(-40) of the largest.
  const NEGLIGIBLE = 40;

  const length = (x, y) => Math.sqrt(x * x + y * y);

  // Distinct points of [[x, y], ...]: coordinates, weights, the group of each given point, and room
  // for a squared distance of each.
  function cloudOf(points) {
    const seen = new Map(), x = [], y = [], w = [];
    const group = points.map((p) => {
      const key = `${p[0] + 0},${p[1] + 0}`;
      if (!seen.has(key)) {
        seen.set(key, x.length);
        x.push(p[0]);
        y.push(p[1]);
        w.push(0);
      }
      const k = seen.get(key);
      w[k] += 1 / points.length;
      return k;
    });
    const [xs, ys, ws] = [x, y, w].map((values) => Float64Array.from(values));
    return { n: x.length, x: xs, y: ys, w: ws, group, far: new Float64Array(x.length) };
  }

  // Half the median distance of a point to the nearest other one; 0 for a single point.
  function spacing({ n, x, y }) {
    if (n < 2) return 0;
    const nearest = Array.from(x, (_, i) => {
      let least = Infinity;
      for (let k = 0; k < n; k++) {
        if (k !== i) least = Math.min(least, length(x[k] - x[i], y[k] - y[i]));
      }
      return least;
    }).sort((p, q) => p - q);
    return (nearest[(n - 1) >> 1] + nearest[n >> 1]) / 4;
  }

  // What a solve says of one x, and the corners that the next solve sets out from.
  class Cell {
    constructor() {
      this.m = 0; // number of parents
      this.corner = new Int32Array(4);
      this.theta = new Float64Array(4);
      this.ax = this.ay = this.vx = this.vy = 0;
      // Of the last minimizer: its weights (or, if dependent, their change), rho (v - y_0).
      this.goal = new Float64Array(4);
      this.dx = this.dy = 0;
    }

    remove(i) {
      for (this.m--; i < this.m; i++) {
        this.corner[i] = this.corner[i + 1];
        this.theta[i] = this.theta[i + 1];
      }
    }
  }

  function nearest({ n, x, y }, px, py) {
    let best = 0, least = Infinity;
    for (let k = 0; k < n; k++) {
      const far = (x[k] - px) ** 2 + (y[k] - py) ** 2;
      if (far < least) {
        best = k;
        least = far;
      }
    }
    return best;
  }

  // Minimizer over the affine hull of the corners, into cell.goal, cell.dx and cell.dy. If the last
  // corner lies in the others' hull: false, and goal is the change that raises its weight and
  // keeps a.
  function minimize(cloud, px, py, rho, cell) {
    const { corner, goal, m } = cell, { x, y } = cloud, o = corner[0];
    const zx = x[o] - px, zy = y[o] - py;
    if (m === 1) {
      goal[0] = 1;
      cell.dx = -zx;
      cell.dy = -zy;
      return true;
    }
    const ex = x[corner[1]] - x[o], ey = y[corner[1]] - y[o], ee = ex * ex + ey * ey;
    if (m === 2) {
      const along = zx * ex + zy * ey, across = (ey * zx - ex * zy) / ee;
      goal[1] = -(along + (rho / 2) * ee) / ((1 - rho) * ee);
      goal[0] = 1 - goal[1];
      cell.dx = (rho / 2) * ex - across * ey;
      cell.dy = (rho / 2) * ey + across * ex;
      return true;
    }
    const fx = x[corner[2]] - x[o], fy = y[corner[2]] - y[o], ff = fx * fx + fy * fy;
    const cross = ex * fy - ey * fx;
    if (m === 3 && Math.abs(cross) > 8 * EPS * Math.sqrt(ee * ff)) {
      cell.dx = (rho * (ee * fy - ff * ey)) / (2 * cross);
      cell.dy = (rho * (ff * ex - ee * fx)) / (2 * cross);
      const bx = -(cell.dx + zx) / (1 - rho), by = -(cell.dy + zy) / (1 - rho); // a - y_0
      goal[1] = (bx * fy - by * fx) / cross;
      goal[2] = (ex * by - ey * bx) / cross;
      goal[0] = 1 - goal[1] - goal[2];
      return true;
    }
    const gx = x[corner[m - 1]] - x[o], gy = y[corner[m - 1]] - y[o];
    goal[1] = m === 3 ? -(gx * ex + gy * ey) / ee : -(gx * fy - gy * fx) / cross;
    goal[2] = m === 3 ? 1 : -(ex * gy - ey * gx) / cross;
    goal[3] = 1;
    goal[0] = m === 3 ? -1 - goal[1] : -1 - goal[1] - goal[2];
    return false;
  }

  // The point that lies nearest to v, if nearer than the corners; -1 certifies the minimizer.
  function entrant({ n, x, y }, rho, { corner, dx, dy, m }) {
    const o = corner[0];
    let best = -1, least = 0;
    for (let k = 0; k < n; k++) {
      const ex = x[k] - x[o], ey = y[k] - y[o];
      // rho (|v - y_k|^2 - |v - y_0|^2), without a difference of large numbers.
      const slack = ex * (rho * ex - 2 * dx) + ey * (rho * ey - 2 * dy);
      if (slack >= least) continue;
      const size = length(ex, ey), terms = size * (rho * size + 2 * length(dx, dy));
      if (slack >= -LEAST_SLACK * terms) continue;
      if (k === o || (m > 1 && k === corner[1]) || (m > 2 && k === corner[2])) continue;
      best = k;
      least = slack;
    }
    return best;
  }

  // Solve at x = (px, py) by Wolfe's method, from the corners that cell has (if they are of this
  // cloud), or from the nearest point. For rho >= 1 the answer is the nearest point.
  function solve(cloud, px, py, rho, cell = new Cell()) {
    const { x, y } = cloud, { corner, theta, goal } = cell;
    if (cell.m === 0 || rho >= 1) {
      cell.m = 1;
      corner[0] = nearest(cloud, px, py);
      theta[0] = 1;
    }
    if (rho >= 1) {
      const ax = (cell.ax = x[corner[0]]), ay = (cell.ay = y[corner[0]]);
      cell.vx = ax + (px - ax) / rho;
      cell.vy = ay + (py - ay) / rho;
      return cell;
    }
    // It ends after a few pivots; the bound is for what rounding might do.
    for (let pivots = 0; pivots < 100 + 10 * cloud.n; pivots++) {
      const independent = minimize(cloud, px, py, rho, cell);
      let step = independent ? 1 : Infinity, leaver = -1;
      for (let i = 0; i < cell.m; i++) {
        const change = independent ? goal[i] - theta[i] : goal[i];
        if (change < 0 && -theta[i] / change < step) {
          step = -theta[i] / change;
          leaver = i;
        }
      }
      if (leaver >= 0) {
        for (let i = 0; i < cell.m; i++) {
          theta[i] += step * (independent ? goal[i] - theta[i] : goal[i]);
        }
        cell.remove(leaver);
        continue;
      }
      for (let i = 0; i < cell.m; i++) theta[i] = goal[i];
      const k = entrant(cloud, rho, cell);
      if (k < 0) break;
      corner[cell.m] = k;
      theta[cell.m++] = 0;
    }
    return finish(cloud, rho, cell);
  }

  // Drop weights that are rounding, the largest first; a and v.
  function finish({ x, y }, rho, cell) {
    const { corner, theta } = cell, o = corner[0];
    cell.vx = x[o] + cell.dx / rho;
    cell.vy = y[o] + cell.dy / rho;
    let largest = 0;
    for (let i = 1; i < cell.m; i++) if (theta[i] > theta[largest]) largest = i;
    const heaviest = theta[largest];
    corner[0] = corner[largest];
    corner[largest] = o;
    theta[largest] = theta[0];
    theta[0] = heaviest;
    let sum = heaviest;
    for (let i = cell.m - 1; i > 0; i--) {
      if (theta[i] <= LEAST_WEIGHT * theta[0]) cell.remove(i);
      else sum += theta[i];
    }
    const first = corner[0];
    cell.ax = x[first];
    cell.ay = y[first];
    for (let i = 0; i < cell.m; i++) {
      theta[i] /= sum;
      cell.ax += theta[i] * (x[corner[i]] - x[first]);
      cell.ay += theta[i] * (y[corner[i]] - y[first]);
    }
    return cell;
  }

  const score = (cell, x, y, t) => [(cell.ax - x) / t, (cell.ay - y) / t];

  // Dimension of the hull of all points nearest to v: on grids and circles more than the parents.
  function faceDim({ n, x, y }, cell, rho) {
    if (cell.m === 3 || rho >= 1) return cell.m - 1;
    const o = cell.corner[0], ux = cell.vx - x[o], uy = cell.vy - y[o], far = length(ux, uy);
    let width = 0;
    for (let k = 0; k < n; k++) {
      const ex = x[k] - x[o], ey = y[k] - y[o], square = ex * ex + ey * ey;
      if (square > width) width = square;
    }
    width = Math.sqrt(width);
    const size = Math.min(far, width), limit = size * (TIE * size + 32 * EPS * far);
    let tied = 0, fx = 0, fy = 0, across = 0;
    for (let k = 0; k < n; k++) {
      const ex = x[k] - x[o], ey = y[k] - y[o];
      if (ex * (ex - 2 * ux) + ey * (ey - 2 * uy) > limit) continue;
      tied++;
      if (fx === 0 && fy === 0) {
        fx = ex;
        fy = ey;
      } else across = Math.max(across, Math.abs(fx * ey - fy * ex) / length(fx, fy));
    }
    if (tied <= cell.m) return cell.m - 1;
    return Math.max(cell.m - 1, across > TIE * width ? 2 : 1);
  }

  // Log of the starting law, a mean of normals of variance t0 around the points.
  function logStart({ n, x, y, w, far }, px, py, t0, negligible = NEGLIGIBLE) {
    let least = Infinity, sum = 0;
    for (let k = 0; k < n; k++) {
      const dx = x[k] - px, dy = y[k] - py, square = (far[k] = dx * dx + dy * dy);
      if (square < least) least = square;
    }
    const limit = least + 2 * t0 * negligible, half = 1 / (2 * t0);
    for (let k = 0; k < n; k++) {
      if (far[k] < limit) sum += w[k] * Math.exp((least - far[k]) * half);
    }
    return Math.log(sum) - least * half - Math.log(2 * Math.PI * t0);
  }

  // Log-density, of a solved cell, of the starting law after its flow from t0 (rho0) to rho; j is
  // the dimension of the cell's face.
  function logDensity(cloud, cell, t0, rho0, rho, j = faceDim(cloud, cell, rho), negligible = NEGLIGIBLE) {
    const x = (1 - rho0) * cell.ax + rho0 * cell.vx, y = (1 - rho0) * cell.ay + rho0 * cell.vy;
    if (rho0 >= 1 && !(j === 0 && isNearest(cloud, cell.corner[0], x, y))) return -Infinity;
    const along = rho0 < 1 && j > 0 ? j * Math.log((1 - rho0) / (1 - rho)) : 0;
    return logStart(cloud, x, y, t0, negligible) + along + (2 - j) * Math.log(rho0 / rho);
  }

  function isNearest(cloud, k, x, y) {
    const other = nearest(cloud, x, y), { x: xs, y: ys } = cloud;
    const own = length(xs[k] - x, ys[k] - y);
    return own <= length(xs[other] - x, ys[other] - y) * (1 + 1e-9);
  }

  return { cloudOf, spacing, Cell, nearest, solve, score, faceDim, logStart, logDensity };
})();
