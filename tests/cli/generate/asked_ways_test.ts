/**
 * Presets, initial pictures, and prompts from files: the ways to describe an image besides plain
 * options.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CliResult } from "../../support/cli_process.ts";
import { fetchHere } from "../../support/http_clients.ts";
import { runHere } from "../../support/program_here.ts";
import { CAT_REQUEST, openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const PNG = "\x89PNG\r\n\x1a\n0000IHDR, and more that nobody reads here";

async function dryRun(stage: Stage, args: readonly string[]): Promise<CliResult> {
  const words = ["generate", "image", "--dry-run", "--no-tag", "-f", "json", "--seed", "7"];
  return await runHere([...words, ...args], { stage });
}

/** The request that some options make. */
async function requestOf(stage: Stage, args: readonly string[]): Promise<unknown> {
  const { code, out, err } = await dryRun(stage, args);
  assertEquals([code, err], [0, ""]);
  return JSON.parse(out).request;
}

async function refusal(stage: Stage, args: readonly string[]): Promise<string> {
  const { code, err } = await dryRun(stage, args);
  assertEquals(code, 2, err);
  return err;
}

async function addPreset(
  stage: Stage,
  preset: { readonly title: string; readonly param_map: Readonly<Record<string, string>> },
): Promise<void> {
  const call = async (route: string, body: unknown): Promise<{ readonly session_id: string }> => {
    const answer = await fetchHere(`${stage.server.url}/API/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer.json();
  };
  const { session_id } = await call("GetNewSession", {});
  await call("AddNewPreset", { session_id, description: "", ...preset });
}

Deno.test("--vae, --init-image, --mask and the variation are sent as the server's parameters", async () => {
  await using stage = await openStage();
  for (const name of ["init.png", "mask.png"]) {
    await Deno.writeFile(
      `${stage.here}/${name}`,
      Uint8Array.from(PNG + name, (one) => one.charCodeAt(0)),
    );
  }
  assertEquals(
    await requestOf(stage, [
      ...["-p", "a cat", "--vae", "none", "--variation-seed", "5", "--variation-strength", "0.25"],
      ...["--init-image", `${stage.here}/init.png`, "--mask", `${stage.here}/mask.png`],
    ]),
    {
      ...CAT_REQUEST,
      vae: "None",
      initimage: `data:image/png;base64,${btoa(`${PNG}init.png`)}`,
      maskimage: `data:image/png;base64,${btoa(`${PNG}mask.png`)}`,
      variationseed: "5",
      variationseedstrength: "0.25",
    },
  );
  const big = new Uint8Array(40 * 1024 * 1024);
  big.set(Uint8Array.from(PNG, (one) => one.charCodeAt(0)));
  await Deno.writeFile(`${stage.here}/big.png`, big);
  const rows: readonly (readonly [readonly string[], string])[] = [
    [["--vae", "Automatic"], 'Cannot use VAE "Automatic": the server has no such VAE'],
    [["--init-image", "none.png"], "Cannot use --init-image none.png: no such file or directory"],
    [["--init-image", stage.here], "it is a directory"],
    [
      ["--init-image", `${stage.here}/big.png`, "--mask", `${stage.here}/big.png`],
      "all files of a request together may have 70 MiB",
    ],
    [["--init-image", "deno.json"], "expected PNG, JPG, WEBP, GIF, BMP or TIFF, and it is none"],
    [["--mask", "mask.png"], "add --init-image"],
    [["--variation-seed", "5"], "add --variation-strength"],
    [["--variation-strength", "1.5"], "expected a number from 0 to 1"],
    [["--vae", "none", "--param", "VAE=none"], "Cannot use --vae and --param VAE together"],
    [["--init-image", "server:raw/none.png"], "the server has no such picture"],
  ];
  for (const [args, said] of rows) {
    assertStringIncludes(await refusal(stage, ["-p", "a cat", ...args]), said);
  }
});

Deno.test("--preset sends titles as the server has them, and says what they replace", async () => {
  await using stage = await openStage();
  await addPreset(stage, {
    title: "Ink style",
    param_map: { Steps: "3", prompt: "ink of {value}", model: "tiny" },
  });
  assertEquals(await requestOf(stage, ["-p", "a cat", "--preset", "INK style"]), {
    ...CAT_REQUEST,
    presets: ["Ink style"],
  });
  const { code, err } = await dryRun(stage, [
    "-p",
    "a cat",
    "--preset",
    "Ink style",
    "--steps",
    "9",
  ]);
  assertEquals(code, 0);
  assertStringIncludes(err, "The preset replaces what you gave for steps, as the server does it");
  assertStringIncludes(
    await refusal(stage, ["-p", "a cat", "--preset", "Ink styl"]),
    'Cannot use --preset "Ink styl": the server has no such preset of yours (closest: Ink style)',
  );
});

Deno.test("a prompt of 200 kB from a file, and SwarmUI's own words in it, arrive as they are", async () => {
  await using stage = await openStage();
  const path = `${stage.here}/prompt.txt`;
  const text = `<random:a,b> (cat:1.2) <segment:face> "é" \\ \n\t${"🐈".repeat(50_000)}`;
  await Deno.writeTextFile(path, `\uFEFF${text}\r\n`);
  assertEquals(await requestOf(stage, ["--prompt-file", path]), { ...CAT_REQUEST, prompt: text });
});

Deno.test("a prompt that is not text, too long, empty or given twice is refused", async () => {
  await using stage = await openStage();
  const path = `${stage.here}/prompt.txt`;
  const rows: readonly (readonly [Uint8Array, string])[] = [
    [Uint8Array.of(0xff, 0xfe, 0x41), "it is not UTF-8 text"],
    [new Uint8Array(1024 * 1024 + 1).fill(0x41), "it has more than 1 MiB"],
    [Uint8Array.of(0x20, 0x0a), "it is empty"],
  ];
  for (const [bytes, said] of rows) {
    await Deno.writeFile(path, bytes);
    assertStringIncludes(
      await refusal(stage, ["--prompt-file", path]),
      `Cannot use --prompt-file ${path}: ${said}`,
    );
  }
  assertStringIncludes(
    await refusal(stage, ["--prompt-file", path, "-p", "a cat"]),
    "Cannot use --prompt and --prompt-file together",
  );
});
