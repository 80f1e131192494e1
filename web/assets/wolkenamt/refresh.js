// Keeps a region up to date: [data-refresh] names the address of the same region, data-live="true" says that it still
// changes. Without this script the page has a link that does the same. Pauses while the page is hidden.
"use strict";

const PERIOD_MS = 2000;

async function refresh(region) {
  if (region.dataset.live !== "true" || document.hidden) return region;
  try {
    const answer = await fetch(region.dataset.refresh, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return region;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
    if (!next || next.innerHTML === region.innerHTML) return region;
    // When the last step is done, access and costs of the page change too: load it once as a whole.
    if (next.dataset.live !== "true") {
      window.location.reload();
      return null;
    }
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
if (document.querySelector("[data-reload]")) window.setTimeout(() => window.location.reload(), PERIOD_MS);
