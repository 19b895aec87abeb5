/** The forms in which people get the program and which need no download: one file, by path and by URL. */
import { REDIS_FILE } from "../../tasks/bundle.ts";
import { copyOneFile } from "./one_file.ts";
import type { TempDir } from "./temp_dir.ts";
import { tempDir } from "./temp_dir.ts";

/** The one file; it is gone when this is disposed. */
export interface ShippedForms extends AsyncDisposable {
  readonly path: string;
  /** Where a web server of this process has it. */
  readonly url: string;
  /** What keeps Deno's cache out of the user's: variables for a program that runs by URL. */
  readonly env: Readonly<Record<string, string>>;
  /** The paths that were asked of the web server, in their order. */
  readonly asked: readonly string[];
  /** Takes the web server away: what runs by URL then runs from Deno's cache. */
  closeServer(): Promise<void>;
}

/** Copies the one file and serves it. */
export async function shippedForms(): Promise<ShippedForms> {
  const directory = await tempDir();
  try {
    const path = await copyOneFile(directory);
    const code = await Deno.readTextFile(path);
    const redisCode = await Deno.readTextFile(directory.join(REDIS_FILE));
    return serve({ code, redisCode }, { path, directory });
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

function serve(
  { code, redisCode }: { readonly code: string; readonly redisCode: string },
  { path, directory }: { readonly path: string; readonly directory: TempDir },
): ShippedForms {
  const asked: string[] = [];
  let isClosed = false;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    return new Response(pathname === `/${REDIS_FILE}` ? redisCode : code, {
      headers: { "content-type": "text/javascript" },
    });
  });
  async function closeServer(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    await server.shutdown();
  }
  return {
    path,
    url: `http://127.0.0.1:${server.addr.port}/asset-generator.js`,
    env: { DENO_DIR: directory.join("deno-dir") },
    asked,
    closeServer,
    [Symbol.asyncDispose]: async () => {
      await closeServer();
      await directory[Symbol.asyncDispose]();
    },
  };
}
