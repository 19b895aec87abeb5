import { assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../../src/cli/program.ts";
import type { SimulationOptions } from "../../../src/cli/simulator.ts";
import { AppError } from "../../../src/errors.ts";
import { testContext } from "../../support/test_context.ts";
import { waitFor } from "../../support/wait_for.ts";

/** Runs `simulate` until Ctrl-C, which comes as soon as the address is told. */
async function simulate(line: string): Promise<{
  readonly code: number;
  readonly out: string;
  readonly asked: SimulationOptions | undefined;
  readonly closed: number;
  readonly listeners: number;
}> {
  let asked: SimulationOptions | undefined;
  let closed = 0;
  const context = testContext({
    adapters: {
      simulator: (options) => {
        asked = options;
        return Promise.resolve({
          url: "http://127.0.0.1:4711",
          [Symbol.asyncDispose]: () => Promise.resolve(void closed++),
        });
      },
    },
  });
  const ended = runProgram(`simulate ${line}`.trim().split(" "), context);
  const isOver = ended.then(() => true);
  await waitFor(
    () => Promise.race([isOver, Promise.resolve(context.terminal.outText !== "")]),
    { what: "the address" },
  );
  context.interrupt();
  const code = await ended;
  const { outText } = context.terminal;
  return { code, out: outText, asked, closed, listeners: context.listenerCount() };
}

Deno.test("simulate tells its address first, and ends well with Ctrl-C", async () => {
  assertEquals(await simulate(""), {
    code: 0,
    out: "Simulated SwarmUI at http://127.0.0.1:4711\n",
    asked: { port: 7801, backends: [{ type: "comfyui_selfstart" }] },
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

Deno.test("simulate makes a backend of each type, or all of one", async () => {
  const each = await simulate("--backend-type comfyui_api --backend-type swarmswarmbackend");
  assertEquals(each.asked?.backends, [{ type: "comfyui_api" }, { type: "swarmswarmbackend" }]);
  const one = await simulate("--backend-type comfyui_api --backends 2");
  assertEquals(one.asked?.backends, [{ type: "comfyui_api" }, { type: "comfyui_api" }]);
  assertEquals((await simulate("--backends 0")).asked?.backends, []);
});

Deno.test("simulate takes an exact list of permissions", async () => {
  const { asked } = await simulate("--permission view_backends_list --permission *");
  assertEquals(asked?.permissions, ["view_backends_list", "*"]);
});

for (
  const [line, message] of [
    ["--role user --permission x", "Cannot use --role and --permission together"],
    ["--backends 3 --backend-type a --backend-type b", "Cannot make 3 backends of 2 types"],
    ["--backends -1", 'Cannot use --backends "-1"'],
    ["--model ../x\\y", "Cannot use --model"],
    ["--backend-type Comfy", "Cannot use --backend-type"],
  ] as const
) {
  Deno.test(`simulate refuses "${line}"`, async () => {
    const context = testContext();
    assertEquals(await runProgram(`simulate ${line}`.split(" "), context), 2);
    assertStringIncludes(context.terminal.errText, `Error: ${message}`);
    assertEquals(context.listenerCount(), 0);
  });
}

Deno.test("simulate stops listening if it cannot start", async () => {
  const error = new AppError("failed", "Cannot listen on 127.0.0.1:7801: the port is in use");
  const context = testContext({ adapters: { simulator: () => Promise.reject(error) } });
  assertEquals(await runProgram(["simulate"], context), 1);
  assertEquals(context.terminal.errText, `Error: ${error.message}\n`);
  assertEquals(context.listenerCount(), 0);
});
