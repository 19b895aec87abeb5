import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { escapeForTerminal } from "../../src/render/escape.ts";
import { renderYaml } from "../../src/render/yaml.ts";

Deno.test("renderYaml() is YAML of the same value that no terminal obeys", () => {
  const texts = [
    "gnp.\u202Etxt",
    "\u2066a: 'x'\u2069",
    "a\u200Bb\nc",
    "\x07\u202E\x07",
    "\\\u202E\\a",
    "C:\\a",
    "C:\\a\\U0000202E",
    "\u{E0041}\x9b31m\x1b\u2028\uFEFF\x85",
  ];
  for (const text of texts) {
    const yaml = renderYaml({ [text]: [text] });
    assertEquals(parse(yaml), { [text]: [text] });
    assertEquals(escapeForTerminal(yaml.replaceAll("\n", "")), yaml.replaceAll("\n", ""));
  }
  const plain = { name: "é日👍", lines: "a\nb", none: null, list: [1, true], map: {} };
  assertEquals(
    renderYaml(plain),
    "name: é日👍\nlines: |-\n  a\n  b\nnone: null\nlist:\n  - 1\n  - true\nmap: {}\n",
  );
});
