/** The recordings of `swarmui-protocol.md §20`, and how the simulator must be set up for each. */
import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import type { Scenario } from "./scenarios.ts";
import type { Step } from "./transcript.ts";

const WARM = { type: "comfyui_api", title: "b0", model: "tiny.safetensors" };
const FLIPPING: SimulatorOptions = { backends: [{ ...WARM, allowIdle: true }] };
/**
 * Three images of ten steps each; SwarmUI waited for a bit more than a second before it gave up.
 */
const LONG: SimulatorOptions = {
  backends: [WARM],
  secondsPerStep: 0.208,
  noBackendMs: 1_270,
};

/** Something that the recording's script did to ComfyUI at some moment. */
function at(
  atMs: number,
  run: (simulator: Simulator) => void,
): { readonly atMs: number; readonly run: (simulator: Simulator) => void } {
  return { atMs, run };
}

/** A ComfyUI that has not loaded the model that SwarmUI made it load. */
function coldStart(simulator: Simulator): void {
  simulator.killComfy(0);
  simulator.reviveComfy(0);
}

/**
 * SwarmUI remembers its state of all backends for a second; the simulator computes it each time.
 */
function isRemembered({ route }: Step): boolean {
  return route.endsWith("Status");
}

/**
 * All of them. Where SwarmUI checks a backend, `fromMs` is chosen so that the simulator checks it
 * at the same moment.
 */
