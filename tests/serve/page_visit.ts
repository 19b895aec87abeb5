/**
 * A visit to the page of `serve` in a real browser, on a simulated SwarmUI: a program of its own,
 * because what drives the browser needs all of Deno's permissions. It fails if anything is amiss.
 *
 * Run: `deno run -A tests/serve/page_visit.ts [DIRECTORY]`; screenshots go to the directory.
 */
import { assert, assertEquals } from "@std/assert";
import axe from "axe-core";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { generateHere, startHere } from "../support/program_here.ts";
import type { OwnRun } from "../support/program_here.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";

const [PICTURES] = Deno.args;
const TOKEN = "0123456789abcdef0123456789abcdef";
/** Markup, a mark that turns the reading order around, and a character that nobody sees. */
const ODD_ID = `<img src=x onerror="document.title='owned'">\u202egnp.\u200b`;
const SIZES = [{ width: 320, height: 640 }, { width: 1280, height: 900 }, {
  width: 3840,
  height: 2160,
}];

/** A page that is watched: what it asks of other hosts, and what it complains of. */
class Visit {
  readonly page: Page;
  readonly strangers: string[] = [];
  complaints: string[] = [];

  constructor(page: Page, url: string) {
    this.page = page;
    page.on("request", (request) => {
      const to = request.url();
      if (!to.startsWith(url) && !to.startsWith("data:")) this.strangers.push(to);
    });
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  async untilSaid(pattern: RegExp): Promise<void> {
    await waitFor(async () => pattern.test(await this.page.innerText("h1")), {
      what: `the page to say ${pattern}`,
      intervalMs: 50,
    });
  }

  /**
   * Looks at it in all sizes, and lets axe look too, which takes a second.
   *
   * @param schemes In which colours. @default {both}
   */
  async check(
    name: string,
    schemes: readonly ("light" | "dark")[] = ["light", "dark"],
  ): Promise<void> {
    for (const colorScheme of PICTURES === undefined ? schemes : ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const size of SIZES) {
        await this.page.setViewportSize(size);
        const isWide = await this.page.evaluate(
          "document.documentElement.scrollWidth > document.documentElement.clientWidth",
        );
        assertEquals(isWide, false, `${name} is too wide for ${size.width}`);
        if (PICTURES !== undefined) {
          const path = `${PICTURES}/${name}-${size.width}-${colorScheme}.png`;
          await this.page.screenshot({ path });
        }
      }
      await this.page.setViewportSize({ width: 1280, height: 900 });
      const violations = await this.#violations();
      assertEquals(violations, [], `${name}, ${colorScheme}`);
    }
  }

  /** The page's policy allows no script but its own; the driver's go round it. */
  async #violations(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate("axe.run().then(({ violations }) => violations)") as {
      id: string;
      nodes: { target: string[]; failureSummary: string }[];
    }[];
    return found.map(({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`)}`
    );
  }
}

async function serve(stage: Stage, line = ""): Promise<{ run: OwnRun; url: string }> {
  const terminal = new MemoryTerminal();
  const words = `serve --quiet ${line || "--port 0"}`.split(" ");
  const run = startHere(words, { stage, terminal });
  await waitFor(() => terminal.outText.includes("\n"), { what: "serve" });
  return { run, url: terminal.outText.trim() };
}

async function open(browser: Browser, url: string): Promise<Visit> {
  const page = await browser.newPage();
  const visit = new Visit(page, url);
  await page.goto(url);
  return visit;
}

