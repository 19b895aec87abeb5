/**
 * A row of the truth table: one situation, and everything that `status` says about it. A test
 * creates the situation and names the row; `assertRow()` runs `status` in all its forms and
 * compares.
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { CliResult } from "./cli_process.ts";
import type { HereOptions } from "./program_here.ts";
import { runHere } from "./program_here.ts";
import type { Stage } from "./stage.ts";
import { MODEL } from "./stage.ts";
import type { StatusJson } from "./status_json.ts";
import { readStatus } from "./status_json.ts";

/** One way to run `status`, with further options. */
export type Look = (args: readonly string[]) => Promise<CliResult>;

/** Looks from within this process. */
export function lookFrom(stage: Stage, options: HereOptions = {}): Look {
  return (args) => runHere(["status", ...args], { ...options, stage });
}

/** Looks from a separate process, with the permissions that are shipped. */
export function lookFromProcess(stage: Stage, cwd: string = stage.here): Look {
  return (args) => stage.run(["status", ...args], { cwd });
}

/** Looks without waiting for a backend that is called idle. */
export function lookAtOnce(stage: Stage, options: HereOptions = {}): Look {
  return (args) => runHere(["status", "--no-settle", ...args], { ...options, stage });
}

/** The exit codes of `wait --timeout 0`, `wait --once`, `wait --timeout 0 --require-exact`, `doctor`. */
export type OtherExits = readonly [wait: number, once: number, exact: number, doctor: number];

/** Asks the other commands that answer with their exit code, and compares. */
export async function assertExits(
  stage: Stage,
  exits: OtherExits,
  options: HereOptions = {},
): Promise<void> {
  const lines = ["wait --timeout 0", "wait --once", "wait --timeout 0 --require-exact", "doctor"];
  const codes: number[] = [];
  for (const line of lines) {
    codes.push((await runHere(line.split(" "), { ...options, stage })).code);
  }
  assertEquals(codes, [...exits]);
}

/**
 * Everything that `status` says. Fields that are not given are as on a quiet server that can be
 * seen.
 */
export interface Row {
  readonly verdict: "busy" | "idle" | "unknown" | "unreachable";
  /** @default {null} */
  readonly likely?: "idle" | null;
  /** `generations_running`. */
  readonly number: number | null;
  readonly basis: "exact" | "at_least" | "backend_status" | "none";
  /** @default {NO_IMAGES} */
  readonly images?: Readonly<Record<string, number | null>>;
  /** @default {NO_JOBS} */
  readonly comfyJobs?: Readonly<Record<string, number | null>>;
  /** `active_generations`, each as `describe()` puts it. @default {[]} */
  readonly active?: readonly string[];
  /** `uncertain_generations`. @default {[]} */
  readonly uncertain?: readonly string[];
  /** Tiers that gave no answer: `comfy_queue: not_permitted`. @default {[]} */
  readonly silent?: readonly string[];
  /** The exit codes of `status` and of `status --exit-code`. */
  readonly exits: readonly [number, number];
  /** The code of `error`. @default {null} */
  readonly error?: string | null;
  /**
   * All lines below the rule of *Active Generations*, including the footer, except the advice of an
   * unknown verdict; see `masked()`.
   */
  readonly text: readonly string[];
  /** Warnings on standard error. @default {[]} */
  readonly warnings?: readonly string[];
}

/** The server says that there are none. */
export const NO_IMAGES = {
  outstanding: 0,
  running: 0,
  queued: 0,
  loading_models: 0,
  untracked: 0,
};
/** The server does not say. */
export const UNKNOWN_IMAGES = {
  outstanding: null,
  running: null,
  queued: null,
  loading_models: null,
  untracked: null,
};
/** ComfyUI's queues are empty. */
export const NO_JOBS = { remaining: 0, unattributed: 0 };
/** ComfyUI's queues were not seen. */
export const UNKNOWN_JOBS = { remaining: null, unattributed: null };
/** The text of a quiet server. */
export const NOTHING_RUNS = "No generations currently running";
/** The heading of generations in doubt, after an empty line. */
export const UNCERTAIN_HEADING = ["", "Uncertain Generations", "─".repeat(47)];

/** The row of a server that is certainly quiet. */
export const IDLE: Row = {
  verdict: "idle",
  number: 0,
  basis: "exact",
  exits: [0, 0],
  text: [NOTHING_RUNS],
};

/** What a ComfyUI job without a run is called. */
export const UNATTRIBUTED =
  "Unattributed: 1 ComfyUI job, sent straight to ComfyUI or the rest of an interrupted run";
/** Nothing runs but one such job. */
export const ONE_UNATTRIBUTED: Row = {
  verdict: "busy",
  number: 1,
  basis: "at_least",
  comfyJobs: { remaining: 1, unattributed: 1 },
  exits: [0, 8],
  text: [UNATTRIBUTED],
};

/** The lines of one generation of this tool, as `masked()` leaves them. */
export function block(number: number, status: string, note?: string): readonly string[] {
  return blockWithoutModel(number, status, note, [`    Model:         ${MODEL}`]);
}

