// The customers' phones: shows what the carrier knows and sends what is typed. Words from others are only ever
// put into the page as text (textContent), never as markup.
"use strict";

const byId = (id) => document.getElementById(id);
const list = byId("phones");
/** How long a phone stays lit that has just got a text. */
const LIT_MS = 4000;
/** Error codes to begin with. The first is one that opts nobody out: that the text looked like spam. */
const CODES = { refuse: "30007", undelivered: "30003" };

/** Phone cards by number. */
const cards = new Map();
let numbers = [];

// ---- building blocks -------------------------------------------------------------------------------------

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function drawing(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

const PICTURE = "M4 5h16v14H4zM4 16l4.5-5 3.5 4 2.5-2.5L20 18M15.5 9.2v.1";
const ARROW = "M12 19V5M6 11l6-6 6 6";

async function ask(path, method = "GET", body = undefined) {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.headers["content-type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  const response = await fetch(path, request);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The carrier answered ${response.status}.`);
  return answer;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
/** The newest time seen: the carrier's clock may be ahead of this computer's. */
let latest = "";

function shownTime(at) {
  const date = new Date(at);
  const sameDay = day.format(new Date(latest || at)) === day.format(date);
  return sameDay ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

// ---- one phone -------------------------------------------------------------------------------------------

function initials(phone) {
  const words = phone.name.split(/\s+/).filter(Boolean);
  if (words.length === 0) return phone.number.slice(-2);
  const first = (word) => [...word][0];
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "")).toUpperCase();
}

/** A North American number as people read it; others as they are. */
function spaced(number) {
  return number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");
}

function hue(number) {
  return [...number].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 6007, 7) % 6;
}

function makeCard(phone) {
  const id = `phone-${cards.size}-${Math.random().toString(36).slice(2, 8)}`;
  const card = { messages: new Map(), root: element("li") };
  card.avatar = element("span", { className: `avatar hue-${hue(phone.number)}`, "aria-hidden": "true" });
  card.name = element("h2", { id: `${id}-name` });
  card.number = element("p");
  card.out = element("span", { className: "out", textContent: "opted out", hidden: true });
  card.nothing = element("p", { className: "nothing", textContent: "No texts yet." });
  card.chat = element("div", { className: "chat", role: "log", tabIndex: 0, "aria-labelledby": `${id}-name` });
  card.chat.append(card.nothing);

  card.to = element("select", { id: `${id}-to` });
  card.toRow = element("div", { className: "to", hidden: true },
    element("label", { htmlFor: `${id}-to`, textContent: "Text to" }), card.to);
  card.body = element("textarea", { rows: 1, maxLength: 1600, placeholder: "Text message" });
  card.attach = element("button", { type: "button", className: "icon", "aria-pressed": "false" }, drawing(PICTURE));
  card.attached = element("p", { className: "attached", textContent: "A sample picture goes with it.", hidden: true });
  card.send = element("button", { type: "submit", className: "icon primary" }, drawing(ARROW));
  card.problem = element("p", { className: "problem", role: "alert" });
  card.form = element("form", { className: "compose" },
    card.toRow, card.attach, card.body, card.send, card.attached, card.problem);

  card.attach.addEventListener("click", () => attach(card, card.attach.getAttribute("aria-pressed") !== "true"));
  card.form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(card);
  });
  card.body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send(card);
    }
  });

  const section = element("section", { className: "phone", "aria-labelledby": `${id}-name` },
    element("header", {}, card.avatar, element("div", {}, card.name, card.number), card.out), card.chat, card.form);
  card.root.append(section);
  showNumbers(card);
  return card;
}

function showPhone(card, phone) {
  card.phone = phone;
  const named = phone.name !== "";
  card.avatar.textContent = initials(phone);
  card.name.textContent = named ? phone.name : phone.number;
  card.number.textContent = named ? spaced(phone.number) : "";
  card.out.hidden = phone.opted_out.length === 0;
  const who = card.name.textContent;
  card.body.setAttribute("aria-label", `Text message from ${who}`);
  card.attach.setAttribute("aria-label", `Attach a sample picture, ${who}`);
  card.attach.title = "Attach a sample picture";
  card.send.setAttribute("aria-label", `Send from ${who}`);
  card.send.title = "Send (Enter)";
  for (const message of phone.messages) showMessage(card, message);
  // What was there before somebody looked is no news.
  card.shown = true;
}

