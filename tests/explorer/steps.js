// The page is tried step by step; test_explorer_page.py judges what is found.
const out = {};
out.resources = performance.getEntriesByType("resource").length;
out.unnamed = [...document.querySelectorAll("button, input, canvas, [role=img]")].filter((element) => {
  const name = element.getAttribute("aria-label") ?? (element.labels?.[0] ?? element).textContent;
  return !name.trim();
}).map((element) => element.outerHTML);
out.fallback = canvas.textContent.trim();

// Twice the area, signed.
const area = (polygon) => polygon.reduce((sum, [px, py], i) => {
  const [qx, qy] = polygon[(i + 1) % polygon.length];
  return sum + px * qy - py * qx;
}, 0);
const inside = (polygon, [x, y]) => polygon.every(([px, py], i) => {
  const [qx, qy] = polygon[(i + 1) % polygon.length];
  return ((qx - px) * (y - py) - (qy - py) * (x - px)) * area(polygon) >= 0;
});
let seed = 1;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
out.cells = { tried: 0, wrong: [] };
for (const [name, { points }] of Object.entries(explorer.PRESETS)) {
  for (const rho of [0.05, 0.3, 0.8, 1.2]) {
    const cloud = cloudOf(points), found = cells(cloud, voronoi(cloud, 8 / Math.min(rho, 1)), rho);
    for (let i = 0; i < 100; i++) {
      const x = [3 * random() - 1.5, 3 * random() - 1.5], cell = solve(cloud, ...x, rho);
      const parents = Array.from(cell.corner.subarray(0, cell.m));
      const around = found.filter(({ polygon }) => inside(polygon, x));
      const right = around.length === 1 && around[0].dim === faceDim(cloud, cell, rho)
        && parents.every((k) => around[0].points.includes(k));
      out.cells.tried++;
      if (!right) out.cells.wrong.push([name, rho, ...x, around.length]);
    }
  }
}

app.set({ ...explorer.preset("four"), seed: 3 });
const { t0, delta, rho0, rho, cloud, samples } = app.derived;
const onward = samples.map((s) => solve(cloud, ...s.now, rho));
out.four = {
  t0, delta, rho0, points: app.state.points, n: samples.length, onPoints: explorer.shares(samples)[0],
  moved: onward.map((c) => [c.ax, c.ay]), ends: samples.map((s) => s.end),
};

const readAgain = () => {
  const link = explorer.toHash(app.state);
  return [link, explorer.toHash(explorer.fromHash("#" + link))];
};
app.set({ layers: new Set(explorer.LAYERS), kappa: 1.234, t: 0.31, t0: 2.5, seed: 12 });
out.link = readAgain();
app.movePoint(2, [0.125, -0.5]);
out.moved = readAgain();
const bad = "#preset=no&points=a,b;1,2,3;,&kappa=x&t=9&t0=-1&seed=0";
out.bad = [explorer.toHash(explorer.start()), explorer.toHash(explorer.fromHash(bad))];
await wait(1000);
out.address = location.hash;

app.set(explorer.preset("circle"));
const from = [...app.state.points[4]], to = [from[0] + 0.3, from[1] + 0.2];
out.sharesBefore = explorer.shares(app.derived.samples);
point("pointerdown", from);
point("pointermove", to);
point("pointerup", to);
out.dragged = [to, app.state.points[4]];
out.sharesAfter = explorer.shares(app.derived.samples);
await wait(1000);
await clickTwice([0, 0.02]);
out.added = [app.state.points.length, app.state.points.at(-1)];
await clickTwice([0, 0.02]);
out.removed = app.state.points.length;

const list = byId("list").children, was = [...app.state.points[1]];
byId("points").open = true;
list[1].focus();
out.taken = [press(list[1], "ArrowRight"), press(list[1], "ArrowUp", { shiftKey: true }), press(list[1], "Tab")];
out.stepped = [was, app.state.points[1], list[1].getAttribute("aria-label")];
press(list[1], "Delete");
out.deleted = [app.state.points.length, list.length, document.activeElement.textContent];
input("kappa", 0.9);
await wait(1000);
out.live = byId("live").textContent;
canvas.focus();
press(canvas, "ArrowLeft");
await wait(1000);
out.probe = byId("live").textContent;

const degenerate = [[[0, 0]], [[0.5, 0.5], [0.5, 0.5]], [[0, 0], [1, 1], [1, 1], [0.5, 0.5]]];
out.degenerate = degenerate.map((points) => {
  app.set({ points, preset: null });
  app.frame();
  return document.querySelector("main").innerText;
});
app.set({ points: [[0.5, 0.5]] });
await clickTwice([0.5, 0.5]);
out.least = app.state.points.length;
for (let i = 0; i < 100; i++) byId("add").click();
out.most = app.state.points.length;
return out;