/** From idle to busy and back, over the deaths of the server and of serve. */
async function visitWork(browser: Browser): Promise<void> {
  const models = ["tiny.safetensors", "<i>odd</i>\u202e.safetensors"];
  const has = {
    models: models.map((name) => ({ name })),
    backends: models.map((model) => ({ model })),
  };
  const stage = await openStage(has);
  await using _stage = stage;
  const served = await serve(stage);
  const { url } = served;
  const visit = await open(browser, url);
  const { page } = visit;
  await visit.untilSaid(/^Idle$/);
  assertEquals(await page.title(), "Idle – SwarmUI");
  const icon = await page.getAttribute("link[rel=icon]", "href");
  assert(icon?.startsWith("data:image/svg+xml,"), icon ?? "no icon");
  await visit.check("idle", ["dark"]);

  // Before anybody writes there who locks the file, which this does not.
  await addForeignRecord(stage);
  const model = ["--model", "tiny"];
  const runs = [
    generateHere([...model, "--batch", "2"], { stage }),
    generateHere(model, { stage }),
  ];
  await stage.untilWorking(3);
  await visit.untilSaid(/^Busy: 3 generations/);
  const progress = async (): Promise<number> => {
    const values = "[...document.querySelectorAll('#running li')].map((one) => " +
      "one.dataset.id.startsWith('gen-') ? one.querySelector('progress').value : 0)";
    return Math.max(...await page.evaluate(values) as number[]);
  };
  await waitFor(async () => await page.locator("#running progress").count() === 3, {
    what: "three bars",
  });
  const before = await progress();
  await waitFor(async () => {
    await stage.clock.advance(100);
    return await progress() > before;
  }, { what: "the bar to move", intervalMs: 50 });
  const text = await page.innerText("#running");
  assert(text.includes("<img src=x"), text);
  assert(text.includes("\\u{202E}gnp.\\u{200B}"), text);
  assertEquals(await page.locator("main img, main i").count(), 0);
  assert((await page.innerText("#backends")).includes("<i>odd</i>\\u{202E}"));
  await visit.check("busy");

  await stage.finish();
  for (const run of runs) assertEquals((await run.ended).code, 0);
  await waitFor(async () => await page.locator("#ends li").count() >= 2, {
    what: "the ends",
    intervalMs: 50,
  });
  assert((await page.innerText("#ends")).includes("finished"));
  await removeRecords(stage);
  await visit.untilSaid(/^Idle$/);
  assertEquals(visit.complaints, []);

  const port = Number(new URL(stage.server.url).port);
  await stage.server.close();
  await visit.untilSaid(/^Unreachable: /);
  await visit.check("unreachable", ["light"]);
  assertEquals(visit.complaints, []);
  // With the same backends: one that is missing could still work.
  const again = await startSimulator({ port, ...has });
  await visit.untilSaid(/^Idle$/);

  // The page comes back by itself, too.
  served.run.interrupt();
  assertEquals((await served.run.ended).code, 0);
  await visit.untilSaid(/^No connection$/);
  await visit.check("lost", ["dark"]);
  const back = await serve(stage, `--port ${new URL(url).port}`);
  await visit.untilSaid(/^Idle$/);
  assertEquals(visit.complaints.filter((text) => !/ERR_|Failed to load/.test(text)), []);
  assertEquals(visit.strangers, []);
  await page.close();
  await back.run[Symbol.asyncDispose]();
  await again.close();
}

/** A record of another tool, whose ID is hostile. */
async function addForeignRecord(stage: Stage): Promise<void> {
  const now = new Date().toISOString();
  const record = { id: ODD_ID, status: "generating", progress: 0.25 };
  const sessions = { [ODD_ID]: { ...record, start_time: now, updated_at: now } };
  await Deno.writeTextFile(stage.stateFile, JSON.stringify({ sessions, updated_at: now }));
}

async function removeRecords(stage: Stage): Promise<void> {
  await Deno.writeTextFile(stage.stateFile, JSON.stringify({ sessions: {} }));
}

/** What a user without rights sees, behind a token. */
async function visitUnknown(browser: Browser): Promise<void> {
  await using stage = await openStage({ role: "user" });
  const file = `${stage.here}/token`;
  await Deno.writeTextFile(file, TOKEN);
  const { run, url } = await serve(stage, `--port 0 --access-token-file ${file}`);
  const visit = await open(browser, url);
  const { page } = visit;
  await page.waitForSelector("#login:visible");
  await visit.check("login");
  await page.keyboard.press("Tab");
  assertEquals(await page.evaluate("document.activeElement.id"), "token");
  await page.keyboard.type("a wrong one");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#wrong:visible");
  await page.fill("#token", TOKEN);
  await page.keyboard.press("Enter");
  await visit.untilSaid(/^Unknown/);
  await page.waitForSelector("#blind-part, #content:visible");
  await visit.check("unknown", ["light"]);
  assertEquals(visit.complaints, []);
  assertEquals(visit.strangers, []);
  await page.close();
  await run[Symbol.asyncDispose]();
}

