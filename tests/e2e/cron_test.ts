/** The lines that `docs/automation.md` recommends for cron, run by a real cron daemon. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type CronDaemon, hasCronDaemon, startCron } from "../support/cron_daemon.ts";
import { blocksOf, readPages } from "../support/doc_pages.ts";
import { type DocShell, openDocShell } from "../support/doc_shell.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

const ignore = !hasCronDaemon();

const [NIGHTLY = "", EACH_MINUTE = ""] = readPages()
  .filter(({ path }) => path === "docs/automation.md").flatMap(blocksOf)
  .filter(({ language }) => language === "crontab").map(({ text }) => text);

/** Lets cron run a line of the page each minute, with the user's home and the test's server. */
async function runTable(text: string, about: {
  readonly shell: DocShell;
  readonly home: TempDir;
}): Promise<CronDaemon> {
  const { shell, home } = about;
  const { out } = await shell.run("command -v asset-generator; echo $DENO_DIR", { home });
  const [tool = "", denoDir = ""] = out.trim().split("\n");
  const [path = "", line = ""] = shell.adapt(text).trim().split("\n");
  return await startCron(
    [
      // As the page says: the tool's directory comes first.
      path.replace("PATH=", `PATH=${tool.replace(/\/[^/]*$/, "")}:`),
      `HOME=${home.path}`,
      `DENO_DIR=${denoDir}`,
      `ASSET_GENERATOR_API_URL=${shell.simulator.url}`,
      line.replace(/^(\S+ ){5}/, "* * * * * "),
      "",
    ].join("\n"),
  );
}

async function ran(home: TempDir): Promise<string> {
  return await Deno.readTextFile(home.join("ran")).catch(() => "");
}

for (const [name, text] of [["each night", NIGHTLY], ["each minute", EACH_MINUTE]] as const) {
  Deno.test(`cron runs the job that waits ${name}, and sends no mail`, {
    ignore,
  }, async () => {
    await using shell = await openDocShell();
    await using home = await tempDir();
    await using cron = await runTable(text, { shell, home });
    await waitFor(async () => (await ran(home)) !== "", { what: "the job" });
    // What the user's own job prints is sent as mail; the tool prints nothing.
    for (const mail of await cron.mails()) assertEquals(mail, "nightly-job\n");
  });
}

Deno.test("cron sends one line when a wait fails", { ignore }, async () => {
  await using shell = await openDocShell();
  await using home = await tempDir();
  const { simulator } = shell;
  await simulator.stop();
  await using cron = await runTable(NIGHTLY, { shell, home });
  await waitFor(async () => (await cron.mails()).some((mail) => mail !== ""), { what: "a mail" });
  const [mail = ""] = (await cron.mails()).filter((text) => text !== "");
  assertMatch(mail, /^Error: .*\n$/);
  assertEquals(mail.split("\n").length, 2, mail);
  assert((await ran(home)) === "");
});
