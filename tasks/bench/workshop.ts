/** What all measurements share: the tool in its forms, and separate directories. */
import { bundleTool } from "../bundle.ts";
import { denoArguments, ownEnvironment } from "../shipped.ts";
import type { Program } from "./programs.ts";

/** A place to measure in; everything in it is temporary. */
export interface Workshop {
  readonly directory: string;
  /** The tool as one file. */
  readonly bundle: string;
  /** A Deno program that does nothing. */
  readonly empty: Program;
  /** The tool from source, or another file of it. */
  tool(args: readonly string[], where: {
    readonly url: string;
    /** A name; equal names share a state. */
    readonly state: string;
    readonly file?: string;
    /** A configuration file. @default {none} */
    readonly config?: string;
  }): Program;
  /** The directory of a state, where the tool's user scope and its `state.json` are. */
  stateDirectory(state: string): string;
}

/**
 * Prepares a place to measure in.
 *
 * @param directory An empty directory; its owner removes it.
 * @throws {Error} If the tool cannot be bundled.
 */
export async function openWorkshop(directory: string): Promise<Workshop> {
  const bundle = `${directory}/asset-generator.js`;
  const emptyFile = `${directory}/empty.js`;
  await Deno.writeTextFile(emptyFile, "");
  const common = { command: Deno.execPath(), cwd: directory };
  await bundleTool(bundle);
  const stateDirectory = (state: string): string => `${directory}/state-${state}`;
  return {
    directory,
    bundle,
    stateDirectory,
    empty: { ...common, args: ["run", "--quiet", "--no-prompt", emptyFile], env: {} },
    tool: (words, { url, state, file, config }) => ({
      ...common,
      args: denoArguments(words, file === undefined ? {} : { file }),
      env: {
        ...ownEnvironment(stateDirectory(state), url),
        ...config === undefined ? {} : { ASSET_GENERATOR_CONFIG: config },
        // Far slower while its instructions are counted.
        ASSET_GENERATOR_REQUEST_TIMEOUT: "60s",
      },
    }),
  };
}
