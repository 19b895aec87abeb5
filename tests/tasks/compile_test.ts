import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { unzipSync } from "fflate";
import { parseTarGzip } from "nanotar";
import { pack } from "../../tasks/release/archive.ts";
import { makeExecutable, NoBaseError } from "../../tasks/release/executable.ts";
import { readPayload } from "../../tasks/release/payload.ts";
import { sbomText } from "../../tasks/release/sbom.ts";
import type { Target } from "../../tasks/release/targets.ts";
import { withTempDir } from "../support/temp_dir.ts";

/** Any program of Linux has the format of a base executable. */
const SMALL_PROGRAM = "/bin/true";
const LINUX: Target = { name: "x86_64-unknown-linux-gnu", ending: "", archive: "tar.gz" };

Deno.test("makeExecutable() grants the shipped permissions, and nothing else", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withTempDir(async (dir) => {
    const [bundle, output] = [dir.join("asset-generator.js"), dir.join("out")];
    await Deno.writeTextFile(bundle, "console.log(1);\n");
    await makeExecutable(LINUX, { bundle, output, base: SMALL_PROGRAM });
    const { argv, entry, permissions } = readPayload(await Deno.readFile(output));
    assertEquals([argv, entry], [[], "asset-generator.js"]);
    const { allow_env, ...others } = permissions;
    assertEquals(others, {
      allow_net: [],
      allow_read: [],
      allow_sys: ["hostname"],
      allow_write: [],
    });
    assert(allow_env?.includes("ASSET_GENERATOR_*"));
    assert(!allow_env?.includes("PATH"));
  }));

Deno.test(
  "makeExecutable() refuses a program that is not the one file, and says where no base is",
  {
    ignore: Deno.build.os !== "linux",
  },
  () =>
    withTempDir(async (dir) => {
      const [bundle, output] = [dir.join("other.js"), dir.join("out")];
      await Deno.writeTextFile(bundle, "console.log(1);\n");
      await assertRejects(
        () => makeExecutable(LINUX, { bundle, output, base: SMALL_PROGRAM }),
        Error,
        'holds {"argv":[],"entry":"other.js"',
      );
      await assertRejects(
        () => makeExecutable(LINUX, { bundle, output, base: dir.join("nothing") }),
        NoBaseError,
        "Cannot make the executable for x86_64-unknown-linux-gnu: ",
      );
    }),
);

Deno.test("readPayload() finds the program on any system, not just the mark", () => {
  const document = JSON.stringify({
    argv: [],
    entrypoint_key: "a.js",
    permissions: { allow_net: [], allow_run: null, prompt: false },
  });
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(document.length), true);
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  // In those for Linux it is there twice before the document, in those for macOS and Windows once.
  for (const mark of ["d3n0l4nd", "d3n0l4ndd3n0l4nd"]) {
    const parts = [encode("MZ d3n0l4nd code"), encode(mark), length, encode(`${document}[]`)];
    const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
    assertEquals(readPayload(bytes), {
      argv: [],
      entry: "a.js",
      permissions: { allow_net: [] },
    });
  }
});

Deno.test("readPayload() refuses a file without a program", () => {
  assertThrows(() => readPayload(new Uint8Array(100)), Error, "The executable holds no program");
});

Deno.test("pack() keeps names, bytes and the executable bit, and always gives the same archive", async () => {
  const bytes = new TextEncoder().encode("hello");
  const files = [
    { path: "a/asset-generator", bytes, isExecutable: true },
    { path: "a/README.md", bytes },
  ];
  const tar = await pack(files, "tar.gz");
  assertEquals(await pack(files, "tar.gz"), tar);
  const read = await parseTarGzip(tar);
  assertEquals(
    read.map(({ name, text, attrs }) => [name, text, Number.parseInt(attrs?.mode ?? "", 8)]),
    [["a/asset-generator", "hello", 0o755], ["a/README.md", "hello", 0o644]],
  );
  const zip = await pack(files, "zip");
  assertEquals(await pack(files, "zip"), zip);
  assertEquals(Object.keys(unzipSync(zip)), files.map(({ path }) => path));
  assertEquals(unzipSync(zip)["a/README.md"], bytes);
});

Deno.test("sbomText() names each package with its hash in hexadecimal digits", () => {
  const packages = [{
    name: "@a/b",
    version: "1.0.0",
    license: "MIT",
    integrity: "sha512-aGk=",
    notice: "",
  }];
  const { components } = JSON.parse(sbomText(packages, "2.9.6"));
  assertEquals(components.map(({ purl }: { readonly purl: string }) => purl), [
    "pkg:npm/%40a/b@1.0.0",
    "pkg:github/denoland/deno@v2.9.6",
  ]);
  assertEquals(components[0].hashes, [{ alg: "SHA-512", content: "6869" }]);
});
