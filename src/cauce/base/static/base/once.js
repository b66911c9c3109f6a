/* A form with data-once ignores a second submit while the first is under way. The button keeps its look and its
   focus; the form says aria-busy. Coming back to the page with the browser's own button frees it again. */
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.matches("[data-once]") || e.defaultPrevented) return;
  if (form.hasAttribute("aria-busy")) e.preventDefault();
  else form.setAttribute("aria-busy", "true");
});
const free = () => { for (const form of document.querySelectorAll("form[data-once][aria-busy]")) form.removeAttribute("aria-busy"); };
addEventListener("pageshow", free);
document.addEventListener("htmx:afterRequest", free);
