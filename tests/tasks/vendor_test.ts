import { assert, assertEquals } from "@std/assert";
import { vendoredYaml } from "../../tasks/vendor.ts";

Deno.test("vendor/yaml.js is as `deno task vendor` makes it, and reads no variables", async () => {
  const text = await Deno.readTextFile(new URL("../../vendor/yaml.js", import.meta.url));
  assertEquals(text, await vendoredYaml());
  assert(!/process\.env|LOG_TOKENS/.test(text));
});
