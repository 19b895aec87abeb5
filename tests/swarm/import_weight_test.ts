import { assert, assertEquals } from "@std/assert";

/** All modules of this project that a module loads, itself included, by their paths below `src/`. */
async function loadedBy(entry: URL): Promise<ReadonlySet<string>> {
  const loaded = new Set<string>();
  const waiting = [entry];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    const path = url.pathname.replace(/^.*\/src\//, "");
    if (loaded.has(path)) continue;
    loaded.add(path);
    const text = await Deno.readTextFile(url);
    for (
      const [, specifier = ""] of text.matchAll(/^(?:\} from|import (?!type ).*from) "(.+)";$/gm)
    ) {
      if (specifier.startsWith(".")) waiting.push(new URL(specifier, url));
    }
  }
  return loaded;
}

Deno.test("swarm_questions.ts loads nothing that only generating needs", async () => {
  const loaded = await loadedBy(
    new URL("../../src/swarm/questions/swarm_questions.ts", import.meta.url),
  );
  assert(loaded.has("swarm/http/transport.ts") && loaded.has("swarm/wire/server_answers.ts"));
  assertEquals(
    [...loaded].filter((path) =>
      /swarm\/(?:images|socket|wire\/(?:image|generation|frame|request))/.test(path)
    ),
    [],
  );
});
