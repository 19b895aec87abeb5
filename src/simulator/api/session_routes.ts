/** Routes about sessions, users and their status (`swarmui-protocol.md §1, §5, §8, §20.9`). */
import { ageText } from "../backends/backend.ts";
import { isJsonObject } from "../../json_object.ts";
import { valueText } from "../models/parameter_value.ts";
import type { Swarm } from "../swarm.ts";
import type { User } from "../users/user.ts";
import type { Session } from "../users/user_session.ts";
import { type HttpReply, jsonReply } from "../wire/http_reply.ts";
import { RouteError } from "./refusals.ts";
import { flagOf, openRoute, type Route, route, textOf } from "./route.ts";
import { statusToWire } from "./server_status.ts";

/** How long a user is listed after the last call, in milliseconds. */
const CONNECTED_MS = 180_000;
const NO_PICTURE = "imgs/model_placeholder.jpg";
const COOKIE_YEAR_SECONDS = 31_536_000;

/** All routes of this kind. */
export const SESSION_ROUTES: readonly Route[] = [
  openRoute("GetNewSession", ({ swarm, headers, body }) => {
    const caller = swarm.users.ofRequest(headers);
    if (caller === null) throw new RouteError("Invalid or unauthorized.");
    const user = "impersonateUser" in body
      ? impersonated(swarm, { caller, name: valueText(body.impersonateUser) })
      : caller;
    user.lastActiveMs = swarm.clock.now();
    return {
      session_id: swarm.sessions.create(user).id,
      user_id: user.name,
      output_append_user: swarm.settings.appendsUser,
      version: swarm.settings.version,
      server_id: swarm.boot.serverId,
      permissions: user.rights,
    };
  }),
  openRoute("Login", async ({ swarm, headers, body }) => {
    const nowMs = swarm.clock.now();
    const name = textOf(body, "username");
    const user = await swarm.users.login(name, { password: textOf(body, "password"), nowMs });
    if (typeof user === "string") return { error_id: user };
    const userAgent = headers.get("user-agent") ?? "";
    const token = swarm.users.tokens.issue(user, { createdMs: nowMs, userAgent });
    const expires = new Date(nowMs + COOKIE_YEAR_SECONDS * 1_000).toUTCString();
    return tokenReply(`${token}; expires=${expires}`);
  }),
  route("Logout", null, ({ swarm: { users }, headers }) => {
    if (!users.hasAccounts) {
      throw new RouteError("Authorization is not enabled, you have no account to log out of.");
    }
    if (users.tokens.userOf(headers) === null) {
      throw new RouteError("You do not appear to be actually logged in. How'd you get here?");
    }
    return tokenReply("; max-age=-1");
  }),
  route("CreateAuthToken", "edit_user_settings", ({ swarm, session, body }) => {
    requireAccounts(swarm);
    const userAgent = "reason" in body ? textOf(body, "reason") : "";
    const createdMs = swarm.clock.now();
    return { token: swarm.users.tokens.issue(session.user, { createdMs, userAgent }) };
  }),
  route("ListMyAuthTokens", "edit_user_settings", ({ swarm, session, headers }) => {
    requireAccounts(swarm);
    return { tokens: swarm.users.tokens.list(session.user, headers) };
  }),
  route("RevokeMyAuthToken", "edit_user_settings", ({ swarm, session, body }) => {
    const id = textOf(body, "tokenId");
    requireAccounts(swarm);
    // What SwarmUI says here was not recorded.
    if (!swarm.users.tokens.revoke(session.user, id)) throw new RouteError("Invalid token ID.");
    return { success: true };
  }),
  route(
    "GetCurrentStatus",
    "fundamental_generate_tab_access",
    ({ swarm, session }) => statusToWire(swarm, session.counters),
  ),
  route(
    "GetGlobalStatus",
    "read_server_info_panels",
    ({ swarm }) => statusToWire(swarm, swarm.sessions.counters()),
  ),
  route("ListConnectedUsers", "read_server_info_panels", ({ swarm }) => {
    const users = swarm.users.list().map((user) => {
      const sessions = swarm.sessions.list(user);
      const ageMs = Math.max(0, swarm.clock.now() - user.lastActiveMs);
      const counters = swarm.sessions.counters(sessions);
      return { user, sessions, ageMs, counters };
    }).filter(({ ageMs, counters, sessions }) =>
      sessions.length > 0 &&
      (ageMs <= CONNECTED_MS || Object.values(counters).some((count) => count > 0))
    );
    return {
      users: users.map(({ user, sessions, ageMs, counters }) => ({
        id: user.name,
        last_active_seconds: ageMs / 1_000,
        active_sessions: [{ address: "127.0.0.1", count: sessions.length }],
        last_active: ageText(ageMs, "0 milliseconds ago"),
        ...counters,
      })),
    };
  }),
  route("InterruptAll", "basic_image_generation", ({ swarm, session, body }) => {
    const isBroad = flagOf(body, "other_sessions");
    interrupt(isBroad ? swarm.sessions.list(session.user) : [session]);
    return { success: true };
  }),
  route("AdminInterruptUser", "interrupt_others", ({ swarm, body }) => {
    const user = swarm.users.find(textOf(body, "name"));
    if (user === null) throw new RouteError("No user by that name exists.");
    interrupt(swarm.sessions.list(user));
    return { success: true };
  }),
  route("AddNewPreset", "manage_presets", ({ session: { user }, body }) => {
    const raw = isJsonObject(body.raw) ? body.raw.param_map : undefined;
    const map = isJsonObject(body.param_map) ? body.param_map : raw;
    const entries = Object.entries(isJsonObject(map) ? map : {});
    const title = textOf(body, "title");
    user.presets.set(title.toLowerCase(), {
      author: user.name,
      title,
      description: valueText(body.description),
      preview_image: NO_PICTURE,
      is_starred: false,
      param_map: Object.fromEntries(entries.map(([key, value]) => [key, valueText(value)])),
    });
    return { success: true };
  }),
  route("GetMyUserData", "fundamental_generate_tab_access", ({ session: { user } }) => ({
    user_name: user.name,
    presets: [...user.presets.values()],
    language: "en",
    permissions: user.rights,
    starred_models: {},
    model_preset_links: {},
    autocompletions: null,
  })),
];

/** @throws {RouteError} On a server that requires no login. */
function requireAccounts({ users }: Swarm): void {
  if (!users.hasAccounts) throw new RouteError("Authorization is not enabled.");
}

/** Makes the client keep another token. */
function tokenReply(token: string): HttpReply {
  const reply = jsonReply({ success: "true" });
  const cookie = `swarm_token=${token}; path=/; samesite=lax; httponly`;
  return { ...reply, headers: { ...reply.headers, "set-cookie": cookie } };
}

/** @throws {RouteError} If there is no such user, or the caller may not be another. */
function impersonated(
  swarm: Swarm,
  { caller, name }: { readonly caller: User; readonly name: string },
): User {
  const user = caller.may("manage_users") ? swarm.users.find(name) : null;
  if (user !== null) return user;
  throw new RouteError("The user you are trying to impersonate does not exist.", "bad_impersonate");
}

function interrupt(sessions: readonly Session[]): void {
  for (const session of sessions) session.interrupt();
}
