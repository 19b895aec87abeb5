import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../../src/cli/program.ts";
import type { SimulationOptions, Simulator } from "../../../src/cli/simulate/simulation.ts";
import { AppError } from "../../../src/errors.ts";
import { BACKEND_TYPES, rightsOfRole } from "../../../src/simulator/simulator.ts";
import { loadSchema } from "../../support/json_schema.ts";
import { testContext } from "../../support/test_context.ts";
import { waitFor } from "../../support/wait_for.ts";

const NAMES = {
  permissions: rightsOfRole("owner"),
  backendTypes: BACKEND_TYPES,
  models: ["sdxl/base.safetensors", "tiny.safetensors"],
};

/** A simulator with the names of the real one, which is never started. */
function unstarted(error: Error = new Error("was started")): () => Promise<Simulator> {
  return () => Promise.resolve({ ...NAMES, start: () => Promise.reject(error) });
}

/** Runs `simulate` until Ctrl-C, which comes as soon as the address is printed. */
async function simulate(line: string): Promise<{
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly files: ReadonlyMap<string, string>;
  readonly asked: SimulationOptions | undefined;
  readonly closed: number;
  readonly listeners: number;
}> {
  let asked: SimulationOptions | undefined;
  let closed = 0;
  const context = testContext({
    adapters: {
      simulator: () =>
        Promise.resolve({
          ...NAMES,
          start: (options) => {
            asked = options;
            options.onRequest?.({ method: "POST", route: "GetNew\x1bSession", session: null });
            options.onRequest?.({ method: "FRAME", route: "X", session: "session-1" });
            return Promise.resolve({
              url: "http://127.0.0.1:4711",
              [Symbol.asyncDispose]: () => Promise.resolve(void closed++),
            });
          },
        }),
    },
  });
  const ended = runProgram(`simulate ${line}`.trim().split(" "), context);
  const isOver = ended.then(() => true);
  await waitFor(
    () =>
      Promise.race([
        isOver,
        Promise.resolve(context.terminal.outText !== "" || context.files.size > 0),
      ]),
    { what: "the address" },
  );
  context.interrupt();
  const code = await ended;
  const { outText, errText } = context.terminal;
  const { files } = context;
  const listeners = context.listenerCount();
  return { code, out: outText, err: errText, files, asked, closed, listeners };
}

Deno.test("simulate prints its address first, and ends with exit code 0 at Ctrl-C", async () => {
  assertEquals(await simulate(""), {
    code: 0,
    out: "Simulated SwarmUI at http://127.0.0.1:4711\n",
    err: "Press Ctrl-C to stop\n",
    files: new Map(),
    asked: {
      port: 7801,
      backends: [{ type: "comfyui_selfstart", model: "sdxl/base.safetensors" }],
    },
    closed: 1,
    listeners: 0,
  });
});

Deno.test("simulate hands all its options over", async () => {
  const { asked } = await simulate(
    "--port 0 --backends 2 --model a.safetensors --model b/c.ckpt --lora ink --seconds-per-step .5 " +
      "--load-time 250ms --role user",
  );
  assertEquals(asked, {
    port: 0,
    backends: [{ type: "comfyui_selfstart" }, { type: "comfyui_selfstart" }],
    models: [{ name: "a.safetensors" }, { name: "b/c.ckpt" }],
    loras: ["ink"],
    secondsPerStep: 0.5,
    loadSeconds: 0.25,
    role: "user",
  });
});

Deno.test("simulate makes accounts, of owners unless it says otherwise", async () => {
  const plain = await simulate("--account alice:wonderland --account bob:tiger:lilies");
  assertEquals(plain.asked?.accounts, [
    { name: "alice", password: "wonderland", role: "owner" },
    { name: "bob", password: "tiger:lilies", role: "owner" },
  ]);
  const weak = await simulate("--account alice:wonderland --role user");
  assertEquals(weak.asked?.accounts, [{ name: "alice", password: "wonderland", role: "user" }]);
  for (const account of ["alice", "alice:short", ":wonderland"]) {
    const { code, err } = await simulate(`--account ${account}`);
    assertEquals(code, 2);
    assertStringIncludes(err, "expected NAME:PASSWORD");
  }
  const twice = await simulate("--account alice:wonderland --account Alice:wonderland");
  assertEquals(twice.err, 'Error: Cannot use --account "alice" twice (give it once)\n');
});

Deno.test("simulate makes a backend of each type, or all of one", async () => {
  const each = await simulate("--backend-type comfyui_api --backend-type swarmswarmbackend");
  const model = "sdxl/base.safetensors";
  assertEquals(each.asked?.backends, [
    { type: "comfyui_api", model },
    { type: "swarmswarmbackend" },
  ]);
  const one = await simulate("--backend-type comfyui_api --backends 2");
  assertEquals(one.asked?.backends, [{ type: "comfyui_api", model }, { type: "comfyui_api" }]);
  assertEquals((await simulate("--backends 0")).asked?.backends, []);
});

Deno.test("simulate has its first model loaded, unless the time of loading is given", async () => {
  const own = await simulate("--model a.safetensors --model b.safetensors");
  assertEquals(own.asked?.backends, [{ type: "comfyui_selfstart", model: "a.safetensors" }]);
  const slow = await simulate("--load-time 20s");
  assertEquals(slow.asked?.backends, [{ type: "comfyui_selfstart" }]);
});

