/** Changing the configuration file: one value at a time, everything else as it was written. */
import { AppError, StateFileError, systemReason, UsageError } from "../errors.ts";
import { FileLock } from "../system/file_lock.ts";
import { followLinks, isTrustedOwner } from "../system/follow_links.ts";
import { lookAt } from "../system/look_at.ts";
import { splitPath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";
import { READ_WRITE, requireAccess } from "../system/permissions.ts";
import { removeIfThere, replaceFile } from "../system/replace_file.ts";
import { readConfigText, requireClosedAround } from "./read_config_file.ts";
import { CONFIG_LIMITS } from "./config_node.ts";
import { configPlaces } from "./config_file.ts";
import type { ParsedYaml } from "./yaml_document.ts";

/** The file may hold secrets. */
const FILE_MODE = 0o600;

const EVERYBODY_WRITES = 0o002;
/** Nobody replaces another user's files in a directory with this bit. */
const STICKY = 0o1000;

/** A change takes a moment; several at once on a busy machine take longer. */
const LOCK_WAIT_MS = 10_000;

/** What to do with a value. */
export interface ConfigChange {
  /** The path of names to the value: `["servers", "gpu2", "token"]`. */
  readonly path: readonly string[];
  /** `null`: the value is removed. */
  readonly value: string | null;
}

/** Changes the configuration file. */
export class ConfigEditor {
  /** `null`: no readable variable says where it is. */
  readonly path: string | null;
  readonly #isNamed: boolean;
  readonly #environment: EnvironmentReader;

  /** @param named The value of `--config` or its variable. */
  constructor(named: string | undefined, environment: EnvironmentReader) {
    this.#environment = environment;
    this.#isNamed = named !== undefined;
    const place = configPlaces(named, environment).find(({ kind }) => kind !== "original");
    this.path = place?.path ?? null;
  }

  /**
   * Runs work that reads the file and changes it, while no other process does. Its directory is made.
   * The lock is a file beside it, which is removed again.
   *
   * @throws {PermissionError} If Deno does not allow to write it.
   * @throws {UsageError} If it would not be read there.
   * @throws {AppError} If somebody else works at it for seconds; and what the work throws.
   */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const path = this.#known("write");
    const action = `Cannot write the configuration file ${path}`;
    requireAccess(splitPath(path).directory, { access: READ_WRITE, action });
    let hasBegun = false;
    try {
      if (!this.#isNamed) requireClosedAround(path, this.#environment);
      await makeDirectory(path);
      const lock = `${followLinks(path)}.asset-generator-lock`;
      return await new FileLock({ waitMs: LOCK_WAIT_MS, fileMode: FILE_MODE }).exclusive(
        lock,
        async () => {
          hasBegun = true;
          try {
            return await work();
          } finally {
            // Whoever waits for it sees that it is gone, and makes a new one. What is not empty is
            // somebody else's.
            if (lookAt(lock)?.size === 0) removeIfThere(lock);
          }
        },
      );
    } catch (error) {
      if (hasBegun || error instanceof UsageError) throw error;
      const reason = error instanceof StateFileError ? error.message : said(error);
      throw new AppError("failed", `${action}: ${reason}`);
    }
  }

  /**
   * The file's text; `null` if there is none.
   *
   * @throws {PermissionError} If Deno does not allow to read it.
   * @throws {AppError} If it cannot be read.
   */
  async read(): Promise<string | null> {
    const path = this.#known("read");
    requireAccess(splitPath(path).directory, {
      access: ["read"],
      action: `Cannot read the configuration file ${path}`,
    });
    try {
      return await readConfigText(path);
    } catch (error) {
      throw new AppError("failed", `Cannot read the configuration file ${path}: ${said(error)}`);
    }
  }

  /**
   * Changes one value in the file's text, which is not written. Everything else stays as it is; in a
   * text of an unusual form, only the comments do.
   *
   * @returns The new text; `null` if there is nothing to remove.
   * @throws {AppError} If the file cannot be read or understood.
   */
  async edit({ path, value }: ConfigChange): Promise<string | null> {
    const before = await this.read() ?? "";
    const [{ isAlias, isMap, isScalar, parseYaml }, { editInPlace, holdTheSame }] = await Promise
      .all([
        import("./yaml_document.ts"),
        import("./edit_in_place.ts"),
      ]);
    // A name that stands twice must not keep anybody from removing it.
    const document = parseYaml(before, { uniqueKeys: false });
    const [problem] = document.errors;
    if (problem !== undefined) {
      const line = problem.linePos?.[0].line ?? "?";
      const { path: file } = this;
      throw new AppError(
        "failed",
        `Cannot change ${file}: line ${line} is not YAML (mend it first)`,
      );
    }
    if (document.contents !== null && !isMap(document.contents)) {
      throw new AppError("failed", `Cannot change ${this.path}: it holds no settings`);
    }
    const inPlace = editInPlace(before, document, { path, value });
    if (value === null) {
      if (!document.hasIn(path)) return null;
      while (document.hasIn(path)) document.deleteIn(path);
    } else {
      // A section without settings counts as missing, and so does a plain value in its place.
      for (let depth = 1; depth < path.length; depth++) {
        const section = path.slice(0, depth);
        const node = document.getIn(section, true);
        if (isAlias(node)) {
          throw new AppError(
            "failed",
            `Cannot change ${this.path}: ${
              section.join(".")
            } is an alias, *${node.source} (edit the ` +
              "file by hand)",
          );
        }
        if (document.hasIn(section) && !isMap(node)) {
          document.setIn(section, document.createNode({}));
        }
      }
      const node = document.createNode(value);
      // Without quotes it would mean nothing.
      if (/^(?:~|null)$/i.test(value) && isScalar(node)) node.type = "QUOTE_DOUBLE";
      document.setIn(path, node);
    }
    const anew = this.#textOf(document);
    return inPlace !== null && holdTheSame(inPlace, anew) ? inPlace : anew;
  }

  /**
   * Writes the whole file in one step, readable only by its owner. A link is followed.
   *
   * @throws {PermissionError} If Deno does not allow it.
   * @throws {AppError} If it cannot be written; it is then unchanged.
   */
  async write(text: string): Promise<void> {
    const path = this.#known("write");
    const action = `Cannot write the configuration file ${path}`;
    requireAccess(splitPath(path).directory, { access: READ_WRITE, action });
    const { length } = new TextEncoder().encode(text);
    if (length > CONFIG_LIMITS.bytes) {
      throw new AppError(
        "failed",
        `${action}: it would have ${length} bytes, and not more than ${CONFIG_LIMITS.bytes} are read`,
      );
    }
    try {
      await makeDirectory(path);
      await replaceFile(followLinks(path), text, { mode: FILE_MODE });
    } catch (error) {
      throw new AppError("failed", `${action}: ${said(error)}`);
    }
  }

  #textOf(document: ParsedYaml): string {
    try {
      return document.toString({ lineWidth: 0 });
    } catch (error) {
      if (!(error instanceof Error && /\balias\b/.test(error.message))) throw error;
      throw new AppError(
        "failed",
        `Cannot change ${this.path}: an alias refers to what would be removed (edit the file by hand)`,
      );
    }
  }

  /**
   * Why others could replace the file that was just written, in a few words with the directory;
   * `null`: they could not. Their file would say where credentials are sent.
   */
  exposure(): string | null {
    if (this.path === null || Deno.build.os === "windows") return null;
    const path = followLinks(this.path);
    const { directory } = splitPath(path);
    const [about, holder] = [lookAt(path), Deno.statSync(directory)];
    const mode = holder.mode ?? 0;
    if ((mode & EVERYBODY_WRITES) !== 0 && (mode & STICKY) === 0) {
      return `everybody can write in "${directory}"`;
    }
    const isElse = about !== null && !isTrustedOwner(holder, about.uid);
    return isElse ? `"${directory}" belongs to another user` : null;
  }

  #known(action: string): string {
    if (this.path !== null) return this.path;
    throw new AppError(
      "failed",
      `Cannot ${action} the configuration file: neither XDG_CONFIG_HOME nor HOME says where it is ` +
        "(name it with --config)",
    );
  }
}

async function makeDirectory(path: string): Promise<void> {
  await Deno.mkdir(splitPath(path).directory, { recursive: true, mode: 0o700 });
}

function said(error: unknown): string {
  return error instanceof Error && error.name === "NotPlainFileError"
    ? error.message
    : systemReason(error);
}