function showNumbers(card) {
  const chosen = card.to.value;
  card.to.replaceChildren(...numbers.map(({ number }) => element("option", { value: number, textContent: number })));
  if (numbers.some(({ number }) => number === chosen)) card.to.value = chosen;
  card.toRow.hidden = numbers.length < 2;
}

function attach(card, on) {
  card.attach.setAttribute("aria-pressed", String(on));
  card.attached.hidden = !on;
}

async function send(card) {
  const media = card.attach.getAttribute("aria-pressed") === "true";
  const body = card.body.value.trim();
  if (body === "" && !media) return card.body.focus();
  card.problem.textContent = "";
  card.body.value = "";
  attach(card, false);
  card.body.focus();
  const to = card.to.value;
  try {
    await ask(`/sandbox/phones/${encodeURIComponent(card.phone.number)}/messages`, "POST", { to, body, media });
  } catch (error) {
    card.problem.textContent = `Not sent: ${error.message}`;
    if (card.body.value === "") card.body.value = body;
  }
}

// ---- one message -----------------------------------------------------------------------------------------

/** What the line under a message says, and whether it is bad news. */
function about(message) {
  if (message.direction === "inbound") {
    if (message.error_code) return [`kept back by the carrier (${message.error_code})`, true];
    if (!message.handover) return ["sent", false];
    if (message.handover.error) return [`not taken: ${message.handover.error}`, true];
    return ["delivered", false];
  }
  if (message.direction === "outbound-reply") return ["from the carrier", false];
  if (message.status === "undelivered" || message.status === "failed") {
    return [`never arrived (${message.error_code ?? "no code"})`, true];
  }
  return [message.status === "queued" ? "on its way" : message.status, false];
}

function showMessage(card, message) {
  if (message.created_at > latest) latest = message.created_at;
  const known = card.messages.get(message.sid);
  const [words, bad] = about(message);
  const line = `${shownTime(message.created_at)} · ${words}`;
  const absent = ["queued", "undelivered", "failed"].includes(message.status);
  if (known) {
    if (known.about.textContent !== line) known.about.textContent = line;
    known.about.classList.toggle("bad", bad);
    known.root.classList.toggle("absent", absent);
    return;
  }
  const mine = message.direction === "inbound";
  const root = element("div", { className: "text" });
  root.classList.toggle("mine", mine);
  root.classList.toggle("absent", absent);
  for (const media of message.media) {
    root.append(element("img", { src: media.url, alt: "A picture of hills", width: 160, height: 120 }));
  }
  if (message.body !== "") root.append(element("div", { className: "bubble", textContent: message.body }));
  const aboutLine = element("p", { className: "about", textContent: line });
  aboutLine.classList.toggle("bad", bad);
  root.append(aboutLine);
  card.nothing.remove();
  const atEnd = card.chat.scrollHeight - card.chat.scrollTop - card.chat.clientHeight < 80;
  card.chat.append(root);
  card.messages.set(message.sid, { root, about: aboutLine });
  if (atEnd || mine) card.chat.scrollTop = card.chat.scrollHeight;
  if (!mine && card.shown) flash(card);
}

/** Lights a phone up that has just got a text, as a real one does. */
function flash(card) {
  const phone = card.root.firstElementChild;
  phone.classList.add("lit");
  clearTimeout(card.dark);
  card.dark = setTimeout(() => phone.classList.remove("lit"), LIT_MS);
}

// ---- all phones ------------------------------------------------------------------------------------------

/** In the order in which they came: an order in which nothing jumps while texts come in. */
function compare(one, other) {
  return one.place - other.place;
}

function show(answer) {
  showSettings(answer);
  const wanted = new Map(answer.phones.sort(compare).map((phone) => [phone.number, phone]));
  for (const [number, card] of cards) {
    if (wanted.has(number)) continue;
    card.root.remove();
    cards.delete(number);
  }
  for (const phone of wanted.values()) put(phone);
  byId("find-field").hidden = answer.total <= 12 && byId("find").value === "";
  byId("empty").hidden = cards.size > 0;
}

function put(phone) {
  const known = cards.get(phone.number);
  if (known) return showPhone(known, phone);
  const card = makeCard(phone);
  showPhone(card, phone);
  const after = [...cards.values()].filter((other) => compare(other.phone, phone) < 0).sort((a, b) => compare(a.phone, b.phone)).at(-1);
  if (after) after.root.after(card.root);
  else list.prepend(card.root);
  cards.set(phone.number, card);
  byId("empty").hidden = true;
  card.chat.scrollTop = card.chat.scrollHeight;
}

