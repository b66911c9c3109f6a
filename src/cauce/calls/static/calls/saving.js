/* Saves a ranked list at each move. <form data-saving data-folio> holds the list, a hidden "base" (the version that
   the page shows) and a [data-save-state] that says what is going on. One request at a time; what was moved
   meanwhile goes next. Without signal the order stays on this device and is sent when the signal is back; a request
   whose answer was lost is repeated as it was, so that nobody is in conflict with themselves. */

const form = document.querySelector("form[data-saving]");

class Saving {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-ranked]");
    this.base = form.elements.base;
    this.line = form.querySelector("[data-save-words]");
    this.key = `cauce-list-${form.dataset.folio}`;
    this.wanted = null; // the order to save, best first
    this.doubt = null; // {base, order} of a request that may or may not have arrived
    this.busy = false;
    this.list.addEventListener("ranked:change", (e) => this.keep(e.detail.order));
    addEventListener("online", () => this.next());
    // A button that posts the page (remove) must not overtake a save.
    form.addEventListener("submit", (e) => { if (this.busy || this.wanted) { e.preventDefault(); this.after = e.submitter; this.next(); } });
    this.recover();
  }

  order() { return [...this.list.children].map((li) => li.dataset.item); }

  /* What a lost page left on this device. */
  recover() {
    const kept = this.read();
    if (!kept) return;
    const here = this.order();
    const same = kept.order.length === here.length && kept.order.every((id) => here.includes(id));
    if (!same || kept.order.join() === here.join()) return this.forget();
    // Sent over the version it was made on: if another device has saved since, the server keeps both.
    this.base.value = kept.base;
    this.wanted = kept.order;
    this.recovered = true; // the page shows the order of before: it is drawn again once this one is safe
    this.next();
  }

  read() {
    try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; }
  }

  keep(order) {
    this.wanted = order;
    try { localStorage.setItem(this.key, JSON.stringify({ base: this.base.value, order })); } catch { /* private window: the request is enough */ }
    this.next();
  }

  forget() {
    try { localStorage.removeItem(this.key); } catch { /* nothing was kept */ }
  }

  say(words, kind = "", link = null) {
    this.line.textContent = words;
    this.line.className = kind;
    if (link) {
      const a = document.createElement("a");
      [a.href, a.textContent] = [link, ` ${this.form.dataset.again}`];
      this.line.append(a);
    }
  }

  async next() {
    if (this.busy || !(this.doubt || this.wanted)) return;
    if (!navigator.onLine) return this.say(this.form.dataset.offline, "u-warn");
    const sending = this.doubt ?? { base: this.base.value, order: this.wanted };
    this.busy = true;
    this.say(this.form.dataset.working);
    try {
      await this.send(sending);
    } catch {
      this.doubt = sending;
      this.say(navigator.onLine ? this.form.dataset.lost : this.form.dataset.offline, "u-warn");
      setTimeout(() => this.next(), 5000);
    }
    this.busy = false;
    if (this.wanted && !this.doubt && !this.stopped) return this.next();
    if (!this.wanted && !this.doubt && this.after) {
      const button = this.after;
      this.after = null;
      this.form.removeAttribute("aria-busy");
      this.form.requestSubmit(button);
    }
  }

  async send({ base, order }) {
    const body = new URLSearchParams({ base, orden: order.join(), csrfmiddlewaretoken: this.form.elements.csrfmiddlewaretoken.value });
    const answer = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    this.doubt = null;
    if (answer.type === "opaqueredirect" || answer.status === 403 && !answer.headers.get("Content-Type")?.includes("json")) {
      this.stopped = true; // the session has ended: the order stays on this device
      return this.say(this.form.dataset.lost, "u-bad", location.href);
    }
    if (answer.status >= 500) throw new Error(answer.status);
    const data = await answer.json();
    if (data.conflict) {
      this.forget();
      return location.assign(data.conflict);
    }
    if (!answer.ok) {
      this.wanted = null;
      this.forget();
      return this.say(`${data.message} ${data.remedy ?? ""}`, "u-bad");
    }
    this.base.value = data.version;
    if (this.wanted?.join() === order.join()) {
      this.wanted = null;
      this.forget();
      if (this.recovered) return location.reload();
    } else if (this.wanted) {
      this.keepUnder(data.version);
    }
    this.say(data.saved, "fw-bold");
    document.querySelector("[data-unsent]")?.toggleAttribute("hidden", !data.unsent);
  }

  keepUnder(base) {
    try { localStorage.setItem(this.key, JSON.stringify({ base, order: this.wanted })); } catch { /* as above */ }
  }
}

if (form?.querySelector("[data-ranked]")) new Saving(form);