export const SITUATIONS: readonly Scenario[] = [
  {
    name: "18-400-while-running-deletebackend",
    server: { ...LONG, secondsPerStep: 0.2, loadSeconds: 0.9 },
    replay: {
      // its ComfyUI had to load the model once more
      actions: [at(0, coldStart)],
      skips: isRemembered,
    },
  },
  { name: "18-400-while-running-editbackend", server: LONG },
  { name: "18-400-while-running-restart-one-live", server: LONG },
  { name: "18-400-while-running-toggle-one-live", server: LONG },
  // until another request comes, which SwarmUI refuses at once, while the simulator waits
  { name: "18-400-while-running-restartbackends", server: LONG, untilMs: 1_450 },
  {
    name: "18-400-while-running-togglebackend",
    server: LONG,
    untilMs: 1_420,
    replay: { skips: isRemembered },
  },
  {
    name: "18-400-while-running-model-load",
    server: { backends: [{ type: "comfyui_api" }], loadSeconds: 5 },
    // SwarmUI took 0.3 s until it asked ComfyUI
    replay: { watchFromMs: 495 },
  },
  {
    name: "18-400-while-running-comfy-killed",
    server: LONG,
    replay: {
      actions: [
        at(1_210, (simulator) => simulator.killComfy(0)),
        at(4_860, (simulator) => simulator.reviveComfy(0)),
      ],
      // the page is longer
      skips: ({ status }) => status === 500,
    },
  },
  {
    name: "18-allowidle-comfyui-killed-in-a-run",
    server: { ...FLIPPING, secondsPerStep: 0.2 },
    // SwarmUI looked at 18.98 s, and every 5 s before and after
    fromMs: -1_020,
    untilMs: 22_400,
    replay: {
      actions: [
        at(3_771, (simulator) => simulator.killComfy(0)),
        at(16_885, (simulator) => simulator.reviveComfy(0)),
      ],
    },
  },
  {
    name: "18-allowidle-comfyui-stopped-at-rest",
    server: FLIPPING,
    fromMs: -3_720,
    replay: {
      actions: [
        at(2_517, (simulator) => simulator.killComfy(0)),
        at(32_600, (simulator) => simulator.reviveComfy(0)),
      ],
    },
  },
  {
    name: "18-allowidle-flipped-and-comfy-hangs",
    server: { ...FLIPPING, secondsPerStep: 0.06 },
    replay: {
      before: (step, simulator) => {
        if (step.dir === "request" && step.route.endsWith("Text2Image")) {
          simulator.failNext("node_error");
        }
      },
      actions: [
        at(190, (simulator) => simulator.hangComfy(0)),
        at(15_192, (simulator) => simulator.resumeComfy(0)),
      ],
    },
  },
  {
    name: "18-allowidle-flips-after-node",
    about: "until the next request, which SwarmUI serves later than need be",
    server: FLIPPING,
    fromMs: -2_040,
    untilMs: 2_784,
    replay: {
      before: (step, simulator) => {
        if (step.dir === "request" && step.route.endsWith("Text2Image")) {
          simulator.failNext("node_error");
        }
      },
      skips: isRemembered,
    },
  },
  {
    name: "18-allowidle-flips-after-validate",
    server: FLIPPING,
    replay: {
      before: (step, simulator) => {
        if (step.dir === "request" && step.route.endsWith("Text2Image")) {
          simulator.failNext("refused");
        }
      },
      actions: [at(1_800, (simulator) => simulator.addComfyJob(0, 60_000))],
    },
  },
  {
    name: "18-allowidle-model-load-fails",
    server: { ...FLIPPING, loadSeconds: 0.2 },
    fromMs: -580,
    untilMs: 7_200,
    replay: {
      actions: [
        at(244, (simulator) => simulator.killComfy(0)),
        at(480, (simulator) => simulator.reviveComfy(0)),
        at(530, (simulator) => {
          simulator.failNext("load_failed");
          simulator.addComfyJob(0, 6_470);
          simulator.addComfyJob(0, 130);
        }),
      ],
    },
  },
  {
    name: "18-disabled-comfyui-api",
    untilMs: 3_400,
    server: { backends: [WARM] },
    replay: {
      actions: [at(0, (simulator) => simulator.addComfyJob(0, 60_000))],
      // it was edited before; SwarmUI remembers the state of all backends for a second, and the
      // loaded model
      skips: ({ route }) => /Status$|ListBackends|ListLoadedModels|FreeBackendMemory/.test(route),
    },
  },
  {
    name: "18-errored-comfyui-api",
    server: { backends: [{ type: "comfyui_api", status: "waiting" }] },
    replay: {
      // a request that came while SwarmUI was still trying was refused a second later than others
      watchFromMs: 5_200,
      actions: [
        at(0, (simulator) => simulator.killComfy(0)),
        at(3_200, (simulator) => simulator.setBackendStatus(0, "errored")),
        at(10_240, (simulator) => simulator.reviveComfy(0)),
        at(10_278, (simulator) => simulator.addComfyJob(0, 60_000)),
      ],
      skips: ({ route }) => /Status$|ListBackends|GenerateText2Image$/.test(route),
    },
  },
  {
    name: "18-hang-in-step",
    server: { backends: [WARM] },
    replay: { before: (_, simulator) => simulator.failNext("hang") },
  },
  {
    name: "18-hang-sigstop",
    server: { backends: [WARM], secondsPerStep: 0.2 },
    replay: {
      actions: [
        at(1_510, (simulator) => simulator.hangComfy(0)),
        at(13_021, (simulator) => simulator.resumeComfy(0)),
      ],
    },
  },
  {
    name: "18-lists-and-presets",
    about: "presets",
    server: { backends: [{ type: "comfyui_api" }] },
    fromMs: 1_920,
    untilMs: 9_801,
  },
  {
    name: "18-parameters-images-prompts",
    about: "init images that are none",
    server: { backends: [WARM] },
    fromMs: 13_804,
    untilMs: 23_874,
  },
  {
    name: "18-tag-http-formats-settings",
    about: "a mini-grid",
    loose: "previews",
    server: { backends: [WARM], miniGridMax: 10, secondsPerStep: 0.06 },
    fromMs: 4_225,
    untilMs: 6_829,
  },
  {
    name: "18-tag-ws",
    loose: "previews",
    server: { backends: [WARM], secondsPerStep: 0.06 },
    // only the names were recorded, in any order
    replay: {
      skips: ({ what, who, route }) => route.endsWith("ListImages") && `${who}${what}` !== "A",
    },
  },
  {
    name: "18-remote-swarm-one",
    about: "its entries",
    untilMs: 89,
    server: {
      backends: [{
        type: "swarmswarmbackend",
        title: "remote 0",
        remote: [{ title: "r1 first" }, { title: "r1 second" }],
      }],
    },
  },
];