/** Cancelling with the keyboard, after a question. */
async function visitCancel(browser: Browser): Promise<void> {
  await using stage = await openStage();
  const file = `${stage.here}/token`;
  await Deno.writeTextFile(file, TOKEN);
  const { run, url } = await serve(stage, `--port 0 --allow-cancel --access-token-file ${file}`);
  await using generating = generateHere(["--batch", "2"], { stage });
  await stage.untilWorking(2);
  const visit = await open(browser, url);
  const { page } = visit;
  await page.fill("#token", TOKEN);
  await page.keyboard.press("Enter");
  await visit.untilSaid(/^Busy: 1 generation/);
  await visit.check("cancel", ["dark"]);
  const questions: string[] = [];
  let isSure = false;
  page.on("dialog", async (dialog) => {
    questions.push(dialog.message());
    await (isSure ? dialog.accept() : dialog.dismiss());
  });
  const button = page.locator("#running button");
  await button.focus();
  // Drawn anew, it keeps the keyboard.
  await stage.clock.advance(200);
  await waitFor(async () => {
    await stage.clock.advance(50);
    return Number(await page.evaluate("document.querySelector('#running progress').value")) > 0;
  }, { what: "the bar to move", intervalMs: 50 });
  await page.keyboard.press("Enter");
  await waitFor(() => questions.length === 1, { what: "the question" });
  assertEquals(stage.server.counters.waiting_gens > 0, true);
  isSure = true;
  await page.keyboard.press("Enter");
  await waitFor(() => questions.length === 2, { what: "the question again" });
  await stage.finish();
  assertEquals((await generating.ended).code, 130);
  await waitFor(async () => (await page.innerText("#ends")).includes("cancelled"), {
    what: "the end",
    intervalMs: 50,
  });
  assert(questions[0]?.startsWith("Cancel gen-"), questions[0]);
  assertEquals(visit.complaints, []);
  await page.close();
  await run[Symbol.asyncDispose]();
}

/** Several servers on one page, one of them away, another with a hostile name. */
async function visitFleet(browser: Browser): Promise<void> {
  await using stage = await openStage();
  await using other = await startSimulator();
  const file = `${stage.here}/config.yaml`;
  const entries = [
    `  studio: { api-url: "${stage.server.url}" }`,
    `  gpu2: { api-url: "${other.url}" }`,
    '  away: { api-url: "http://127.0.0.1:9" }',
    '  "<b>odd</b> one": { api-url: "http://127.0.0.1:7801" }',
  ];
  await Deno.writeTextFile(file, `servers:\n${entries.join("\n")}\n`, { mode: 0o600 });
  const { run, url } = await serve(stage, `--port 0 --all --config ${file}`);
  await using generating = generateHere(["--batch", "2"], { stage });
  await stage.untilWorking(2);
  const visit = await open(browser, url);
  const { page } = visit;
  await visit.untilSaid(/^Busy: 1 of 4 servers$/);
  await page.waitForSelector("#servers tr:nth-child(2) [data-verdict=idle]");
  // In one go: a row that was drawn anew meanwhile is not laid out any more.
  const texts = "[...document.querySelectorAll('#servers tr')].map((row) => row.innerText)";
  const rows = await page.evaluate(texts) as string[];
  assertEquals(rows.map((row) => row.split(/\s*\t\s*/).slice(0, 2)), [
    ["studio", "Busy"],
    ["gpu2", "Idle"],
    ["away", "Unreachable"],
    ["<b>odd</b> one", "Unknown"],
  ]);
  assert((await page.innerText("#running")).includes("studio"));
  await visit.check("fleet");
  await stage.finish();
  assertEquals((await generating.ended).code, 0);
  await page.waitForSelector("#ends li");
  assert((await page.innerText("#ends")).includes("studio"));
  assertEquals(visit.complaints, []);
  assertEquals(visit.strangers, []);
  await page.close();
  await run[Symbol.asyncDispose]();
}

async function visitOthers(browser: Browser): Promise<void> {
  await visitUnknown(browser);
  await visitCancel(browser);
  await visitFleet(browser);
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  // Root, as in a container, has no sandbox.
  args: ["--no-sandbox"],
});
try {
  // Two at a time: this is the longest test of all, and the last one to end.
  await Promise.all([visitWork(browser), visitOthers(browser)]);
} finally {
  await browser.close();
}
Deno.exit(0);
