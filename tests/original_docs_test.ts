/** The page for people who come from the original: each of its lines is run, and is as it says. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { readBashLine } from "../src/cli/complete/bash_line.ts";
import { runHere } from "./support/program_here.ts";
import { openStage } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

/** A line of the page's tables. */
interface Line {
  readonly there: string;
  /** `the same`, `not yet`, or a line in backquotes. */
  readonly here: string;
}

const PAGE = await Deno.readTextFile(new URL("../docs/from-the-original.md", import.meta.url));
const LINES: readonly Line[] = [...PAGE.matchAll(/^\| `([^|]+)` +\| ([^|]+?) +\|/gm)]
  .map(([, there = "", here = ""]) => ({ there, here }));

/** Runs a line; pictures are not made. */
async function run(line: string, stage: Stage): Promise<number> {
  const here = line.replace("http://127.0.0.1:7801", stage.server.url)
    .replace("-o status.txt", `-o ${stage.here}/status.txt`)
    .replace("my.yaml", `${stage.here}/my.yaml`);
  const words = readBashLine(`x ${here}`, "").words;
  const isGenerate = here.startsWith("generate image");
  const { code } = await runHere([...words, ...(isGenerate ? ["--dry-run"] : [])], {
    stage,
    env: { HOME: stage.here },
  });
  return code;
}

Deno.test("docs/from-the-original.md: each line works, is replaced, or is not available yet", async () => {
  await using stage = await openStage({
    models: [{ name: "base.safetensors" }],
    loras: ["ink.safetensors", "soft.safetensors"],
    backends: [{ model: "base.safetensors" }],
  });
  await Deno.writeTextFile(`${stage.here}/my.yaml`, "format: table\n");
  assertEquals(LINES.length > 45, true);
  for (const { there, here } of LINES) {
    const code = await run(there, stage);
    if (here === "the same") assertEquals(code, 0, there);
    else {
      assertNotEquals(code, 0, `${there} works: say so on the page`);
      if (here !== "not yet") assertEquals(await run(here.replaceAll("`", ""), stage), 0, here);
    }
  }
});
