/** The server's parameters in a template for file names. */
import { AppError, UsageError } from "../../errors.ts";
import { parametersOf } from "../../generation/pictures/file_name.ts";
import type { ImageServer } from "../../generation/server/image_server.ts";
import type { ServerSession } from "../../generation/session.ts";
import { quote } from "../values.ts";
import { closestHint } from "./closest_name.ts";

/**
 * Checks that the server has the parameters of a template. It is asked only if there are any.
 *
 * @throws {UsageError} If it has no such parameter; names the closest.
 */
export async function checkTemplateParameters(
  template: string | undefined,
  { server, session }: {
    readonly server: Pick<ImageServer, "parameters">;
    readonly session: () => Promise<ServerSession>;
  },
): Promise<void> {
  const wanted = parametersOf(template ?? "");
  if (template === undefined || wanted.length === 0) return;
  const ids = await idsOf(server, session);
  // A server that does not tell them may have it.
  const missing = ids.length === 0 ? undefined : wanted.find((id) => !ids.includes(id));
  if (missing === undefined) return;
  throw new UsageError(
    `Cannot use --filename-template ${quote(template)}: the server has no parameter ` +
      `${quote(missing)} that this account may use (${closestHint(missing, ids)})`,
  );
}

async function idsOf(
  server: Pick<ImageServer, "parameters">,
  session: () => Promise<ServerSession>,
): Promise<readonly string[]> {
  try {
    return (await server.parameters(await session())).map(({ id }) => id);
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
