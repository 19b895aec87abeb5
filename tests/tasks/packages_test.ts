import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/cli/command.ts";
import { labelled, noticesText } from "../../tasks/release/notices.ts";
import { shippedPackages } from "../../tasks/release/packages.ts";

Deno.test("shippedPackages() finds what the tool contains, with licence, hash and notice", async () => {
  const packages = await shippedPackages();
  const names = packages.map(({ name }) => name);
  // What a package depends on is shipped too; what only tests and tasks use is not.
  for (const name of ["exifreader", "fast-png", "fflate", "yaml"]) {
    assert(names.includes(name), name);
  }
  for (const name of ["ajv", "deno-std", "fast-check", "acorn"]) {
    assert(!names.includes(name), name);
  }
  for (const { name, version, license, integrity, notice } of packages) {
    assert(/^\d+\.\d+\.\d+/.test(version), name);
    assert(license.length > 0, name);
    assert(integrity.startsWith("sha512-"), name);
    assert(/Copyright|License/.test(notice), name);
    assert(!notice.includes("undefined"), name);
  }
  const mpl = packages.find(({ license }) => license === "MPL-2.0");
  assertEquals(
    mpl?.notice,
    "Copyright Mattias Wallander <mattias@wallander.eu>. Mozilla Public License 2.0: " +
      "https://mozilla.org/MPL/2.0/. Source: " +
      `https://www.npmjs.com/package/exifreader/v/${mpl?.version}`,
  );
});

Deno.test("noticesText() has a permission of several packages once, and every copyright", () => {
  const some = { version: "1.0.0", license: "MIT", integrity: "sha512-" };
  const permission = "Permission is hereby granted\nto all";
  const text = noticesText([
    { ...some, name: "a", notice: `Copyright A\n\n${permission}` },
    { ...some, name: "b", notice: `Copyright B\n\n${permission.replace("\n", " ")}` },
    { ...some, name: "c", notice: "Copyright C" },
  ]);
  assertEquals(text.split("-".repeat(72)).map((part) => part.trim()), [
    `a 1.0.0 (MIT), https://www.npmjs.com/package/a/v/1.0.0\n\nCopyright A\n\n${permission}`,
    "b 1.0.0 (MIT), https://www.npmjs.com/package/b/v/1.0.0\n\nCopyright B\n\n" +
    "With the same permission as a, above.",
    "c 1.0.0 (MIT), https://www.npmjs.com/package/c/v/1.0.0\n\nCopyright C",
  ]);
});

Deno.test("labelled() begins with version, licence and use, and ends with the notices", () => {
  const file = labelled("run();\n", [
    { name: "a", version: "1.0.0", license: "MIT", integrity: "sha512-", notice: "By A. */ x" },
  ]);
  const lines = file.split("\n");
  assert(lines[0]?.startsWith("#!/usr/bin/env -S deno run --quiet --no-prompt --allow-read"));
  assertStringIncludes(lines[1] ?? "", `asset-generator ${VERSION}: `);
  assertStringIncludes(lines[1] ?? "", "MIT licence");
  assertStringIncludes(lines[2] ?? "", " asset-generator.js status");
  assertEquals(lines.slice(4), [
    "run();",
    "/*",
    "a 1.0.0 (MIT), https://www.npmjs.com/package/a/v/1.0.0",
    "",
    "By A. * / x",
    "*/",
    "",
  ]);
});