function showSettings(answer) {
  numbers = answer.numbers;
  for (const card of cards.values()) showNumbers(card);
  const desk = byId("desk");
  desk.hidden = !answer.desk_url;
  if (answer.desk_url && /^https?:\/\//.test(answer.desk_url)) desk.href = answer.desk_url;
}

let loading = false;
let loadAgain = false;

async function load() {
  if (loading) {
    loadAgain = true;
    return;
  }
  loading = true;
  try {
    do {
      loadAgain = false;
      show(await ask(`/sandbox/phones?q=${encodeURIComponent(byId("find").value)}`));
      showFaults((await ask("/sandbox/faults")).faults);
    } while (loadAgain);
    byId("offline").textContent = "";
  } catch {
    byId("offline").textContent = "The carrier does not answer. The page tries again by itself.";
  } finally {
    loading = false;
  }
}

// ---- faults ----------------------------------------------------------------------------------------------

const faultForm = byId("fault-form");
let faults = [];

function faultWords(fault) {
  const option = [...byId("fault-kind").options].find(({ value }) => value === fault.kind);
  const parts = [option ? option.textContent : fault.kind];
  if (fault.code) parts.push(`code ${fault.code}`);
  if (fault.delay_ms) parts.push(`${fault.delay_ms / 1000} s`);
  parts.push(fault.remaining ? `next ${fault.remaining}` : "until cleared");
  return parts.join(" · ");
}

function showFaults(now) {
  faults = now;
  const count = byId("fault-count");
  count.hidden = faults.length === 0;
  count.textContent = faults.length === 0 ? "" : String(faults.length);
  byId("fault-list").replaceChildren(...faults.map((fault) => {
    const clear = element("button", { type: "button", textContent: "clear", "aria-label": `Clear: ${faultWords(fault)}` });
    clear.addEventListener("click", () => setFaults(faults.filter(({ kind }) => kind !== fault.kind)));
    return element("li", {}, faultWords(fault), clear);
  }));
}

async function setFaults(wanted) {
  byId("fault-problem").textContent = "";
  try {
    showFaults((await ask("/sandbox/faults", "PUT", { faults: wanted })).faults);
  } catch (error) {
    byId("fault-problem").textContent = error.message;
  }
}

function showFaultFields() {
  const kind = byId("fault-kind").value;
  byId("fault-code-field").hidden = kind !== "refuse" && kind !== "undelivered";
  byId("fault-delay-field").hidden = kind !== "late_callbacks" && kind !== "too_many_requests";
  byId("fault-code").value = CODES[kind] ?? "";
}

byId("fault-kind").addEventListener("change", showFaultFields);
faultForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const kind = byId("fault-kind").value;
  const number = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
  const fault = { kind, remaining: number("fault-remaining"), code: null, delay_ms: null };
  if (!byId("fault-code-field").hidden) fault.code = number("fault-code");
  if (!byId("fault-delay-field").hidden) fault.delay_ms = (number("fault-delay") ?? 0) * 1000;
  setFaults([...faults.filter((other) => other.kind !== kind), fault]);
});

// ---- the page itself -------------------------------------------------------------------------------------

for (const name of ["faults", "add"]) {
  const button = byId(`open-${name}`);
  button.addEventListener("click", () => {
    const panel = byId(name);
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) panel.querySelector("input, select").focus();
  });
}

byId("add-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("add-problem").textContent = "";
  const number = byId("add-number").value.trim();
  const name = byId("add-name").value.trim();
  try {
    put(await ask("/sandbox/phones", "POST", { number, name }));
    byId("add-form").reset();
    cards.get(number).root.scrollIntoView({ block: "nearest" });
    cards.get(number).body.focus();
  } catch (error) {
    byId("add-problem").textContent = error.message;
  }
});

let finding;
byId("find").addEventListener("input", () => {
  clearTimeout(finding);
  finding = setTimeout(load, 150);
});

function listen() {
  const events = new EventSource("/sandbox/events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("message", ({ phone, message }) => {
    const card = cards.get(phone);
    if (card) showMessage(card, message);
    else load();
  });
  on("phone", (phone) => {
    if (phone && (cards.has(phone.number) || byId("find").value === "")) put(phone);
  });
  on("numbers", showSettings);
  on("faults", (answer) => showFaults(answer.faults));
  on("reload", load);
  // A connection that was lost may have missed something, so every new one starts from what is there.
  events.addEventListener("open", load);
  events.addEventListener("error", () => {
    byId("offline").textContent = "The carrier does not answer. The page tries again by itself.";
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
}

showFaultFields();
listen();
