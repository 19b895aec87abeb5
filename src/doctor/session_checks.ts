/** The session for questions, and the logins whose sessions are kept. Pure. */
import type { Check } from "./check.ts";
import { checksOf } from "./check.ts";
import type { DoctorFacts } from "./facts.ts";

const { ok, warning, notChecked } = checksOf("server");

/** Checks that calls share one session, and whether several logins are in use. */
export function checkSessions(facts: DoctorFacts): readonly Check[] {
  return [checkKept(facts), checkLogins(facts.places.logins)];
}

/** Each session ever made stays stored on the server (`swarmui-protocol.md §1.1, §1.3`). */
function checkKept({ report, keptSession, userDirectory }: DoctorFacts): Check {
  if (keptSession !== null) {
    return ok("session", "The session for questions is kept, so calls share one");
  }
  if (report.reach !== "online") return notChecked("session", "Whether calls share one session");
  return warning(
    "session",
    "The session for questions is not kept: each call leaves a new one on the server for a month",
    userDirectory.kind === "permission"
      ? `add ${userDirectory.needs}`
      : "see the line of the user's state directory",
  );
}

function checkLogins(logins: number | null): Check {
  if (logins === null) return notChecked("logins", "Which logins were used on this server");
  return logins > 1
    ? ok(
      "logins",
      `${logins} logins were used on this server; each sees what its own permissions allow`,
      "give the same --api-key and --token in every script",
    )
    : ok("logins", "One login is used on this server");
}
