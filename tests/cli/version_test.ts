import { assertEquals } from "@std/assert";
import { VERSION } from "../../src/cli/command.ts";

Deno.test("VERSION is the one of deno.json", async () => {
  const config: unknown = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  assertEquals(config instanceof Object && "version" in config && config.version, VERSION);
});
