/* The menu of the top bar closes with Escape (the focus returns to it) and with a click outside. */
const menu = document.querySelector(".c-menu");
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (e) => { if (menu?.open && !menu.contains(e.target)) menu.open = false; });
