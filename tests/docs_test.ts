/** Runs what the pages tell people to type, and follows their links. */
import { assert, assertEquals } from "@std/assert";
import { startSimulator } from "../src/simulator/simulator.ts";
import { BUNDLE_FLAGS, denoArguments, MAIN, ownEnvironment } from "../tasks/shipped.ts";
import { tempDir } from "./support/temp_dir.ts";
import type { TempDir } from "./support/temp_dir.ts";

const ROOT = new URL("../", import.meta.url);
/** The blocks that cannot be run here: the two of npx, the installation, the bench. */
const NOT_RUN = 3;

interface Block {
  /** `docs/json.md:12` */
  readonly place: string;
  readonly text: string;
  readonly isRun: boolean;
}

const PAGES = [
  "README.md",
  ...[...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`).sort(),
].map((path) => ({ path, text: Deno.readTextFileSync(new URL(path, ROOT)) }));
const BLOCKS = PAGES.flatMap(({ path, text }) => blocksOf(path, text));

Deno.test("docs: nearly every block of commands is run", () => {
  assertEquals(BLOCKS.filter(({ isRun }) => !isRun).length, NOT_RUN);
  assert(BLOCKS.length > 20);
});

Deno.test("docs: every relative link leads to a file", async () => {
  for (const { path, text } of PAGES) {
    for (const [, target = ""] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const { isFile } = await Deno.stat(new URL(target, new URL(path, ROOT)));
      assert(isFile, `${path} → ${target}`);
    }
  }
});

Deno.test({
  name: "docs: every command works as it is written",
  // They are for a POSIX shell, and some for jq.
  ignore: Deno.build.os === "windows" || !hasCommand("jq"),
  fn: async (t) => {
    await using shared = await tempDir();
    const bundle = shared.join("asset-generator.js");
    await succeed(["bundle", "--quiet", ...BUNDLE_FLAGS, "--output", bundle, MAIN]);
    await using files = serveFile(bundle);
    const commands = await writeCommands(shared);
    const denoDir = await denoDirectory();
    await using simulator = await startSimulator({
      backends: [{ model: "sdxl/base.safetensors" }],
      secondsPerStep: 0.001,
      closePauseMs: 1,
    });
    for (const block of BLOCKS.filter(({ isRun }) => isRun)) {
      await t.step(block.place, async () => {
        await using dir = await tempDir();
        await copyRepository(dir, bundle);
        const script = block.text
          .replaceAll("https://tools.example", files.url)
          .replaceAll("127.0.0.1:7801", `127.0.0.1:${simulator.port}`);
        const { code, stderr } = await new Deno.Command("sh", {
          args: ["-eu", "-c", script],
          cwd: dir.path,
          env: {
            ...ownEnvironment("", simulator.url),
            ASSET_GENERATOR_STATE_DIR: "",
            ASSET_GENERATOR_STATE_FILE: "",
            HOME: dir.path,
            XDG_STATE_HOME: "",
            DENO_DIR: denoDir,
            PATH: `${commands}:${Deno.env.get("PATH")}`,
          },
          stdin: "null",
        }).output();
        const said = new TextDecoder().decode(stderr);
        assertEquals(code, 0, said);
        assert(!/^(Error|Warning):/m.test(said), said);
      });
    }
  },
});

function blocksOf(path: string, text: string): readonly Block[] {
  const fence = /(<!-- not run: .+ -->\n+)?^```sh\n([^]*?)^```$/gm;
  return [...text.matchAll(fence)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split("\n").length}`,
    text: match[2] ?? "",
    isRun: match[1] === undefined,
  }));
}

/** What a copy of the repository has, as far as commands need it, and the tool as one file. */
async function copyRepository(dir: TempDir, bundle: string): Promise<void> {
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(new URL(name, ROOT), dir.join(name));
  }
  for (const name of ["main.ts", "src"]) {
    await Deno.symlink(pathOf(new URL(name, ROOT)), dir.join(name));
  }
  await Deno.mkdir(dir.join("dist"));
  await Deno.copyFile(bundle, dir.join("dist", "asset-generator.js"));
}

/** Makes `asset-generator`, as it is shipped, and this very `deno` commands of a directory. */
async function writeCommands(dir: TempDir): Promise<string> {
  const directory = dir.join("bin");
  await Deno.mkdir(directory);
  const words = [Deno.execPath(), ...denoArguments([])].map((word) => `'${word}'`);
  const commands = { "asset-generator": words.join(" "), "deno": `'${Deno.execPath()}'` };
  for (const [name, command] of Object.entries(commands)) {
    await Deno.writeTextFile(`${directory}/${name}`, `#!/bin/sh\nexec ${command} "$@"\n`, {
      mode: 0o755,
    });
  }
  return directory;
}

function serveFile(path: string): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    const headers = { "content-type": "text/javascript" };
    return new Response(await Deno.readTextFile(path), { headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Where Deno keeps what it has fetched, which a home directory of our own would hide. */
async function denoDirectory(): Promise<string> {
  const { denoDir } = JSON.parse(await succeed(["info", "--json"]));
  return String(denoDir);
}

async function succeed(args: readonly string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT });
  const { code, stdout, stderr } = await command.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function hasCommand(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
