import { assertEquals, assertThrows } from "@std/assert";
import { outputFile } from "../../src/cli/output_target.ts";
import { UsageError } from "../../src/errors.ts";

Deno.test("outputFile() knows the names of standard output, and takes all else as a file", () => {
  for (const name of ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]) {
    assertEquals(outputFile(name), undefined, name);
  }
  const files = ["r.json", "./json", "out/yaml", "./-", "JSON", "/dev/stderr", "png", "a.png.txt"];
  for (const file of files) assertEquals(outputFile(file), file);
});

Deno.test("outputFile() refuses a format and the name of a picture", () => {
  for (const format of ["json", "yaml", "table"]) {
    assertThrows(
      () => outputFile(format),
      UsageError,
      `Cannot use --output "${format}": it is a format, and --output names a file ` +
        `(use --format ${format}; for a file of this name ./${format})`,
    );
  }
  for (const name of ["cat.png", "out/cat.JPG", "cat.jpeg", "cat.webp", "cat.webm"]) {
    assertThrows(
      () => outputFile(name),
      UsageError,
      `Cannot use --output "${name}": the report is written there, not a picture ` +
        "(to save pictures: asset-generator generate image --save-images --output-dir DIRECTORY)",
    );
  }
});
