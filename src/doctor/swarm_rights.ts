/**
 * SwarmUI's permissions as its own pages show them, and where they are given. Sources: SwarmUI's
 * `src/Accounts/Permissions.cs`, its ComfyUI extension and its `docs/Sharing Your Swarm.md`; default
 * roles: `swarmui-protocol.md §0`.
 */

interface SwarmRight {
  /** As the page of roles shows it. */
  readonly name: string;
  /** The heading under which it stands there. */
  readonly group: string;
  /** The weakest role that has it by default. */
  readonly role: string;
}

const RIGHTS: Readonly<Record<string, SwarmRight>> = {
  read_server_info_panels: { name: "Read Server Info Panels", group: "Admin", role: "admin" },
  view_backends_list: { name: "View Backends List", group: "Backends Admin", role: "poweruser" },
  comfy_direct_calls: { name: "ComfyUI Direct Calls", group: "ComfyUI", role: "poweruser" },
  fundamental_generate_tab_access: {
    name: "Fundamental Generate Tab Access",
    group: "User",
    role: "guest",
  },
};

/** Where the header of every request is set (`swarmui-protocol.md §1.4`). */
export const HEADER_SETTING = "Server → Server Configuration → Network → RequiredAuthorization";
/** Where to set that accounts are required, and that this machine needs none (§1.5). */
export const LOCALHOST_SETTING =
  "Server → Server Configuration → User Authorization → AllowLocalhostBypass";
/** Where an account's token comes from (§1.5). */
export const TOKEN_MENU = "User → Swarm Auth Tokens";
/** Where to update SwarmUI. */
export const UPDATE_MENU = "Server → Server Info → Update and Restart Server";

/**
 * Says who has to do what so that a question is answered.
 *
 * @param needs As in the evidence: `permission <SwarmUI permission id>`.
 */
export function howToGrant(needs: string): string {
  const id = /^permission (\w+)$/.exec(needs)?.[1];
  if (id === undefined) return needs;
  const right = Object.hasOwn(RIGHTS, id) ? RIGHTS[id] : undefined;
  const what = right === undefined
    ? id
    : `"${right.name}" under ${right.group}: ${id}, by default from ${right.role} up`;
  return `in SwarmUI, Server → Users → Roles, give this user's role ${what}`;
}
