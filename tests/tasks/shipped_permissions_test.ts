import { assert, assertStringIncludes } from "@std/assert";
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";

const ROOT = new URL("../../", import.meta.url);

/** Deno's flags, and the environment variables among them. */
function grants(): { readonly flags: readonly string[]; readonly variables: readonly string[] } {
  const flags = SHIPPED_PERMISSIONS.filter((flag) => !flag.startsWith("--allow-env="));
  const env = SHIPPED_PERMISSIONS.find((flag) => flag.startsWith("--allow-env=")) ?? "";
  return { flags, variables: env.replace("--allow-env=", "").split(",") };
}

Deno.test("the install page says what each shipped permission is for", async () => {
  const page = await Deno.readTextFile(new URL("docs/install.md", ROOT));
  const table = page.slice(page.indexOf("## What it may do"), page.indexOf("## Uninstall"));
  const { flags, variables } = grants();
  for (const grant of [...flags, ...variables]) assertStringIncludes(table, `\`${grant}\``);
  // And it lists none that is not shipped.
  for (const [, name = ""] of table.matchAll(/^\| .*?`(--allow-[^`]+)`/gm)) {
    assert(name === "--allow-env=…" || flags.includes(name), name);
  }
});

Deno.test("the shipped permissions allow no programs, no libraries and no code from outside", () => {
  const { flags } = grants();
  for (const name of ["all", "run", "ffi", "import"]) {
    assert(!flags.some((flag) => flag.startsWith(`--allow-${name}`)), name);
  }
});

Deno.test("each variable in the shipped permissions is read somewhere", async () => {
  const { variables } = grants();
  const source = await readAll(new URL("src/", ROOT));
  // The proxy's variables are also read in lower case.
  for (const name of variables) {
    assert(source.includes(name.replace("*", "").toUpperCase()), name);
  }
});

async function readAll(folder: URL): Promise<string> {
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) text += await readAll(new URL(`${name}/`, folder));
    else text += await Deno.readTextFile(new URL(name, folder));
  }
  return text;
}
