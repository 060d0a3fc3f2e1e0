// The page: controls, pointer, touch and keyboard, what is said of the picture, and the link.
//
// A host page may set the colors: "?theme=dark" in the address, frame.contentWindow.postMessage(
// {smoothdiff: {theme: "dark"}}, "*"), or the attribute data-theme of the root element ("light",
// "dark"; otherwise as the system has it). "?embed" hides the header.
const app = (() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const NAMES = {
    cells: "Cells", density: "Density", score: "Score arrows", flow: "Flow lines", samples: "Samples",
  };
  const ENDS = ["on a training point", "on a segment between two", "in a face of three or more"];
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  // Pixels within which a pointer takes a point or a sample, and a finger does.
  const GRASP = 14, TOUCH = 26;
  // Milliseconds: of drawing that leave 60 frames a second, until a link or a sentence follows.
  const BUDGET = 11, SETTLED = 350, DOUBLE = 350, PLAYING = 6000;
  const COARSEST = 10, FINEST = 3;

  const canvas = byId("canvas"), view = new picture.Picture(canvas);
  let state = explorer.fromHash(location.hash), derived = null;
  let saved = explorer.toHash(state), grain = 6, requested = false, settling = 0, playing = null;
  // What the person looks at: a point (index), a place of the plane, or by default a sample.
  const focus = { point: -1, place: null, sample: -1 };

  // ---------------------------------------------------------------- drawing

  // What follows from the state, worked out once for each.
  const current = () => (derived ??= explorer.derive(state));

  function update() {
    derived = null;
    request();
    clearTimeout(settling);
    settling = setTimeout(settle, SETTLED);
  }

  function request() {
    if (!requested) requestAnimationFrame(frame);
    requested = true;
  }

  // Draw once; milliseconds that it took. The density's pixels grow where that is slow.
  function frame() {
    requested = false;
    const start = performance.now(), fresh = !derived;
    draw(grain);
    say();
    const taken = performance.now() - start;
    if (!fresh) return taken;
    if (taken > BUDGET) grain = Math.min(grain * 1.15, COARSEST);
    else if (taken < BUDGET / 2) grain = Math.max(grain / 1.05, FINEST);
    return taken;
  }

  function draw(size) {
    view.resize();
    view.draw(state, current(), { grain: size, focus: { point: focus.point, path: focusPath() } });
  }

  // Nothing has changed for a while: a finer picture, the link, the sentence for screen readers.
  function settle() {
    if (playing) return;
    draw(Math.max(grain / 2, 2));
    const dials = `kappa ${state.kappa.toFixed(2)}, rho ${current().rho.toFixed(2)}`;
    byId("live").textContent = `${dials}. ${byId("ends").getAttribute("aria-label")}`;
    const link = explorer.toHash(state);
    if (link === saved) return;
    saved = link;
    try {
      history.replaceState(null, "", "#" + link);
    } catch { /* a frame without an address of its own */ }
  }

  // ---------------------------------------------------------------- what is said

  const percent = (share) => `${Math.round(100 * share)}%`;
  // Two decimals, or two digits of what is smaller.
  const short = (value) => {
    const small = Math.abs(value) < 0.1 && value !== 0 ? 1 - Math.floor(Math.log10(Math.abs(value))) : 2;
    return (value + 0).toFixed(Math.min(small, 6)).replace("-", "−");
  };
  const place = (p) => p.map((c) => (Math.round(100 * c) / 100 + 0).toFixed(2).replace("-", "−")).join(", ");

  function write(id, text) {
    const element = byId(id);
    if (element.textContent !== text) element.textContent = text;
  }

  function say() {
    const { t0, t, rho0, rho, delta, samples } = current();
    write("kappa-value", state.kappa.toFixed(2));
    write("t0-value", `${short(t0)} = ${state.t0.toFixed(2)} Δ²`);
    write("t-value", `${short(t)} = ${short(state.t)} t₀`);
    write("rho", rho.toFixed(2));
    write("delta", delta.toFixed(2));
    const speak = (id, text) => byId(id).setAttribute("aria-valuetext", text);
    speak("kappa", `kappa ${state.kappa.toFixed(2)}, ratio rho ${rho.toFixed(2)}`);
    speak("t0", `variance ${short(t0)}, ${state.t0.toFixed(2)} squared spacings`);
    speak("t", `variance ${short(t)}, ${percent(state.t)} of t0`);
    const shares = explorer.shares(samples), bar = byId("ends");
    const labels = document.querySelectorAll("#legend b");
    bar.style.setProperty("--first", `${100 * shares[0]}%`);
    bar.style.setProperty("--second", `${100 * (shares[0] + shares[1])}%`);
    labels.forEach((label, dim) => {
      if (label.textContent !== percent(shares[dim])) label.textContent = percent(shares[dim]);
    });
    const ends = shares.map((share, dim) => `${percent(share)} ${ENDS[dim]}`).filter((_, dim) => shares[dim] > 0);
    const sentence = rho0 >= 1 ? "all on training points, since smoothing is off" : ends.join(", ");
    bar.setAttribute("aria-label", `${samples.length} samples end: ${sentence}.`);
    sayProbe();
  }

  function sayProbe() {
    const path = focusPath(), { cloud, t, rho } = current();
    for (const id of ["probe-place", "probe-text", "probe-values"]) if (!path) write(id, "");
    if (!path) return;
    const names = path.parents.map((k) => cloud.group.indexOf(k) + 1);
    const parents = names.map((name, i) => `${percent(path.weights[i])} point ${name}`).join(" + ");
    const cell = core.solve(cloud, ...path.now, rho), log = logDensity(path);
    const score = core.score(cell, ...path.now, t).map(short).join(", ");
    write("probe-place", `${focus.place ? "Here" : "One sample"}, (${place(path.now)})`);
    write("probe-text", `flows to ${parents}`);
    const density = log === -Infinity ? "no sample comes here" : `log-density ${short(log)}`;
    write("probe-values", `score (${score}), ${density}`);
  }

  function logDensity({ now }) {
    const { cloud, t0, rho0, rho } = current();
    return core.logDensity(cloud, core.solve(cloud, ...now, rho), t0, rho0, rho);
  }

  // The path through the place looked at, or that of a sample.
  function focusPath() {
    const { cloud, rho0, rho, samples } = current();
    if (focus.place) {
      const path = explorer.follow(cloud, ...focus.place, rho, rho0, rho);
      // Where smoothing is off at t0 there are places that no path comes to.
      return logDensity(path) === -Infinity ? { ...path, start: path.now } : path;
    }
    if (!state.layers.has("samples")) return null;
    if (focus.sample < 0) focus.sample = tellingSample(samples);
    return samples[focus.sample];
  }

  // The sample with the most even parents: the same one until others are drawn.
  function tellingSample(samples) {
    const evenness = samples.map(({ weights }) => Math.min(...weights) * weights.length ** 2);
    return evenness.indexOf(Math.max(...evenness));
  }

  // ---------------------------------------------------------------- controls

  const noise = (slider) => Math.max((1 - slider) ** 2, explorer.LEAST_T);

  function showControls() {
    byId("kappa").value = state.kappa;
    byId("t0").value = Math.log10(state.t0);
    byId("t").value = 1 - Math.sqrt(state.t);
    for (const box of byId("layers").querySelectorAll("input")) box.checked = state.layers.has(box.name);
    for (const button of byId("presets").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.name === state.preset));
    }
    listPoints();
  }

  function set(changes) {
    focus.sample = -1;
    Object.assign(state, changes);
    showControls();
    update();
  }

  function build() {
    for (const [key, { name }] of Object.entries(explorer.PRESETS)) {
      const button = Object.assign(document.createElement("button"), { type: "button", name: key });
      button.textContent = name;
      button.onclick = () => { stop(); set(explorer.preset(key)); };
      byId("presets").append(button);
    }
    for (const key of explorer.LAYERS) {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", name: key });
      box.onchange = () => { state.layers[box.checked ? "add" : "delete"](key); update(); };
      label.append(box, document.createElement("span"));
      label.lastChild.textContent = NAMES[key];
      byId("layers").append(label);
    }
    byId("kappa").oninput = (e) => { state.kappa = Number(e.target.value); update(); };
    byId("t0").oninput = (e) => { state.t0 = 10 ** Number(e.target.value); update(); };
    byId("t").oninput = (e) => { stop(); state.t = noise(Number(e.target.value)); update(); };
    byId("play").onclick = () => (playing ? stop() : play());
    byId("again").onclick = () => set({ seed: state.seed + 1 });
    byId("add").onclick = () => {
      const n = state.points.length;
      addPoint([0.1 * (n % 7) - 0.3, 0.07 * (n % 5)]);
    };
    byId("link").onclick = copyLink;
    byId("theme").onclick = () => setTheme(shownTheme() === "dark" ? "light" : "dark");
  }

  function copyLink() {
    settle();
    const link = `${location.href.split("#")[0]}#${explorer.toHash(state)}`;
    const label = (text) => { byId("link").textContent = text; };
    const copied = () => { label("Copied"); setTimeout(label, 2000, "Copy link"); };
    const byHand = () => { prompt("The link of this picture:", link); };
    if (!navigator.clipboard) return byHand();
    navigator.clipboard.writeText(link).then(copied, byHand);
  }

  function play() {
    const from = state.t <= 2 * explorer.LEAST_T ? 0 : 1 - Math.sqrt(state.t), begun = performance.now();
    showPlaying(true);
    const tick = (now) => {
      const place = Math.min(from + (now - begun) / PLAYING, 0.95);
      state.t = noise(place);
      byId("t").value = place;
      update();
      if (place < 0.95) playing = requestAnimationFrame(tick);
      else stop();
    };
    playing = requestAnimationFrame(tick);
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = null;
    showPlaying(false);
    update();
  }

  function showPlaying(is) {
    byId("play").textContent = is ? "❚❚" : "▶";
    byId("play").setAttribute("aria-label", is ? "Pause" : "Play the denoising, from t0 to the end");
  }

  // ---------------------------------------------------------------- points

  function addPoint(p) {
    if (state.points.length >= explorer.MOST_POINTS) return;
    set({ points: [...state.points, p], preset: null });
  }

  function removePoint(i) {
    if (state.points.length < 2) return;
    focus.point = -1;
    set({ points: state.points.filter((_, k) => k !== i), preset: null });
  }

  function movePoint(i, [x, y]) {
    const [right, top] = view.toPlane([view.width, 0]);
    const within = (c, most) => Math.min(Math.max(c, -most), most);
    state.points[i] = [within(x, right), within(y, top)];
    state.preset = null;
    showControls();
    update();
  }

  // One button a point, that moves it; kept as they are, so that none loses the focus.
  function listPoints() {
    const list = byId("list");
    while (list.children.length > state.points.length) list.lastChild.remove();
    while (list.children.length < state.points.length) list.append(pointButton(list.children.length));
    state.points.forEach((p, i) => {
      const text = `${i + 1}: ${place(p)}`;
      if (list.children[i].textContent === text) return;
      list.children[i].textContent = text;
      list.children[i].setAttribute("aria-label", `Point ${i + 1} at ${place(p)}`);
    });
    write("count", `(${state.points.length})`);
  }

  function pointButton(i) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.onfocus = () => { focus.point = i; request(); };
    button.onblur = () => { focus.point = -1; request(); };
    button.onkeydown = (e) => {
      const step = e.shiftKey ? 0.005 : 0.05, [x, y] = state.points[i];
      if (KEYS[e.key]) movePoint(i, [x + step * KEYS[e.key][0], y + step * KEYS[e.key][1]]);
      else if (e.key === "Delete" || e.key === "Backspace") {
        removePoint(i);
        byId("list").children[Math.min(i, state.points.length - 1)].focus();
      } else return;
      e.preventDefault();
    };
    return button;
  }

  // ---------------------------------------------------------------- pointer and keys in the plane

  let dragged = -1, lastTap = { time: -Infinity, at: [0, 0] };

  const position = (e) => {
    const box = canvas.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };

  function within(positions, [px, py], radius) {
    let best = -1, least = radius;
    positions.forEach((p, i) => {
      const [x, y] = view.toScreen(p), far = Math.hypot(x - px, y - py);
      if (far <= least) [best, least] = [i, far];
    });
    return best;
  }

  const grasp = (e) => (e.pointerType === "mouse" ? GRASP : TOUCH);

  canvas.addEventListener("pointerdown", (e) => {
    const at = position(e), i = within(state.points, at, grasp(e));
    const [x, y] = lastTap.at, near = Math.hypot(at[0] - x, at[1] - y) < TOUCH;
    const twice = e.timeStamp - lastTap.time < DOUBLE && near;
    lastTap = twice ? { time: -Infinity, at } : { time: e.timeStamp, at };
    if (twice) return i >= 0 ? removePoint(i) : addPoint(view.toPlane(at));
    dragged = i;
    if (i < 0) return look(at);
    canvas.setPointerCapture?.(e.pointerId);
    focus.point = i;
    focus.place = null;
    request();
  });
  canvas.addEventListener("pointermove", (e) => {
    const at = position(e);
    if (dragged >= 0) return movePoint(dragged, view.toPlane(at));
    canvas.classList.toggle("grab", within(state.points, at, grasp(e)) >= 0);
    look(at);
  });
  const release = () => {
    dragged = -1;
    focus.point = -1;
    request();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", (e) => {
    if (e.pointerType !== "mouse" || dragged >= 0) return;
    focus.place = null;
    request();
  });
  // A finger on a point drags it; elsewhere it scrolls the page.
  canvas.addEventListener("touchstart", (e) => {
    if (within(state.points, position(e.touches[0]), TOUCH) >= 0) e.preventDefault();
  }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    if (!KEYS[e.key]) return;
    e.preventDefault();
    const [x, y] = focus.place ?? [0, 0], step = e.shiftKey ? 0.01 : 0.05;
    focus.place = [x + step * KEYS[e.key][0], y + step * KEYS[e.key][1]];
    frame();
    clearTimeout(settling);
    settling = setTimeout(() => { byId("live").textContent = byId("probe").textContent; }, SETTLED);
  });

  // Look at a place, or at the sample that is there.
  function look(at) {
    const near = state.layers.has("samples") ? within(current().samples.map((s) => s.now), at, 8) : -1;
    focus.place = near >= 0 ? current().samples[near].now : view.toPlane(at);
    request();
  }

  // ---------------------------------------------------------------- colors, size, link

  const dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  const shownTheme = () => {
    const wanted = root.dataset.theme;
    return wanted === "dark" || wanted === "light" ? wanted : dark.matches ? "dark" : "light";
  };
  const setTheme = (theme) => { root.dataset.theme = theme; };

  function colors() {
    root.classList.toggle("dark", shownTheme() === "dark");
    view.setTheme(shownTheme());
    update();
  }

  const query = new URLSearchParams(location.search);
  root.classList.toggle("embed", query.has("embed"));
  if (query.has("theme")) setTheme(query.get("theme"));
  new MutationObserver(colors).observe(root, { attributeFilter: ["data-theme"] });
  dark.addEventListener("change", colors);
  addEventListener("message", ({ data }) => { if (data?.smoothdiff?.theme) setTheme(data.smoothdiff.theme); });
  addEventListener("hashchange", () => set(explorer.fromHash(location.hash)));
  new ResizeObserver(update).observe(canvas);

  build();
  showControls();
  colors();
  frame();

  return { frame, get state() { return state; }, get derived() { return current(); }, view, movePoint, set };
})();

window.smoothdiff = { ...core, ...complex, explorer, app };
