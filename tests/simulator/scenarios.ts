/** The recordings, and how the simulator must be set up to behave like the server of each. */
import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { fetchHere } from "../support/http_clients.ts";
import type { ReplayOptions } from "./replay.ts";
import { SITUATIONS } from "./scenarios_18.ts";
import { isObject, type Step } from "./transcript.ts";

/** A recording, or a part of one. */
export interface Scenario {
  /**
   * What may differ from the recording: whether a request came before the end of the previous one
   * (`waiting`), whether a run began before the error of another was known (`errors`); or that its
   * ComfyUI sent no previews (`previews`).
   */
  readonly loose?: "waiting" | "errors" | "previews";
  readonly name: string;
  /** Where to begin, in milliseconds of the recording. */
  readonly fromMs?: number;
  /** Where to end. */
  readonly untilMs?: number;
  /** What this part shows; default: the name of the recording. */
  readonly about?: string;
  readonly server?: SimulatorOptions;
  readonly replay?: ReplayOptions;
}

const BACKEND = { type: "comfyui_api", title: "fake one" };
const WARM = { ...BACKEND, model: "tiny.safetensors" };

const ONE: SimulatorOptions = { backends: [WARM] };
const TWO: SimulatorOptions = { backends: [BACKEND, { ...BACKEND, title: "fake two" }] };

/** The server that was recorded: one backend, two models, steps of 150 ms. */
export const RECORDED: SimulatorOptions = {
  backends: [BACKEND],
  models: [{ name: "tiny.safetensors" }, { name: "other/second.safetensors" }],
  loras: ["ink.safetensors"],
  secondsPerStep: 0.15,
  loadSeconds: 0.8,
};

const ACCOUNTS: SimulatorOptions = {
  accounts: [
    { name: "local", role: "owner" },
    {
      name: "alice",
      password: "password-alice",
      token: "616c696365.5d9b1a096cb76cfba3a4cf99eff96d2b.ee073817c1051c5c3e27a059f1779ed5",
    },
    {
      name: "paula",
      role: "poweruser",
      password: "password-paula",
      token: "7061756c61.7fb834d88a261384f928221abdbfb19b.be84259cd5912eacb180522e2ece462b",
    },
    {
      name: "adam",
      role: "admin",
      password: "password-adam",
      token: "6164616d.1637d89546c2d75a074f13488fbaacde.fb573f91a7f9b53223b52b98247b3319",
    },
    {
      name: "gus",
      role: "guest",
      password: "password-gus",
      token: "677573.a4bc726ec28d8c56af6a786320c11abc.7f40b9d7a273696372ef021669ac80a9",
    },
  ],
};

/** The recorded server had a session of another user too. */
async function logInLocally(step: Step, simulator: Simulator): Promise<void> {
  if (step.atMs !== 2 || step.dir !== "request") return;
  const answer = await fetchHere(`${simulator.url}/API/GetNewSession`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      cookie: `swarm_token=${simulator.tokenOf("local")}`,
    },
    body: "{}",
  });
  await answer.body?.cancel();
}

/** What certain prompts make the recorded ComfyUI do. */
function failByPrompt(step: Step, simulator: Simulator): void {
  if (!isObject(step.body) || step.dir === "response" || step.dir === "ws_in") return;
  const { prompt } = step.body;
  if (prompt === "ComfyUI refuses the workflow") simulator.failNext("refused");
  if (prompt === "a node fails" || String(prompt).startsWith("first ")) {
    simulator.failNext("node_error");
  }
}

