// Pages work without this. It refreshes what moves (steps, checks) in place, and asks before an act that cannot be undone.
(() => {
  "use strict";
  const seconds = Number(document.body.dataset.refresh || 0);
  const refresh = async () => {
    const region = document.querySelector("[data-live]");
    if (!region || document.hidden || region.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      if (!fresh) return location.reload();
      if (fresh.innerHTML !== region.innerHTML) region.replaceChildren(...fresh.childNodes);
      if (!page.body.dataset.refresh) location.reload();
    } catch (error) { /* the next tick tries again */ }
  };
  if (seconds) setInterval(refresh, seconds * 1000);
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset && event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
})();
