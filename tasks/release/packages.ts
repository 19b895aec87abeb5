/** The npm packages that the shipped tool contains, and the notices that their licences require. */
import { MAIN } from "../shipped.ts";

/** A package in the tool. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** Its licence, as SPDX names it. */
  readonly license: string;
  /** Its archive's SHA-512 as `deno.lock` holds it: `sha512-` and base64. */
  readonly integrity: string;
  /** Its licence text; if it has none, the holder of its copyright. */
  readonly notice: string;
}

/** The parts of `deno info --json` that are read here. */
interface Info {
  readonly roots: readonly string[];
  readonly modules: readonly InfoModule[];
  /** From the text of an import to a module's name. */
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, InfoPackage>>;
}

interface InfoModule {
  readonly specifier: string;
  readonly npmPackage?: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    /** The source of a vendored module's types: its package. */
    readonly type?: { readonly specifier: string };
  }[];
}

interface InfoPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

interface PackageJson {
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

/**
 * Finds the packages that `main.ts` reaches, including lazy parts and dependencies of packages;
 * sorted by name.
 *
 * Needs `--allow-run=deno`, and `--allow-read` of the repository and of Deno's cache.
 *
 * @throws {Error} If a package is not in `deno.lock` or names no licence.
 */
export async function shippedPackages(): Promise<readonly ShippedPackage[]> {
  const info = await readInfo();
  const lock: { readonly npm: Readonly<Record<string, { readonly integrity?: string }>> } = JSON
    .parse(await Deno.readTextFile(new URL("deno.lock", root())));
  const ids = new Set<string>();
  const wanted = reached(info).flatMap(({ npmPackage }) => npmPackage ?? []);
  for (let id = wanted.pop(); id !== undefined; id = wanted.pop()) {
    if (ids.has(id)) continue;
    ids.add(id);
    wanted.push(...(info.npmPackages[id]?.dependencies ?? []));
  }
  return await Promise.all(
    [...ids].sort().map(async (id) => {
      const found = info.npmPackages[id];
      const integrity = lock.npm[id]?.integrity;
      if (found === undefined || integrity === undefined) {
        throw new Error(`Cannot list what is shipped: ${id} is not in deno.lock`);
      }
      return await describe(found, integrity);
    }),
  );
}

/** What the program imports; in the list are the files of `compilerOptions.types` too. */
function reached({ roots, modules, redirects }: Info): readonly InfoModule[] {
  const found = new Map<string, InfoModule>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const specifier = redirects[name] ?? name;
    const module = modules.find((one) => one.specifier === specifier);
    if (module === undefined || found.has(specifier)) continue;
    found.set(specifier, module);
    for (const { code, type } of module.dependencies ?? []) {
      for (const target of [code, type]) if (target !== undefined) open.push(target.specifier);
    }
  }
  return [...found.values()];
}

async function describe(
  { name, version, localPath }: InfoPackage,
  integrity: string,
): Promise<ShippedPackage> {
  const { license, author }: PackageJson = JSON.parse(
    await Deno.readTextFile(`${localPath}/package.json`),
  );
  if (license === undefined) {
    throw new Error(`Cannot list what is shipped: ${name} names no licence`);
  }
  const holder = typeof author === "object" ? author.name : author ?? "its authors";
  const source = `https://www.npmjs.com/package/${name}/v/${version}`;
  if (license === "MPL-2.0") {
    // Sixteen kilobytes, of which it wants no copy in what is built: where it is, and the source.
    const notice = `Copyright ${holder}. Mozilla Public License 2.0: ` +
      `https://mozilla.org/MPL/2.0/. Source: ${source}`;
    return { name, version, license, integrity, notice };
  }
  const text = await licenseText(localPath) ??
    [...await copyrightLines(localPath), `${license} licence. Published by ${holder}.`].join("\n");
  // A licence for all who use it names no holder.
  const notice = /copyright (\(c\)|©|\d)/i.test(text) || text.startsWith("Copyright")
    ? text
    : `Copyright ${holder}. Source: ${source}\n\n${text}`;
  return { name, version, license, integrity, notice };
}

async function licenseText(directory: string): Promise<string | null> {
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (isFile && /^licen[cs]e/i.test(name)) {
      return (await Deno.readTextFile(`${directory}/${name}`)).trim();
    }
  }
  return null;
}

/** The different `// Copyright …` lines at the beginning of a package's files. */
async function copyrightLines(directory: string): Promise<readonly string[]> {
  const lines = new Set<string>();
  for await (const { name, isFile, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) (await copyrightLines(path)).forEach((line) => lines.add(line));
    if (!isFile || !name.endsWith(".js")) continue;
    for (const line of (await Deno.readTextFile(path)).split("\n", 5)) {
      if (line.startsWith("// Copyright")) lines.add(line.slice(3).trim());
    }
  }
  return [...lines].sort();
}

async function readInfo(): Promise<Info> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", MAIN],
    cwd: root(),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot list what is shipped: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

function root(): URL {
  return new URL(".", MAIN);
}
