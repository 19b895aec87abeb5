/** `login` as a process: a real terminal, standard input, and Deno's permissions. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import { openStage } from "../support/stage.ts";
import { HAS_OWN_PERMISSIONS, programLine } from "../support/tested_program.ts";
import { hasTmux, openTmux } from "../support/tmux.ts";

const PASSWORD = "wonderland";
const ACCOUNTS: SimulatorOptions = {
  accounts: [{ name: "alice", password: PASSWORD, role: "owner" }],
};

/** What runs in the terminal, which says afterwards whether it shows what is typed. */
function script(): string {
  const line = programLine(["login"]).map((word) => `'${word}'`).join(" ");
  // Ctrl-C is for the program, not for the shell around it.
  return `trap : INT\n${line}\necho "ended with $?"\nstty -a | grep -ow -- '-*echo'\ncat\n`;
}

Deno.test({
  name: "login shows no password, and gives the terminal back at its end and with Ctrl-C",
  ignore: !hasTmux(),
  async fn(): Promise<void> {
    await using stage = await openStage(ACCOUNTS);
    for (const end of ["Enter", "C-c"]) {
      const directory = `${stage.elsewhere}/${end}`;
      await Deno.mkdir(directory);
      await using terminal = await openTmux(script(), { directory, env: stage.env });
      await terminal.resize({ columns: 40, rows: 24 });
      await terminal.until("Account:");
      await terminal.type("alice");
      await terminal.until("Password of alice (not shown):");
      await terminal.write(PASSWORD);
      await terminal.press(end);
      const screen = await terminal.until(["ended with", "\necho\n"]);
      assert(screen.includes(`ended with ${end === "C-c" ? 130 : 0}\necho\n`), screen);
      assert(!screen.includes(PASSWORD), screen);
    }
  },
});

Deno.test("login in a process reads the password from a pipe, and later processes use its token", async () => {
  await using stage = await openStage(ACCOUNTS);
  await Deno.writeTextFile(`${stage.here}/password`, `${PASSWORD}\n`);
  const line = programLine(["login", "--user", "alice"]).map((word) => `'${word}'`).join(" ");
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${line} < password`],
    cwd: stage.here,
    env: stage.env,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals((await stage.status()).verdict, "idle");
  assertEquals((await stage.run(["logout"])).code, 0);
  assertEquals((await stage.run(["login", "--status"])).code, 4);
});

Deno.test({
  name: "login says which permission it lacks before it asks for anything",
  ignore: HAS_OWN_PERMISSIONS,
  async fn(): Promise<void> {
    await using stage = await openStage(ACCOUNTS);
    const state = stage.stateDirectory;
    const rows = [
      [["--allow-net", "--allow-env"], `--allow-read=${state} --allow-write=${state}`],
      [["--allow-net", "--allow-env", "--allow-read"], `--allow-write=${state}`],
      [["--allow-net"], "--allow-env="],
      [["--allow-env", "--allow-read", "--allow-write"], "--allow-net="],
    ] as const;
    for (const [grants, needs] of rows) {
      const args = ["login", "--user", "alice", "--api-url", stage.server.url];
      const { code, out, err } = await stage.run(args, { permissions: grants });
      assertEquals([code, out], [4, ""], err);
      assertMatch(err, /^Error: Cannot [^\n]+\n$/);
      assert(err.includes(needs), err);
    }
    assertEquals(stage.asked("Login"), 0);
  },
});
