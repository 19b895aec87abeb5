// Draws what serve knows, and draws it again at each event. All text of others is text, never markup.

const SIGNS = {
  idle:
    '<circle cx="12" cy="12" r="10"/><path d="M7 12.5l3.5 3.5L17 9" fill="none" stroke="#fff"/>',
  busy: '<circle cx="12" cy="12" r="10"/><path d="M9 7.5v9l8-4.5z" fill="#fff"/>',
  unknown:
    '<circle cx="12" cy="12" r="10"/><path d="M9 9.5a3 3 0 1 1 4.2 2.7c-.8.4-1.2.9-1.2 1.8M12 17v.1" fill="none" stroke="#fff"/>',
  unreachable:
    '<circle cx="12" cy="12" r="10"/><path d="M8.5 8.5l7 7m0-7l-7 7" fill="none" stroke="#fff"/>',
};
const COLORS = { idle: "#1a7f37", busy: "#9a5b00", unknown: "#5a5f6b", unreachable: "#b3261e" };
const WORDS = {
  idle: "Idle",
  busy: "Busy",
  unknown: "Unknown",
  unreachable: "Unreachable",
  lost: "No connection",
};
const OUTCOMES = { finished: "finished", failed: "failed", cancelled: "cancelled" };

/** What moves the cursor, is invisible or turns the reading order around: shown, not obeyed. */
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/gu;

/** The least time between two questions, in milliseconds, and the longest without an event. */
const GAP_MS = 300;
const CALM_MS = 10_000;
const AGAIN_MS = 2_000;
/** The greatest number of ends that are shown. */
const MOST_ENDS = 20;

const at = (id) => document.getElementById(id);

const plain = (text) =>
  String(text).replace(UNSAFE, (one) => `\\u{${one.codePointAt(0).toString(16).toUpperCase()}}`);

/** An element with children; texts become text nodes. */
function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

/** A text of others: on its own, whatever its reading order is. */
const foreign = (text) => make("bdi", {}, plain(text));

function replace(id, children, part) {
  at(id).replaceChildren(...children);
  if (part) at(part).hidden = children.length === 0;
}

