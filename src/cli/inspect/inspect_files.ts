/** Runs `inspect`: reads pictures one after another, and reports each. */
import { AppError } from "../../errors.ts";
import { originOf } from "../../generation/pictures/picture_origin.ts";
import type { PictureReader } from "../../generation/pictures/picture_file.ts";
import { inspectDocument, type InspectedFile } from "../../render/inspect_document.ts";
import { inspectText } from "../../render/inspect_text.ts";
import { PROGRAM } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { describeFailure, documentError } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import { againCommand } from "./again_command.ts";
import { shellLine } from "./shell_line.ts";

/**
 * Reads pictures and writes what is in them, or the commands that make them again. If a file cannot
 * be read, the others still are.
 */
export async function inspectFiles(
  paths: readonly string[],
  { asCommand }: { readonly asCommand: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const reader = await context.adapters.pictureReader();
  const files: InspectedFile[] = [];
  const problems: AppError[] = [];
  for (const path of paths) {
    const { file, problem, warnings } = await inspectFile(path, { reader, asCommand });
    files.push(file);
    for (const warning of warnings) await context.messages.warning(warning);
    if (problem === null) continue;
    problems.push(problem);
    if (paths.length > 1) await context.messages.error(describeFailure(problem).message);
  }
  return await reportResult(context, {
    document: (error) => inspectDocument(files, error),
    text: () => asCommand ? commandLines(files) : inspectText(files),
    names: () => files.flatMap(({ error, file }) => error === null ? [file] : []),
    problem: problemOf(problems, paths.length),
  });
}

interface Inspected {
  readonly file: InspectedFile;
  readonly problem: AppError | null;
  readonly warnings: readonly string[];
}

async function inspectFile(
  path: string,
  { reader, asCommand }: { readonly reader: PictureReader; readonly asCommand: boolean },
): Promise<Inspected> {
  try {
    const picture = await reader.read(path);
    const limits: string[] = [];
    const origin = originOf(picture.texts, (limit) => limits.push(limit));
    const again = origin.program === "SwarmUI" ? againCommand(origin.metadata) : null;
    const command = again === null ? null : shellLine([PROGRAM, ...again.args], again.input);
    const shown = JSON.stringify(path);
    const found = { file: path, picture, origin, command, error: null };
    const warnings = [
      ...(picture.isCut ? [`The file ${shown} breaks off before the picture's end`] : []),
      ...(picture.textLimit === null
        ? []
        : [`The file ${shown} has ${picture.textLimit}: the rest is left out`]),
      ...limits.map((limit) => `The metadata of ${shown} ${limit}`),
      ...(asCommand ? (again?.notes ?? []).map((note) => `${note} (${shown})`) : []),
    ];
    if (!asCommand || command !== null) return { file: found, problem: null, warnings };
    const why = again !== null
      ? "its metadata holds a NUL, which no command line can"
      : origin.program === null
      ? "the file does not say how it was made"
      : `it is of ${origin.program}, which has other parameters`;
    const problem = new AppError("failed", `Cannot make a command of ${shown}: ${why}`);
    return { file: { ...found, error: documentError(problem) }, problem, warnings };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const missing = { file: path, picture: null, origin: null, command: null };
    return {
      file: { ...missing, error: documentError(error) },
      problem: error,
      warnings: [],
    };
  }
}

/** One command a line; a command with quoted line breaks takes several. */
function commandLines(files: readonly InspectedFile[]): string {
  return files.flatMap(({ command }) => command === null ? [] : [`${command}\n`]).join("");
}

function problemOf(problems: readonly AppError[], count: number): AppError | null {
  const [first] = problems;
  if (first === undefined || count === 1) return first ?? null;
  const isSame = problems.length === count && problems.every(({ code }) => code === first.code);
  return new AppError(
    isSame ? first.code : "failed",
    `Cannot inspect ${problems.length} of ${count} files (the reasons are above)`,
  );
}
