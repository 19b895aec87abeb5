/** Checks whether the server answers, accepts this user, and has the same time. Pure. */
import { foundText } from "../detection/answer.ts";
import { firstSilent } from "../detection/report.ts";
import { hasAdvice } from "../errors.ts";
import { isLoopback } from "../generation/server/server_url.ts";
import type { DetectionReport, Evidence } from "../detection/report.ts";
import type { Check } from "./check.ts";
import { checksOf } from "./check.ts";
import type { CredentialSources, DoctorFacts } from "./facts.ts";
import type { KeptSession, Probe } from "./door.ts";
import { HEADER_SETTING, LOCALHOST_SETTING, TOKEN_MENU } from "./swarm_rights.ts";

const { ok, warning, missing, notChecked } = checksOf("server");

/** With clocks that differ by more, heartbeats of other machines look old: a lease is 30 s. */
const SKEW_MAX_MS = 5_000;
/** A `Date` header has whole seconds. */
const DATE_STEP_MS = 1_000;

/** Checks the connection, the login and the clock. */
export function checkDoor(facts: DoctorFacts): readonly Check[] {
  const { report, probe } = facts;
  return [
    checkReach(report),
    checkLogin(facts),
    checkClock(report.reach === "online" || report.reach === "refused" ? probe : null),
  ];
}

function checkReach(report: DetectionReport): Check {
  const { serverUrl, reach } = report;
  const silent = firstSilent(report);
  const found = foundText(silent);
  switch (reach) {
    case "online": {
      const quick = report.responseTimeMs === null
        ? ""
        : ` in ${Math.max(1, Math.round(report.responseTimeMs))} ms`;
      return ok("server", `${serverUrl} answers as SwarmUI${quick}`);
    }
    case "refused":
      return ok("server", `${serverUrl} answers`);
    case "not_asked":
      return notChecked("server", `${serverUrl} was not asked`);
    case "offline":
      return missing(
        "server",
        `${serverUrl} does not answer as SwarmUI: ${found}`,
        hasAdvice(found) ? undefined : offlineAdvice(serverUrl, silent),
      );
    default:
      return reach satisfies never;
  }
}

/** Sources: `swarmui-protocol.md §9`. */
function offlineAdvice(serverUrl: string, silent: Evidence | undefined): string {
  switch (silent?.reason) {
    case "timeout":
      return "is it busy or stopped? --request-timeout allows more time";
    case "not_swarmui":
    case "protocol":
      return "give SwarmUI's own address with --api-url, with the path if a proxy adds one";
    default:
      return isLoopback(serverUrl)
        ? "start SwarmUI, or give its address with --api-url: it takes port 7802, 7803 … if 7801 " +
          "is taken"
        : "is it running? It listens to its own machine only, unless Server → Server Configuration " +
          "→ Network → Host says more";
  }
}

function checkLogin({ report, probe, credentials, keptSession }: DoctorFacts): Check {
  switch (report.reach) {
    case "online":
      return ok("login", given(credentials) + named(keptSession));
    case "refused":
      return checkRefusal(report, { probe, credentials });
    case "not_asked":
    case "offline":
      return notChecked("login", "Whether the server requires a login or a header");
    default:
      return report.reach satisfies never;
  }
}

function given({ apiKey, token }: CredentialSources): string {
  const parts = [
    ...apiKey === null ? [] : [`the API key of ${apiKey}`],
    ...token === null ? [] : [`the token of ${token}`],
  ];
  return parts.length === 0
    ? "The server requires no login"
    : `The server accepts ${parts.join(" and ")}`;
}

function named(kept: KeptSession | null): string {
  return kept?.userId ? `; its user is "${kept.userId}"` : "";
}

/** Finds which refusal it is: `swarmui-protocol.md §1.4, §1.5`. */
function checkRefusal(report: DetectionReport, about: {
  readonly probe: Probe | null;
  readonly credentials: CredentialSources;
}): Check {
  const { probe, credentials } = about;
  if (probe?.status === 401 && probe.mediaType === null) {
    const found = credentials.apiKey === null
      ? "The server requires an Authorization header with every request"
      : `The server does not accept the Authorization header of ${credentials.apiKey}`;
    return missing("login", found, `give the text of ${HEADER_SETTING} with --api-key`);
  }
  if (probe?.status === 401 || probe?.status === 403) {
    return missing(
      "login",
      `Something before the server requires a login (HTTP status ${probe.status})`,
      "give what it requires with --api-key, or the address of SwarmUI itself with --api-url",
    );
  }
  const found = credentials.token === null
    ? "The server requires a login"
    : `The server does not accept the token of ${credentials.token}`;
  const local = isLoopback(report.serverUrl)
    ? `, or switch on ${LOCALHOST_SETTING}, which a proxy that adds X-Forwarded-For undoes`
    : "";
  return missing(
    "login",
    found,
    `log in with asset-generator login, or give a token of ${TOKEN_MENU} with --token${local}`,
  );
}

/**
 * Compares the server's clock with this machine's at the middle of the round trip. The header has
 * whole seconds, so half a second is added. Differences within the length of the round trip are
 * ignored.
 */
function checkClock(probe: Probe | null): Check {
  if (probe === null || probe.serverMs === null) {
    return notChecked(
      "clock",
      "Whether the server's clock agrees with this machine's: its answers do not tell the time",
    );
  }
  const { serverMs, askedAtMs, roundTripMs } = probe;
  const skewMs = serverMs + DATE_STEP_MS / 2 - (askedAtMs + roundTripMs / 2);
  const doubtMs = (DATE_STEP_MS + roundTripMs) / 2;
  if (Math.abs(skewMs) - doubtMs <= SKEW_MAX_MS) {
    return ok("clock", "The server's clock agrees with this machine's");
  }
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const direction = skewMs > 0 ? "ahead of" : "behind";
  return warning(
    "clock",
    `The server's clock is ${seconds} s ${direction} this machine's, so records of other machines may ` +
      "look older or younger than they are",
    "synchronise both clocks, for example by NTP",
  );
}