function drawVerdict(verdict, summary) {
  const before = document.body.dataset.verdict;
  const shape = SIGNS[verdict] ?? SIGNS.unreachable;
  document.body.dataset.verdict = verdict;
  document.title = `${plain(summary)} – SwarmUI`;
  at("summary").textContent = plain(summary);
  if (before === verdict) return;
  const draw = (color) =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="${color}" stroke-width="2.4" ` +
    `stroke-linecap="round" stroke-linejoin="round">${shape}</svg>`;
  // Our own words alone go into markup.
  at("sign").innerHTML = draw("currentColor");
  const icon = encodeURIComponent(draw(COLORS[verdict] ?? COLORS.unreachable));
  document.querySelector("link[rel=icon]").href = `data:image/svg+xml,${icon}`;
  if (before !== "waiting") at("announcer").textContent = WORDS[verdict] ?? "";
}

/** A row for each server, where there are several. */
function drawServer(one) {
  const word = WORDS[one.verdict] ?? one.verdict;
  // The verdict has a column of its own.
  const why = plain(one.summary).replace(`${word}: `, "");
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, one.part_of === null ? "" : "↳ ", foreign(one.name)),
    make("td", {}, make("span", { class: "mark", "data-verdict": one.verdict }, word)),
    make("td", {}, why === word ? "–" : make("bdi", {}, why)),
  );
}

/** Of several servers, each thing says where it is. */
const placed = (server, things) => things.map((one) => ({ ...one, server: server.name }));

function drawGeneration(one) {
  const name = one.session_id;
  const bar = make("progress", { max: 1, "aria-label": `Progress of ${plain(name)}` });
  if (one.progress !== null && one.status === "generating") bar.value = one.progress;
  const images = one.image === null ? "" : `image ${one.image} of ${one.images_total}`;
  const percent = one.progress === null ? "" : `${Math.floor(one.progress * 100)} %`;
  const state = one.queued ? "queued" : one.orphaned ? "orphaned" : one.status;
  return make(
    "li",
    { "data-id": name },
    make("div", { class: "row" }, make("span", { class: "name" }, foreign(name)), foreign(state)),
    bar,
    make(
      "div",
      { class: "row soft" },
      make("span", {}, [percent, images].filter((part) => part !== "").join(", ")),
      make("span", {}, one.remaining === null ? "" : `about ${one.remaining} left`),
    ),
    make(
      "div",
      { class: "row soft" },
      one.model === null ? "" : foreign(one.model),
      make(
        "span",
        {},
        one.server === undefined ? "" : "on ",
        one.server === undefined ? "" : foreign(one.server),
        ` for ${one.duration}`,
        one.host === null ? "" : " from ",
        one.host === null ? "" : foreign(one.host),
      ),
    ),
    mayCancel && one.server_url !== null ? cancelButton(name) : "",
    one.note === null || one.note === undefined
      ? ""
      : make("p", { class: "soft" }, foreign(one.note)),
  );
}

const mayCancel = document.body.dataset.mayCancel !== undefined;

function cancelButton(id) {
  const button = make("button", { type: "button", "aria-label": `Cancel ${plain(id)}` }, "Cancel");
  button.onclick = async () => {
    if (!confirm(`Cancel ${plain(id)}? Its images that are not finished are lost.`)) return;
    button.disabled = true;
    await cancel(id);
    update();
  };
  return button;
}

async function cancel(id) {
  const notice = at("notice");
  notice.hidden = true;
  try {
    const answer = await fetch("API/CancelGeneration", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ session_id: id }),
    });
    const { error } = await answer.json();
    if (!error) return;
    notice.textContent = plain(error.message);
  } catch {
    notice.textContent = `Not known whether ${plain(id)} was cancelled: no answer`;
  }
  notice.hidden = false;
}

/** Draws cards anew, and leaves the keyboard where it was. */
function keepFocus(redraw) {
  const id = document.activeElement?.closest("[data-id]")?.dataset.id;
  redraw();
  if (id === undefined) return;
  [...at("running").children].find((one) => one.dataset.id === id)?.querySelector("button")
    ?.focus();
}

function drawEnd(end) {
  const outcome = OUTCOMES[end.outcome] ?? "ended, nobody told how";
  return make(
    "li",
    {},
    make("span", { class: "name" }, foreign(end.session_id)),
    make("span", {}, outcome),
    end.server === undefined ? "" : make("span", {}, foreign(end.server)),
    make("time", { class: "soft", datetime: end.ended_at }, clockTime(new Date(end.ended_at))),
  );
}

/** With the day, unless it is today. */
function clockTime(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

function drawBackend(one) {
  const title = one.title === "" ? `${one.type} ${one.id}` : one.title;
  const age = one.seconds_since_used;
  return make(
    "tr",
    {},
    make(
      "td",
      {},
      one.server === undefined ? "" : foreign(one.server),
      one.server === undefined ? "" : ": ",
      foreign(title),
    ),
    make("td", {}, foreign(one.status)),
    make("td", {}, one.model_loaded === null ? "–" : foreign(one.model_loaded)),
    make("td", { "data-label": "Queue" }, one.queue === null ? "–" : String(one.queue.remaining)),
    make("td", { "data-label": "Last used" }, age === null ? "–" : `${duration(age)} ago`),
  );
}

function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function machineLines({ name, system_info: info }) {
  if (info === null) return [];
  const whose = () => name === undefined ? [] : [foreign(name), ": "];
  const percent = (part) => `${Math.round(part * 100)} %`;
  const lines = info.gpus.map((gpu) =>
    make(
      "li",
      {},
      make("span", { class: "name" }, ...whose(), foreign(gpu.name)),
      gpu.utilization === null ? "" : make("span", {}, `${percent(gpu.utilization)} busy`),
      gpu.vram_used_bytes === null
        ? ""
        : make("span", { class: "soft" }, `${(gpu.vram_used_bytes / 2 ** 30).toFixed(1)} GiB used`),
    )
  );
  if (info.cpu_usage === null) return lines;
  return [
    ...lines,
    make(
      "li",
      {},
      make("span", { class: "name" }, ...whose(), "CPU"),
      `${percent(info.cpu_usage)} busy`,
    ),
  ];
}

function draw(active, status) {
  at("lost").hidden = true;
  at("login").hidden = true;
  at("content").hidden = false;
  drawVerdict(active.verdict, active.summary);
  const several = active.servers !== undefined;
  const servers = active.servers ?? [active];
  const states = status.servers ?? [status];
  at("facts").replaceChildren(
    ...(several ? [`${servers.length} servers`] : [
      foreign(active.server_url),
      status.version === null ? "" : ` · SwarmUI ${plain(status.version)}`,
      status.response_time === null ? "" : ` · answered in ${status.response_time}`,
    ]),
    ` · seen ${duration(Math.max(...servers.map((one) => one.age_seconds)))} ago`,
  );
  replace("servers", several ? servers.map(drawServer) : [], "servers-part");
  const running = servers.flatMap((one) =>
    placed(one, [...one.active_generations, ...one.uncertain_generations])
  );
  keepFocus(() => replace("running", running.map(drawGeneration)));
  const others = servers.reduce((sum, one) => sum + (one.images_untracked ?? 0), 0);
  const more = others > 0
    ? `${others} ${others === 1 ? "image" : "images"} that no record explains.`
    : "";
  at("none").textContent = more ||
    (running.length > 0
      ? ""
      : active.verdict === "idle"
      ? "Nothing is being made."
      : "No generation of this tool is known.");
  const ends = servers.flatMap((one) => placed(one, one.recent_ends))
    .sort((one, other) => other.ended_at.localeCompare(one.ended_at)).slice(0, MOST_ENDS);
  replace("ends", ends.map(drawEnd), "ends-part");
  const backends = states.flatMap((one) => placed(one, one.backends));
  replace("backends", backends.map(drawBackend), "backends-part");
  replace("machine", states.flatMap((one) => machineLines(one)), "machine-part");
  const spots = states.flatMap((one) =>
    one.detection.blind_spots.map((spot) =>
      make(
        "li",
        {},
        several ? make("span", { class: "name" }, foreign(one.name)) : "",
        foreign(spot),
      )
    )
  );
  replace("blind", spots, "blind-part");
}

function showLogin() {
  at("content").hidden = true;
  at("lost").hidden = true;
  at("facts").replaceChildren();
  at("login").hidden = false;
  at("wrong").hidden = location.hash !== "#wrong";
  drawVerdict("unknown", "A token is needed");
}

function showLost() {
  if (!at("lost").hidden) return;
  at("lost").textContent = "No connection to this page's server. Trying again…" +
    (drawnAt === null ? "" : ` This is how it was at ${clockTime(drawnAt)}:`);
  at("lost").hidden = false;
  at("facts").replaceChildren();
  drawVerdict("lost", "No connection");
}

/** Asks for all of it. @returns Whether events may be listened to. */
async function ask() {
  try {
    const options = { signal: AbortSignal.timeout(20_000) };
    const [active, status] = await Promise.all([
      fetch("API/ListActiveGenerations", options),
      fetch("status", options),
    ]);
    if (active.status === 401) {
      showLogin();
      return false;
    }
    if (!active.ok || !status.ok) throw new Error("it was refused");
    draw(await active.json(), await status.json());
    drawnAt = new Date();
    return true;
  } catch {
    showLost();
    return true;
  }
}

/** When all of it was drawn last. */
let drawnAt = null;
let events = null;
let isAsking = false;
let isWanted = false;

/** Asks as soon as may be, and once more if something happened meanwhile. */
async function update() {
  isWanted = true;
  if (isAsking) return;
  isAsking = true;
  while (isWanted) {
    isWanted = false;
    if (await ask()) listen();
    await new Promise((resolve) => setTimeout(resolve, GAP_MS));
  }
  isAsking = false;
}

function listen() {
  if (events !== null && events.readyState !== EventSource.CLOSED) return;
  events = new EventSource("events");
  events.onopen = update;
  events.onerror = () => {
    showLost();
    // What was refused does not come back by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(update, AGAIN_MS);
  };
  events.onmessage = ({ data }) => {
    const { event, generation, server } = JSON.parse(data);
    const card = event === "generation.progress" &&
      [...at("running").children].find((one) => one.dataset.id === generation.session_id);
    if (card) keepFocus(() => card.replaceWith(drawGeneration({ ...generation, server })));
    else update();
  };
}

if (document.body.dataset.wantsToken === undefined) {
  setInterval(update, CALM_MS);
  update();
} else showLogin();
