import type { ServerCatalog } from "../../catalog/server_catalog.ts";
import type { Backend } from "../../detection/swarm_server.ts";
import { ServerRefusedError } from "../../errors.ts";

/** The backends that have a checkpoint loaded; `null`: this user may not see backends. */
export async function backendsWith(
  catalog: ServerCatalog,
  name: string,
): Promise<readonly Backend[] | null> {
  try {
    return (await catalog.backends()).filter(({ modelLoaded }) => modelLoaded === name);
  } catch (error) {
    if (!(error instanceof ServerRefusedError)) throw error;
    return null;
  }
}
