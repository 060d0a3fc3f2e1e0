// What the tests of the page have at hand: its parts, waiting, a pointer and keys.
const { app, explorer, cells, voronoi, solve, faceDim, cloudOf } = smoothdiff;
const byId = (id) => document.getElementById(id), canvas = byId("canvas");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
canvas.setPointerCapture = () => {}; // there is no pointer to capture

function point(type, place) {
  const box = canvas.getBoundingClientRect(), [x, y] = app.view.toScreen(place);
  canvas.dispatchEvent(new PointerEvent(type, {
    clientX: box.left + x, clientY: box.top + y, pointerId: 1, pointerType: "mouse",
  }));
}

async function clickTwice(place) {
  for (const type of ["pointerdown", "pointerup", "pointerdown", "pointerup"]) point(type, place);
  await wait(1000);
}

// Whether the page has taken the key, so that nothing else does.
function press(target, key, more) {
  return !target.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));
}

function input(id, value) {
  byId(id).value = value;
  byId(id).dispatchEvent(new Event("input"));
}
