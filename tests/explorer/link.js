// What a link and a host page set.
const shown = () => [document.documentElement.classList.contains("dark"), getComputedStyle(document.body).color];
const out = { state: explorer.toHash(app.state), kappa: byId("kappa").value, first: shown() };
out.header = document.querySelector("header").getClientRects().length;
out.layers = [...document.querySelectorAll("#layers :checked")].map((box) => box.name);
postMessage({ smoothdiff: { theme: "light" } }, "*");
await wait(100);
out.second = shown();
document.documentElement.dataset.theme = "dark";
await wait(100);
out.third = shown();
return out;