Deno.test("simulate takes an exact list of permissions", async () => {
  const { asked } = await simulate("--permission view_backends_list --permission *");
  assertEquals(asked?.permissions, ["view_backends_list", "*"]);
});

Deno.test("simulate prints its address in the requested format and file", async () => {
  const json = await simulate("--format json");
  assertEquals(json.out, '{"schema_version":1,"url":"http://127.0.0.1:4711"}\n');
  assertEquals((await loadSchema("simulate.v1.json"))(JSON.parse(json.out)), []);
  const yaml = await simulate("-f yaml");
  assertEquals(yaml.out, "schema_version: 1\nurl: http://127.0.0.1:4711\n");
  const file = await simulate("--output here");
  assertEquals([file.out, file.files.get("here")], [
    "",
    "Simulated SwarmUI at http://127.0.0.1:4711\n",
  ]);
});

Deno.test("simulate prints each request with --verbose, and only its address with --quiet", async () => {
  assertEquals(
    (await simulate("--verbose")).err,
    "POST GetNew\\u{1B}Session\nFRAME X (session-1)\nPress Ctrl-C to stop\n",
  );
  const quiet = await simulate("--quiet");
  assertEquals([quiet.out, quiet.err], ["http://127.0.0.1:4711\n", ""]);
});

Deno.test("simulate does not offer the options that it refuses", async () => {
  const context = testContext();
  await runProgram(["simulate", "--help"], context);
  for (const option of ["--api-url", "--api-key", "--token", "--request-timeout", "--state-file"]) {
    assertEquals(context.terminal.outText.includes(option), false, option);
    for (const line of [`${option} x simulate`, `simulate ${option}=x`]) {
      const refused = testContext({ adapters: { simulator: unstarted() } });
      assertEquals(await runProgram(line.split(" "), refused), 2, line);
      assertMatch(refused.terminal.errText, new RegExp(`^Error: Cannot use ${option}.*: simulate`));
    }
  }
});

for (
  const [line, message] of [
    ["--role user --permission x", "Cannot use --role and --permission together"],
    ["--backends 3 --backend-type a --backend-type b", "Cannot make 3 backends of 2 types"],
    ["--backends 0 --backend-type a", "Cannot use --backend-type with --backends 0"],
    ["--state-fil x", "Cannot use --state-fil: there is no such option (see asset-generator"],
    ["--backends -1", 'Cannot use --backends "-1"'],
    ["--backends NaN", 'Cannot use --backends "NaN"'],
    ["--backends 1.5", 'Cannot use --backends "1.5"'],
    ["--port 99999", 'Cannot use --port "99999": expected a whole number from 0 to 65535'],
    ["--port=", "Cannot use --port"],
    ["--seconds-per-step -1", 'Cannot use --seconds-per-step "-1"'],
    ["--seconds-per-step NaN", 'Cannot use --seconds-per-step "NaN"'],
    ["--seconds-per-step 1e999", 'Cannot use --seconds-per-step "1e999"'],
    ["--load-time -1s", 'Cannot use --load-time "-1s"'],
    ["--load-time Infinity", 'Cannot use --load-time "Infinity"'],
    ["--role=", 'Cannot use --role ""'],
    ["--model ../x\\y", "Cannot use --model"],
    ["--model a/../b", 'Cannot use --model "a/../b": expected a file name'],
    ["--model a/", 'Cannot use --model "a/": expected a file name'],
    ["--lora a//b", 'Cannot use --lora "a//b": expected a file name'],
    ["--lora=", 'Cannot use --lora ""'],
    ["--model a --model b --model a", 'Cannot use --model "a" twice (give it once)'],
    ["--lora a --lora a", 'Cannot use --lora "a" twice (give it once)'],
    ["--permission=", 'Cannot use --permission "": it is empty'],
    ["--backend-type=", 'Cannot use --backend-type "": it is empty'],
    [
      "--permission view_backend_list",
      'Cannot use --permission "view_backend_list": the simulator knows no such permission ' +
      "(closest: view_backends_list)\n",
    ],
    ["--permission * --permission VIEW_LOGS", 'Cannot use --permission "VIEW_LOGS": '],
    [
      "--backend-type comfyui_ap",
      'Cannot use --backend-type "comfyui_ap": the simulator knows no such type ' +
      "(closest: comfyui_api)\n",
    ],
    [
      "--backend-type Gradio",
      'Cannot use --backend-type "Gradio": the simulator knows no such type ' +
      `(there is ${BACKEND_TYPES.join(", ")})\n`,
    ],
  ] as const
) {
  Deno.test(`simulate refuses "${line}"`, async () => {
    const context = testContext({ adapters: { simulator: unstarted() } });
    assertEquals(await runProgram(`simulate ${line}`.split(" "), context), 2);
    assertStringIncludes(context.terminal.errText, `Error: ${message}`);
    assertEquals(context.listenerCount(), 0);
  });
}

Deno.test("simulate stops listening if it cannot start", async () => {
  const error = new AppError("failed", "Cannot listen on 127.0.0.1:7801: the port is in use");
  const context = testContext({ adapters: { simulator: unstarted(error) } });
  assertEquals(await runProgram(["simulate"], context), 1);
  assertEquals(context.terminal.errText, `Error: ${error.message}\n`);
  assertEquals(context.listenerCount(), 0);
});
