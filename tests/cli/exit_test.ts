import { assertEquals } from "@std/assert";
import { describeFailure } from "../../src/cli/exit.ts";
import {
  AppError,
  PermissionError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
  StateFileError,
  UsageError,
} from "../../src/errors.ts";

for (
  const [error, exitCode, code] of [
    [new UsageError("Cannot x"), 2, "usage"],
    [new ServerError("Cannot x"), 1, "failed"],
    [new StateFileError("Cannot x"), 1, "state_file"],
    [new AppError("timed_out", "Cannot x"), 3, "timed_out"],
    [new PermissionError("Cannot x", "--allow-net"), 4, "not_permitted"],
    [new ServerRefusedError("Cannot x"), 4, "refused"],
    [new ServerUnreachableError("Cannot x"), 5, "unreachable"],
    [new AppError("interrupted", "Cannot x"), 130, "interrupted"],
  ] as const
) {
  Deno.test(`describeFailure() gives ${code} the exit code ${exitCode}`, () => {
    assertEquals(describeFailure(error), { exitCode, code, message: "Cannot x" });
  });
}

Deno.test("describeFailure() calls everything else a bug, whatever was thrown", () => {
  for (
    const [thrown, found] of [[new TypeError("boom"), "boom"], [new Error(), "Error"], ["x", "x"]]
  ) {
    const { exitCode, code, message } = describeFailure(thrown);
    assertEquals([exitCode, code], [1, "internal"]);
    assertEquals(message.startsWith(`Internal error: ${found} (`), true, message);
  }
});
