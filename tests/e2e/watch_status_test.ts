/** `status --watch` as a process, on a real terminal and in a pipe. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { otherClient } from "../support/other_client.ts";
import { hasCommand, installCommands } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import { programLine } from "../support/tested_program.ts";
import { hasTmux, openTmux } from "../support/tmux.ts";

/** What a user types, and what the screen shows before and after. */
function script(): string {
  const line = programLine(["status", "--watch", "--interval", "200ms"])
    .map((word) => `'${word}'`).join(" ");
  // Ctrl-C is for the program, not for the shell around it.
  return `trap : INT\necho what was there before\n${line}\necho "ended with $?"\ncat\n`;
}

Deno.test({
  name: "status --watch draws on a terminal, follows its size, and gives it back at the end",
  ignore: !hasTmux(),
  async fn(): Promise<void> {
    await using stage = await openStage();
    const directory = `${stage.elsewhere}/terminal`;
    await Deno.mkdir(directory);
    await using terminal = await openTmux(script(), { directory, env: stage.env });
    const idle = await terminal.until(["No generations currently running", "UTC, Ctrl-C ends"]);
    assertEquals(idle.includes("what was there before"), false);
    assert(idle.startsWith("Idle\n\nServer\n"), idle);

    const client = await otherClient(stage.server.url);
    await using _work = client.generate(3);
    await stage.untilWorking(3);
    await terminal.until("Untracked: 3 images on the server", { not: "No generations" });

    await terminal.resize({ columns: 30, rows: 6 });
    const brief = ["Busy: 3 images started…", "Untracked: 3 images on the…", "UTC, Ctrl-C ends"];
    const small = await terminal.until(brief, { not: "Server\n" });
    assert(small.startsWith("Busy: 3 images started…\n"), small);
    await terminal.resize({ columns: 80, rows: 24 });
    await terminal.until("Untracked: 3 images on the server");

    await stage.finish();
    await terminal.until("No generations currently running");
    await terminal.press("C-c");
    const after = await terminal.until("ended with 130");
    assertStringIncludes(after, "what was there before");
    assertEquals(after.includes("Server"), false, after);
  },
});

Deno.test({
  name: "status --watch gives the terminal to the shell with Ctrl-Z, and takes it back with fg",
  ignore: !hasTmux() || !hasCommand("bash"),
  async fn(): Promise<void> {
    await using stage = await openStage();
    const { path } = await installCommands(stage.elsewhere);
    const directory = `${stage.elsewhere}/terminal`;
    await Deno.mkdir(directory);
    await using terminal = await openTmux("PS1='ready> ' exec bash --norc --noprofile -i", {
      directory,
      env: stage.env,
    });
    await terminal.until("ready>");
    await terminal.type(`echo before; ${path}/asset-generator status --watch --interval 200ms`);
    for (let turn = 1; turn <= 2; turn++) {
      await terminal.until("UTC, Ctrl-C ends", { not: "before" });
      await terminal.press("C-z");
      const shell = await terminal.until(["before", "Stopped"], { not: "UTC, Ctrl-C ends" });
      assertEquals(shell.includes("Server"), false, shell);
      assertEquals(await terminal.hasCursor(), true);
      await terminal.type(`clear; echo before; fg`);
    }
    await terminal.until("UTC, Ctrl-C ends", { not: "before" });
    assertEquals(await terminal.hasCursor(), false);
    await terminal.press("C-c");
    await terminal.type("echo ended with $?");
    await terminal.until(["before", "ended with 130"], { not: "UTC, Ctrl-C ends" });
    assertEquals(await terminal.hasCursor(), true);
  },
});

Deno.test("status --watch in a pipe writes lines, and ends quietly with its reader", async () => {
  await using stage = await openStage();
  await using watching = stage.start(["status", "--watch", "--interval", "150ms", "--no-models"]);
  const first = JSON.parse(await watching.nextLine());
  assertEquals(first.verdict, "idle");
  await watching.closeOutput();
  const { code, err } = await watching.end();
  assertEquals([code, err], [0, ""]);
});
