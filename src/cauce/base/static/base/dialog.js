/* A link with data-dialog="id" opens that <dialog>. Without this module, or without the dialog, the link goes
   to the page that asks the same question. The focus returns to the link when the dialog closes. */
document.addEventListener("click", (e) => {
  const opener = e.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (!dialog?.showModal || e.ctrlKey || e.metaKey) return;
  e.preventDefault();
  dialog.showModal();
});
document.addEventListener("click", (e) => {
  const closer = e.target.closest("[data-close]");
  if (closer) { e.preventDefault(); closer.closest("dialog")?.close(); }
});
