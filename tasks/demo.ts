/**
 * The main job on the embedded simulator: one process generates, another says so. Saves the pictures
 * in `demo-pictures/` of the working directory.
 */
const ENVIRONMENT = "ASSET_GENERATOR_*,HOME,XDG_STATE_HOME,XDG_CONFIG_HOME," +
  "LOCALAPPDATA,APPDATA,USERPROFILE";
const PICTURES = "demo-pictures";

/** Starts the tool from source with the permissions that it ships with. */
function start(args: readonly string[], options: {
  readonly stdout: "piped" | "inherit";
  readonly url?: string;
}): Deno.ChildProcess {
  const main = new URL("../main.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-sys=hostname",
      `--allow-env=${ENVIRONMENT}`,
      decodeURIComponent(main).replace(/^\/([A-Za-z]:)/, "$1"),
      ...args,
    ],
    stdin: "null",
    stdout: options.stdout,
    stderr: options.stdout === "piped" ? "null" : "inherit",
    env: options.url === undefined ? {} : { ASSET_GENERATOR_API_URL: options.url },
  }).spawn();
}

/** Shows a command line and runs it to its end. */
async function show(args: readonly string[], url: string): Promise<number> {
  console.log(`\n$ asset-generator ${args.join(" ")}`);
  return (await start(args, { stdout: "inherit", url }).status).code;
}

/** Reads the address from the simulator's first line. */
async function firstLine(process: Deno.ChildProcess): Promise<string> {
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the simulator ended before it was ready");
    text += value;
  }
  reader.releaseLock();
  return text.split("\n", 1)[0] ?? "";
}

/** Waits until the tool itself says that something is being generated. */
async function untilBusy(url: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const { stdout } = await start(["status", "--format", "json"], { stdout: "piped", url })
      .output();
    if (JSON.parse(new TextDecoder().decode(stdout)).verdict === "busy") return;
  }
  throw new Error("the generation was never seen");
}

const simulator = start(["simulate", "--port", "0", "--seconds-per-step", "0.1"], {
  stdout: "piped",
});
try {
  const line = await firstLine(simulator);
  console.log(`$ asset-generator simulate --port 0\n${line}`);
  const url = line.slice(line.indexOf("http"));
  const generate = [
    "generate",
    "image",
    "--prompt",
    "a lighthouse at dawn",
    "--batch",
    "2",
    "--save-images",
    "--output-dir",
    PICTURES,
  ];
  const generating = show(generate, url);
  await untilBusy(url);
  await show(["status"], url);
  const code = await generating;
  await show(["status"], url);
  console.log(`\nThe pictures are in ${PICTURES}/`);
  Deno.exitCode = code;
} finally {
  simulator.kill("SIGTERM");
  await simulator.status;
}
