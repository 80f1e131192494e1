// Keeps a region up to date: [data-refresh] names the address of the same region, data-live="true" says that it still
// changes. Without this script the page has a link that does the same. Pauses while the page is hidden.
"use strict";

const PERIOD_MS = 2000;

// Somebody who just clicked must arrive there: a reload would win over a navigation that still waits for its answer. Downloads
// say the same and stay here, so it holds for a while only.
let leavingUntil = 0;
window.addEventListener("beforeunload", () => { leavingUntil = Date.now() + 10_000; });

// What was typed or chosen and not sent would be gone. What the browser fills in by itself is no loss.
let touched = false;
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => { touched ||= event.isTrusted; });
}

// Loads the whole page again, unless that took something from the person; says whether it did.
function reload() {
  if (Date.now() < leavingUntil || touched) return false;
  window.location.reload();
  return true;
}

async function refresh(region) {
  if (region.dataset.live !== "true" || document.hidden) return region;
  try {
    const answer = await fetch(region.dataset.refresh, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return region;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
    if (!next || next.dataset.live === "true" && next.innerHTML === region.innerHTML) return region;
    // When the last step is done, access and costs of the page change too: load it once as a whole. Until that can be, the region
    // alone says what is so.
    const done = next.dataset.live !== "true";
    if (done && reload()) return null;
    next.dataset.live = "true";
    const focused = region.contains(document.activeElement);
    region.replaceWith(next);
    if (focused) next.querySelector("a")?.focus();
    return next;
  } catch {
    return region; // the network is away; the next round tries again
  }
}

for (const start of document.querySelectorAll("[data-refresh]")) {
  let region = start;
  const round = async () => {
    region = await refresh(region);
    if (region && region.dataset.live === "true") window.setTimeout(round, PERIOD_MS);
  };
  window.setTimeout(round, PERIOD_MS);
}

// [data-reload]: the whole page is asked again, because its answer may be shown only once.
const again = () => { if (!reload()) window.setTimeout(again, PERIOD_MS); };
if (document.querySelector("[data-reload]")) window.setTimeout(again, PERIOD_MS);
