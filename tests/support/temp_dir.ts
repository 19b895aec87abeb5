/** A temporary directory for one test. */

/** A directory that is removed with all that is in it when it is disposed. */
export interface TempDir extends AsyncDisposable {
  /** Absolute path without symlinks (macOS' temporary directory is behind one). */
  readonly path: string;
  /** The absolute path of a name in it; nothing is made. */
  join(...names: readonly string[]): string;
}

/** Makes a temporary directory: `await using dir = await tempDir()`. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  return {
    path,
    join: (...names) => [path, ...names].join("/"),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Runs a function with a temporary directory, and removes it however the function ends. */
export async function withTempDir<T>(action: (dir: TempDir) => Promise<T> | T): Promise<T> {
  await using dir = await tempDir();
  return await action(dir);
}

/** The names of all that is in a directory, sorted. */
export async function namesIn(path: string | URL): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
}
