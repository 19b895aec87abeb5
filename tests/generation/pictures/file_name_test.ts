import { assertEquals } from "@std/assert";
import {
  cleanTemplate,
  makeFileName,
  numberFileName,
} from "../../../src/generation/pictures/file_name.ts";
import type { FileNameValues } from "../../../src/generation/pictures/file_name.ts";

const VALUES: FileNameValues = {
  index: 0,
  path: "View/local/raw/1433001-a cat.png",
  seed: "42",
  model: "sdxl/base.safetensors",
  width: 64,
  height: null,
  prompt: "a cat",
  id: "gen-7f3k9x2q",
  parameters: { steps: "20", sampler: "../a" },
  nowMs: 0,
};

for (
  const [template, values, name] of [
    ["{original}.{ext}", {}, "1433001-a cat.png"],
    ["{model}/{index}-{seed}", {}, "sdxl-base/000-42.png"],
    ["../{prompt}", { prompt: "../../etc" }, "_-..-etc.png"],
    ["/abs/{i1}.{ext}", {}, "abs/001.png"],
    ["{prompt}", { prompt: "CON" }, "_CON.png"],
    ["{prompt}", { prompt: "a\x1b[31m\n:*b" }, "a_[31m___b.png"],
    ["{original}.{ext}", { path: "data:image/jpeg;base64,AAAA" }, "image-0.jpg"],
    ["{original}.{ext}", { path: "DATA:image/webp;base64,AAAA" }, "image-0.webp"],
    ["{original}.{ext}", { path: "View/--help.png" }, "_--help.png"],
    ["{original}.{ext}", { path: "View\\..\\nul.png" }, "_nul.png"],
    ["..", {}, "1433001-a cat.png"],
    ["out/", {}, "out/1433001-a cat.png"],
    ["out/{prompt}.{ext}", { prompt: ".." }, "out/1433001-a cat.png"],
    ["{id}-{param.steps}", {}, "gen-7f3k9x2q-20.png"],
    ["{param.sampler}-{param.cfgscale}", {}, "_-a-unknown.png"],
    ["{param.constructor}", {}, "unknown.png"],
    ["{prompt} .{ext}", { prompt: "prn" }, "_prn .png"],
    ["{prompt}", { prompt: "conin$" }, "_conin$.png"],
    ["..", { path: "data:image/png;base64,AAAA" }, "image.png"],
    ["cat.jpeg", { path: "View/a.png", endings: ["jpg", "jpeg"] }, "cat.jpeg"],
    ["cat.png", { endings: ["bin"] }, "cat.png.bin"],
  ] as const
) {
  Deno.test(`makeFileName() makes "${name}" of "${template}" and ${JSON.stringify(values)}`, () => {
    assertEquals(makeFileName(template, { ...VALUES, ...values }), name);
  });
}

Deno.test("makeFileName() shortens a name of a megabyte that a server gave", () => {
  const path = `View/${"ä".repeat(1_000_000)}.png`;
  assertEquals(makeFileName("{original}.{ext}", { ...VALUES, path }), `${"ä".repeat(98)}.png`);
});

Deno.test("numberFileName() puts the number before the ending of the last part", () => {
  assertEquals(numberFileName("a.b/cat.png", 2), "a.b/cat-2.png");
  assertEquals(numberFileName("a.b/cat", 2), "a.b/cat-2");
});

for (
  const [template, clean] of [
    ["{original}.{ext}", "{original}.{ext}"],
    ["{date}/{model}-{seed}", "{date}/{model}-{seed}"],
    ["out/", "out/"],
    ["../../x", "x"],
    ["a/../b", "a/b"],
    ["/tmp/x", "tmp/x"],
    ["a\\b", "a_b"],
    ["{time}: {seed}", "{time}_ {seed}"],
    ["nul.png", "_nul.png"],
    [".hidden", "hidden"],
  ] as const
) {
  Deno.test(`cleanTemplate() makes "${clean}" of "${template}"`, () => {
    assertEquals(cleanTemplate(template), clean);
  });
}
