/**
 * Debian's cron daemon with a single table, in its own mount namespace, where only that table, its
 * mail and its files differ from the machine's. With libfaketime, its minutes last a second; the
 * jobs that it runs have real time.
 */
import { namesIn, type TempDir, tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait_for.ts";

const CRON = "/usr/sbin/cron";
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/** Replaces cron's table, its mail program and its own files. */
const SCRIPT = `set -e
  cp ${CRON} "$DIR/cron"
  mount --bind "$DIR/tables" /var/spool/cron/crontabs
  for place in /usr/sbin /etc/cron.d /run; do mount -t tmpfs none "$place"; done
  cp "$DIR/cron" "$DIR/sendmail" /usr/sbin/
  export LD_PRELOAD=${FAKETIME} FAKETIME='+0 x60'
  exec ${CRON} -f`;

/** A running cron daemon. */
export interface CronDaemon extends AsyncDisposable {
  /** The mails that it has sent, without their headers. */
  mails(): Promise<readonly string[]>;
}

/** True if the daemon can be used: on Debian, by a user who may mount. */
export function hasCronDaemon(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    // If all programs are required, a test without them fails instead of being ignored.
    if (Deno.env.get("NEED_ALL_PROGRAMS") !== "1") {
      for (const path of [CRON, FAKETIME]) Deno.statSync(path);
    }
    const script = "mount -t tmpfs none /run";
    const { success } = new Deno.Command("unshare", {
      args: ["--mount", "--pid", "--fork", "sh", "-c", script],
    })
      .outputSync();
    return success;
  } catch {
    return false;
  }
}

/** @param table The table's text, with its variables. */
export async function startCron(table: string): Promise<CronDaemon> {
  const dir = await tempDir();
  await Deno.mkdir(dir.join("tables"));
  await Deno.writeTextFile(dir.join("tables", "root"), table, { mode: 0o600 });
  await Deno.mkdir(dir.join("mail"));
  // A mail appears as a whole.
  const mail = `#!/bin/sh\nfile=$(mktemp -p '${dir.path}')\ncat > "$file"\nexec mv "$file" '${
    dir.join("mail")
  }'\n`;
  await Deno.writeTextFile(dir.join("sendmail"), mail, { mode: 0o755 });
  // Nothing that cron has started outlives it.
  const process = new Deno.Command("unshare", {
    args: ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SCRIPT],
    env: { DIR: dir.path },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    mails: async () => {
      const names = await namesIn(dir.join("mail"));
      const texts = await Promise.all(
        names.map((name) => Deno.readTextFile(dir.join("mail", name))),
      );
      return texts.map((text) => text.slice(text.indexOf("\n\n") + 2));
    },
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGKILL");
      await process.status;
      // They are killed at once, but nobody waits for them.
      await waitFor(() => removed(dir), { what: "an empty directory" });
    },
  };
}

async function removed(dir: TempDir): Promise<boolean> {
  try {
    await dir[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  }
}
