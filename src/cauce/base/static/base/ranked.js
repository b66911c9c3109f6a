/* Ranked list. Enhances <ol data-ranked data-live="id of a polite live region">: each <li data-item="id"> holds
   a handle <button data-handle>, submit buttons <button data-move="up|down|first"> and a number [data-num].
   Without this module the buttons post the form, one move each.
   Emits "ranked:change" after every committed move, with detail {order, previous, restore}; the page decides
   how to save it and calls restore() if the server refuses. Sentences come from data-say-* of the list. */

const place = (li) => [...li.parentElement.children].indexOf(li);
const title = (li) => li.dataset.title || li.querySelector("h3").textContent.trim();

class RankedList {
  constructor(list) {
    this.list = list;
    this.live = document.getElementById(list.dataset.live);
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.held = null; // {li, before: order when taken, by: "key" | "pointer"}
    this.bindButtons();
    this.bindKeys();
    this.bindPointer();
    this.number();
  }

  items() { return [...this.list.children]; }

  order() { return this.items().map((li) => li.dataset.item); }

  say(name, li) {
    const words = this.list.dataset[`say${name}`];
    if (!this.live || !words) return;
    const facts = { title: title(li), place: place(li) + 1, count: this.items().length };
    this.live.textContent = words.replace(/\{(\w+)\}/g, (_, key) => facts[key]);
  }

  number() {
    const all = this.items();
    all.forEach((li, i) => {
      li.querySelector("[data-num]").textContent = i + 1;
      for (const b of li.querySelectorAll("[data-move]")) {
        // aria-disabled, not disabled: the focus must survive reaching the end
        const useless = b.dataset.move === "down" ? i === all.length - 1 : i === 0;
        b.setAttribute("aria-disabled", String(useless));
      }
    });
  }

  put(li, index) {
    const all = this.items();
    const from = all.indexOf(li);
    if (index < 0 || index >= all.length || index === from) return false;
    const tops = new Map(all.map((x) => [x, x.offsetTop]));
    // the others move around it: the held row never leaves the document, so focus, touch and capture survive
    if (index > from) for (const x of all.slice(from + 1, index + 1)) li.before(x);
    else for (const x of all.slice(index, from).reverse()) li.after(x);
    this.number();
    if (!this.calm.matches) this.slide(all, tops, li);
    return true;
  }

  slide(all, tops, li) {
    for (const x of all) {
      const distance = tops.get(x) - x.offsetTop;
      if (!distance || (x === li && this.held?.by === "pointer")) continue;
      x.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], { duration: 200, easing: "ease-out" });
    }
  }

  restore(order) {
    const byId = new Map(this.items().map((li) => [li.dataset.item, li]));
    order.forEach((id, i) => { if (byId.has(id)) this.put(byId.get(id), i); });
  }

  commit(li, previous) {
    this.say("Moved", li);
    const detail = { order: this.order(), previous, restore: () => this.restore(previous) };
    this.list.dispatchEvent(new CustomEvent("ranked:change", { bubbles: true, detail }));
  }

  move(li, index) {
    const previous = this.order();
    if (!this.put(li, index)) return;
    this.commit(li, previous);
    li.scrollIntoView({ block: "nearest" });
  }

  take(li, by) {
    this.held = { li, by, before: this.order() };
    li.classList.add("is-moving");
    this.say("Taken", li);
  }

  drop(keep) {
    const { li, before } = this.held;
    li.classList.remove("is-moving");
    const changed = before.join() !== this.order().join();
    if (!keep && changed) this.put(li, before.indexOf(li.dataset.item));
    if (!keep) this.say("Cancelled", li);
    this.held = null;
    if (keep && changed) this.commit(li, before);
    li.querySelector("[data-handle]").focus({ preventScroll: true });
  }

  bindButtons() {
    this.list.addEventListener("click", (e) => {
      const button = e.target.closest("[data-move]");
      if (!button) return;
      e.preventDefault();
      const li = button.closest("li");
      this.move(li, { up: place(li) - 1, down: place(li) + 1, first: 0 }[button.dataset.move]);
    });
  }

  bindKeys() {
    this.list.addEventListener("keydown", (e) => {
      const li = e.target.closest("li");
      const step = { ArrowUp: -1, ArrowDown: 1 }[e.key];
      if (li && step && e.altKey && !this.held) {
        e.preventDefault();
        this.move(li, place(li) + step);
      } else if (e.target.matches("[data-handle]")) this.handleKey(e, li, step);
    });
    this.list.addEventListener("focusout", (e) => {
      const left = e.relatedTarget && !this.held?.li.contains(e.relatedTarget);
      if (this.held?.by === "key" && left) this.drop(true);
    });
    addEventListener("keydown", (e) => { if (e.key === "Escape" && this.held?.by === "pointer") this.drop(false); });
  }

  handleKey(e, li, step) {
    const to = step ? place(li) + step : { Home: 0, End: this.items().length - 1 }[e.key];
    if (e.key === " " || e.key === "Enter") {
      e.preventDefault();
      if (this.held) this.drop(true); else this.take(li, "key");
    } else if (this.held && e.key === "Escape") {
      e.preventDefault();
      this.drop(false);
    } else if (this.held && to !== undefined) {
      e.preventDefault();
      if (!this.put(li, to)) return;
      li.scrollIntoView({ block: "nearest" });
      this.say("Passing", li);
    }
  }

  bindPointer() {
    this.list.addEventListener("pointerdown", (e) => {
      const handle = e.target.closest("[data-handle]");
      if (!handle || e.button || this.held) return;
      handle.setPointerCapture(e.pointerId);
      this.take(handle.closest("li"), "pointer");
    });
    this.list.addEventListener("pointermove", (e) => { if (this.held?.by === "pointer") this.drag(e.clientY); });
    for (const [type, keep] of [["pointerup", true], ["pointercancel", false]]) {
      this.list.addEventListener(type, () => { if (this.held?.by === "pointer") this.drop(keep); });
    }
  }

  drag(y) {
    if (y < 90) scrollBy(0, -14);
    if (y > innerHeight - 140) scrollBy(0, 14);
    const all = this.items();
    // Where rows belong, not where they still glide: a quick finger would else be left a row behind.
    const start = this.list.getBoundingClientRect().top + this.list.clientTop - all[0].offsetTop;
    // Above the list means first, below it last.
    const below = all.findIndex((x) => y <= start + x.offsetTop + x.offsetHeight);
    const over = below < 0 ? all.length - 1 : below;
    if (all[over] === this.held.li) return;
    const middle = start + all[over].offsetTop + all[over].offsetHeight / 2;
    // pass the middle of the neighbour before swapping, so that rows of different height do not flicker
    if (over > place(this.held.li) ? y > middle : y < middle) this.put(this.held.li, over);
  }
}

/* Also for lists that htmx brings later. */
const bind = (root) => {
  for (const list of root.querySelectorAll("[data-ranked]:not([data-bound])")) {
    list.dataset.bound = "";
    new RankedList(list);
  }
};
bind(document);
document.addEventListener("htmx:afterSettle", () => bind(document));