/** One recording of several servers, one after another. */
const BACKEND_STATES: readonly Omit<Scenario, "name">[] = [
  { about: "no backends", server: { backends: 0 }, fromMs: 8_321, untilMs: 14_203 },
  {
    about: "a disabled backend",
    server: { backends: [{ ...BACKEND, status: "disabled" }] },
    fromMs: 14_203,
    untilMs: 20_258,
  },
  {
    about: "an unreachable backend with AllowIdle",
    server: { backends: [{ ...BACKEND, status: "idle", allowIdle: true }] },
    fromMs: 20_258,
    untilMs: 42_228,
  },
  {
    about: "an unreachable backend, waiting, then errored",
    server: { backends: [{ ...BACKEND, status: "waiting" }] },
    fromMs: 42_228,
    untilMs: 77_797,
    replay: {
      actions: [{ atMs: 47_460, run: (simulator) => simulator.setBackendStatus(0, "errored") }],
    },
  },
  {
    about: "one backend fine and one errored, then switched off and on",
    server: { backends: [BACKEND, { ...BACKEND, title: "fake two", status: "errored" }] },
    fromMs: 77_797,
    untilMs: 111_519,
  },
  {
    about: "a backend with AllowIdle whose ComfyUI dies and comes back",
    server: { backends: [{ ...BACKEND, allowIdle: true }] },
    // SwarmUI checked it at 119.9 s, and every 5 s before
    fromMs: 109_900,
    replay: {
      actions: [
        { atMs: 115_290, run: (simulator) => simulator.killComfy(0) },
        { atMs: 118_666, run: (simulator) => simulator.reviveComfy(0) },
      ],
    },
  },
];

/** All recordings that are replayed. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "01-basics" },
  {
    name: "02-http-3-images",
    server: ONE,
    // the recording contains only the names
    replay: { skips: ({ route }) => route.endsWith("ListLoadedModels") },
  },
  { name: "03-ws-cold" },
  { name: "03-ws-warm", server: ONE },
  { name: "03-ws-one-image-batch3", server: ONE },
  { name: "03-ws-second-request", server: ONE, loose: "waiting" },
  { name: "03-ws-client-closes-after-intention", server: ONE },
  { name: "04-overlap-1-backend", server: ONE },
  { name: "04-overlap-1-backend-2-models", server: ONE },
  { name: "04-overlap-2-backends", server: { ...TWO, assignmentGapMs: 1_750, nodeMs: 9 } },
  { name: "05-interrupt-idle" },
  { name: "05-interrupt-own-http", server: ONE },
  { name: "05-interrupt-own-ws", server: ONE },
  { name: "05-interrupt-other-sessions-ws", server: ONE },
  { name: "05-interrupt-while-loading-http" },
  { name: "05-interrupt-while-loading-ws", server: ONE },
  { name: "06-gone-http-close", server: ONE },
  {
    name: "07-comfy-dies-ws",
    loose: "errors",
    server: ONE,
    replay: {
      actions: [
        { atMs: 715, run: (simulator) => simulator.killComfy(0) },
        { atMs: 2_800, run: (simulator) => simulator.reviveComfy(0) },
      ],
    },
  },
  { name: "07-errors-http" },
  {
    name: "07-errors-routes",
    replay: {
      before: failByPrompt,
      // one of two random words
      skips: ({ body }) => JSON.stringify(body ?? "").includes("nosuchx (x12)"),
    },
  },
  { name: "07-errors-ws", server: ONE, replay: { before: failByPrompt } },
  { name: "09-header-lock", server: { requiredAuthorization: "Bearer abc123" } },
  {
    name: "10-accounts-login",
    server: ACCOUNTS,
    // the accounts exist from the beginning
    fromMs: 65,
    replay: { skips: ({ who }) => who.startsWith("session of 'local' made before") },
  },
  { name: "10-accounts-permissions", server: ACCOUNTS, replay: { before: logInLocally } },
  {
    name: "11-downloads",
    // the simulator makes neither thumbnails nor JPEG files
    replay: {
      skips: ({ route, body }) =>
        route.includes("preview=true") || JSON.stringify(body ?? "").includes("jpeg-tiny.jpg"),
    },
  },
  ...BACKEND_STATES.map((part) => ({ name: "12-backend-states", ...part })),
  { name: "13-comfy-direct-no-ws", server: TWO },
  { name: "16-after-interrupt-long-step", server: { ...ONE, secondsPerStep: 4 } },
  {
    name: "16-hang",
    server: ONE,
    replay: { before: (_, simulator) => simulator.failNext("hang") },
  },
  { name: "16-select-model", server: { loadSeconds: 2.5 } },
  { name: "16-twelve-images", server: ONE },
  { name: "17-parameters", server: TWO },
  ...SITUATIONS,
];
