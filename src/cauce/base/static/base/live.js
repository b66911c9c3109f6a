/* A live choice: what changes on the board is written into the page as it is told. Everything shown is in the page
   already; without this module, or without the board's process, one reloads it. A lost connection comes back by
   itself and is told what it missed, or the whole state. */
const root = document.querySelector("[data-live]");
const status = document.querySelector("[data-live-status]");
const number = new Intl.NumberFormat(document.documentElement.lang);
const skew = root?.dataset.now ? Date.now() - Date.parse(root.dataset.now) : 0;
const write = (el, text) => { if (el && el.textContent !== text) el.textContent = text; };
const again = (most) => setTimeout(() => location.reload(), Math.random() * most);

function tick() {
  for (const el of document.querySelectorAll("[data-deadline]")) {
    const left = Math.max(0, Math.round((Date.parse(el.dataset.deadline) - (Date.now() - skew)) / 1000));
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60, seconds = left % 60;
    const two = (n) => String(n).padStart(2, "0");
    write(el, `${root.dataset.wordsLeft} ${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds)}`);
  }
}

function show(lane, [folio, place, deadline, waiting, left]) {
  const row = document.querySelector(`[data-lane="${lane}"]`);
  if (row) {
    const clock = row.querySelector('[data-f="clock"]');
    write(row.querySelector('[data-f="folio"]'), folio || root.dataset.wordsOver);
    write(row.querySelector('[data-f="place"]'), place ? number.format(place) : "—");
    write(row.querySelector('[data-f="waiting"]'), number.format(waiting));
    write(row.querySelector('[data-f="left"]'), number.format(left));
    if (deadline) clock.dataset.deadline = deadline;
    else { delete clock.dataset.deadline; write(clock, folio ? root.dataset.wordsHeld : "—"); }
  }
  const { me, myLane, myState, behind } = root.dataset;
  if (me && myLane === lane) {
    write(document.querySelector("[data-ahead]"), number.format(Math.max(0, waiting - behind)));
    if (myState === "waiting" && folio === me) location.reload();
    if (myState === "open" && folio !== me) location.reload();
    const mine = document.querySelector("[data-my-clock]");
    if (mine && folio === me && deadline) mine.dataset.deadline = deadline;
  }
}

function log(lines) {
  const body = document.querySelector("[data-live-log]");
  if (!body) return;
  const how = JSON.parse(root.dataset.how);
  const labels = JSON.parse(root.dataset.labels);
  for (const [n, folio, post, way, at] of lines) {
    const cells = [number.format(n), folio, post || root.dataset.wordsNone, how[way], at];
    if ([...body.rows].some((row) => row.cells[0].textContent === cells[0])) continue;
    const row = body.insertRow(0);
    cells.forEach((text, at) => {
      const cell = document.createElement(at ? "td" : "th");
      if (!at) { cell.scope = "row"; cell.className = "num fw-normal"; } else cell.dataset.label = labels[at] ?? "";
      cell.textContent = text;
      row.append(cell);
    });
    if (body.rows.length > 12 && !document.querySelector(".pagination")) body.deleteRow(-1);
  }
}

function take(event) {
  const told = JSON.parse(event.data);
  if (told.state !== root.dataset.state) { again(4000); return; }
  for (const [lane, values] of Object.entries(told.lanes ?? {})) show(lane, values);
  for (const [post, left] of Object.entries(told.seats ?? {})) {
    write(document.querySelector(`[data-post="${post}"]`), number.format(left));
  }
  if (told.done !== undefined) write(document.querySelector("[data-live-done]"), number.format(told.done));
  log(told.log ?? []);
  tick();
}

if (root?.dataset.live) {
  const source = new EventSource(`${root.dataset.live}?desde=${root.dataset.version}`);
  source.addEventListener("state", take);
  source.addEventListener("change", take);
  source.onopen = () => write(status, status?.dataset.wordsOn);
  source.onerror = () => write(status, status?.dataset.wordsOff);
}
if (root) { tick(); setInterval(tick, 1000); }
