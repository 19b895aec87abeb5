import { assertEquals } from "@std/assert";
import { hoistGlobalOptions } from "../../src/cli/hoist.ts";

/** Words as in `generate image` and `status`. */
function isGroup(words: readonly string[]): boolean {
  return words.length === 0 || (words.length === 1 && words[0] === "generate");
}

function hoist(line: string): readonly [string, string, string] {
  const { words, moved, rest } = hoistGlobalOptions(line === "" ? [] : line.split(" "), isGroup);
  return [words.join(" "), moved.join(" "), rest.join(" ")];
}

for (
  const [line, words, moved, rest] of [
    ["", "", "", ""],
    ["status", "status", "", ""],
    ["status --watch -f json", "status", "", "--watch -f json"],
    ["--api-url http://x status -v", "status", "--api-url http://x", "-v"],
    ["--api-url=http://x status", "status", "--api-url=http://x", ""],
    ["-f json -q status", "status", "-f json -q", ""],
    ["-f=json -qv status", "status", "-f=json -qv", ""],
    ["-fjson -qfyaml status -fx", "status", "-fjson -qfyaml", "-fx"],
    ["-qf json status", "status", "-qf json", ""],
    ["--output - --format= status", "status", "--output - --format=", ""],
    ["-fx-y -q=no status", "status", "-fx-y -q=no", ""],
    ["--quiet=false status", "status", "--quiet=false", ""],
    ["generate -f json image -p x", "generate image", "-f json", "-p x"],
    ["-q generate -v image --no-color", "generate image", "-q -v", "--no-color"],
    ["generate --help", "generate", "--help", ""],
    ["-h generate image", "generate image", "-h", ""],
    ["--state-file status status", "status", "--state-file status", ""],
    ["--interval 2s status", "", "", "--interval 2s status"],
    ["-q --version", "", "-q --version", ""],
    ["-qx status", "", "", "-qx status"],
    ["-- status", "", "", "-- status"],
    ["--format", "", "--format", ""],
    ["nonsense image", "nonsense", "", "image"],
  ] as const
) {
  Deno.test(`hoistGlobalOptions() sorts "${line}"`, () => {
    assertEquals(hoist(line), [words, moved, rest]);
  });
}
