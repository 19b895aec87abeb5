import { assertEquals } from "@std/assert";

/** Windows has no way to send a signal that a process can listen for. */
const ignore = Deno.build.os === "windows";

/** Runs code with `listenForSignals()` in a process of its own; each line it prints is given. */
function start(code: string): {
  readonly process: Deno.ChildProcess;
  nextLine(): Promise<string>;
} & AsyncDisposable {
  const module = import.meta.resolve("../../src/system/signals.ts");
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", `import { listenForSignals } from ${JSON.stringify(module)};\n${code}`],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    process,
    nextLine: async () => {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += value;
      }
      const [line = "", ...rest] = text.split("\n");
      text = rest.join("\n");
      return line;
    },
    [Symbol.asyncDispose]: async () => {
      await reader.cancel();
      try {
        process.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
      await process.status;
    },
  };
}

Deno.test({
  name: "listenForSignals() reports the first and the second signal",
  ignore,
  fn: async () => {
    await using child = start(`
      const { first, second } = listenForSignals();
      first.onabort = () => console.log(first.reason.code, first.reason.message, second.aborted);
      second.onabort = () => { console.log(second.reason.message); Deno.exit(7); };
      setInterval(() => {}, 1000);
      console.log("ready");`);
    assertEquals(await child.nextLine(), "ready");
    child.process.kill("SIGTERM");
    assertEquals(await child.nextLine(), "interrupted Interrupted by SIGTERM false");
    child.process.kill("SIGINT");
    assertEquals(await child.nextLine(), "Interrupted by SIGINT");
    assertEquals((await child.process.status).code, 7);
  },
});

Deno.test({
  name: "listenForSignals() lets the process die of a signal again once it is disposed",
  ignore,
  fn: async () => {
    await using child = start(`
      listenForSignals()[Symbol.dispose]();
      setInterval(() => {}, 1000);
      console.log("ready");`);
    assertEquals(await child.nextLine(), "ready");
    child.process.kill("SIGTERM");
    assertEquals((await child.process.status).signal, "SIGTERM");
  },
});

Deno.test({
  name: "listenForSignals() does not keep the process alive",
  ignore,
  fn: async () => {
    await using child = start(`listenForSignals(); console.log("over");`);
    assertEquals(await child.nextLine(), "over");
    assertEquals((await child.process.status).code, 0);
  },
});