/** The same of a record that names no model. */
export function blockWithoutModel(
  number: number,
  status: string,
  note?: string,
  model: readonly string[] = [],
): readonly string[] {
  return [
    `  Generation ${number}:`,
    "    Session ID:    ID",
    `    Status:        ${status}`,
    // Without a process what is done is known only if some of it was told before.
    ...(note === undefined ? ["    Progress:      N%"] : []),
    "    Duration:      N",
    ...(note?.startsWith("uncertain") ? [] : ["    Image:         N of N"]),
    ...model,
    ...(note === undefined ? [] : [`    Note:          ${note}`]),
  ];
}

/** The same of a single image. */
export function singleBlock(number: number, status: string, note?: string): readonly string[] {
  return single(block(number, status, note));
}

/** Removes the image's number, which a single image does not have. */
export function single(block: readonly string[]): readonly string[] {
  return block.filter((line) => !line.startsWith("    Image:"));
}

/**
 * Runs `status` as JSON, as text and for the exit code, and compares everything with a row.
 *
 * @returns The document, for fields that a row does not have.
 */
export async function assertRow(look: Look, row: Row): Promise<StatusJson> {
  const json = await look(["--format", "json"]);
  const text = await look([]);
  const quiet = await look(["--exit-code", "--quiet"]);
  const status = readStatus(json.out);
  const { verdict, likely, images, comfy_jobs, error } = status;
  assertEquals({
    verdict,
    likely,
    number: status.generations_running,
    basis: status.generations_running_basis,
    images,
    comfyJobs: comfy_jobs,
    active: status.active_generations.map(describe),
    uncertain: status.uncertain_generations.map(describe),
    silent: status.detection.tiers.filter(({ answered }) => !answered).map((tier) =>
      `${tier.source ?? tier.scope}: ${tier.reason}`
    ),
    exits: [text.code, quiet.code],
    error: error?.code ?? null,
    text: withoutAdvice(masked(text.out), verdict),
    warnings: warningsOf(text.err),
  }, {
    likely: null,
    images: NO_IMAGES,
    comfyJobs: NO_JOBS,
    active: [],
    uncertain: [],
    silent: [],
    error: null,
    warnings: [],
    ...row,
    exits: [...row.exits],
    text: [...row.text],
  });
  assertEquals(json.code, text.code);
  // The error is printed for people too, and nothing else.
  assertEquals(json.err, error === null ? "" : `Error: ${error.message}\n`);
  // A second try may meet the same trouble in other words.
  const told = text.err.replaceAll(/^Warning: .+\n/gm, "");
  assertMatch(told, error === null ? /^$/ : /^Error: .+\n$/);
  // The answer comes first.
  const answer = verdict.charAt(0).toUpperCase() + verdict.slice(1);
  assertMatch(
    text.out,
    new RegExp(`^${answer}(: [^\\n]+| \\(likely idle\\): [^\\n]+)?\\n\\nServer\\n`),
  );
  return status;
}

/** A generation in one line: `generating, alive, working, directory user`, and what is odd. */
function describe(one: StatusJson["active_generations"][number]): string {
  const odd = [one.orphaned ? "orphaned" : "", one.verified ? "" : "unverified"];
  return [one.status, one.owner, one.server, one.scope.join(" "), ...odd].filter((word) =>
    word !== ""
  ).join(", ");
}

/**
 * The text below the rule, without what differs each time: ids, progress, durations, and the
 * remaining time, which is known only at some moments.
 */
function masked(text: string): readonly string[] {
  const lines = text.trimEnd().split("\n");
  const below = lines.slice(lines.indexOf("Active Generations") + 2);
  const noted = below.map((_, at) => noteOf(below, at));
  const isChance = (line: string, at: number): boolean =>
    /^ {4}Remaining: {5}about /.test(line) ||
    (noted[at] !== null && /^ {4}Progress: /.test(line)) ||
    (noted[at]?.startsWith("uncertain") === true && /^ {4}Image: /.test(line));
  return below.filter((line, at) => !isChance(line, at)).map((line) =>
    line.replace(/gen-[0-9a-z]{8}/g, "ID")
      .replace(/^( {4}Progress: {6})\d+\.\d%$/, "$1N%")
      .replace(/^( {4}Duration: {6})(\d+s|\d+\.\d[smh])$/, "$1N")
      .replace(/^( {4}Image: {9})\d+ of \d+$/, "$1N of N")
  );
}

/** The note of the generation to which a line belongs; `null`: it has none. */
function noteOf(lines: readonly string[], at: number): string | null {
  for (const line of lines.slice(at)) {
    const note = /^ {4}Note: +(.*)$/.exec(line)?.[1];
    if (note !== undefined) return note;
    if (line === "" || line.startsWith("  Generation ")) return null;
  }
  return null;
}

/** Removes the last line of a text whose verdict is unknown; it must exist. */
function withoutAdvice(lines: readonly string[], verdict: string): readonly string[] {
  if (verdict !== "unknown") return lines;
  assertEquals(lines.at(-1), "What is missing, and how to get it: asset-generator doctor");
  const rest = lines.slice(0, -1);
  return rest.at(-1) === "" ? rest.slice(0, -1) : rest;
}

function warningsOf(err: string): readonly string[] {
  return [...err.matchAll(/^Warning: (.+)$/gm)].map(([, text = ""]) => text);
}
