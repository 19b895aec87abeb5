/** The only place that turns results and failures into exit codes. */
import { AppError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Verdict } from "../detection/verdict.ts";
import type { DocumentError } from "../render/status/status_document.ts";

/** What the program tells its caller; see `docs/exit-codes.md`. */
export const EXIT = {
  /** Done; idle. */
  ok: 0,
  failed: 1,
  usage: 2,
  timedOut: 3,
  /** Unknown, refused, or not allowed to know. */
  unknown: 4,
  unreachable: 5,
  /** Something is being generated: only where a command says that it answers so. */
  busy: 8,
  /** Ctrl-C, SIGTERM, or interrupted from elsewhere. */
  interrupted: 130,
} as const;

/** One of `EXIT`, or what the user chose with `--timeout-exit-code`. */
export type ExitCode = number;

/** What a failure comes to. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly code: ErrorCode;
  /** One line; it may hold foreign text. */
  readonly message: string;
}

/** Says what an error comes to. One that is no `AppError` is a bug of ours. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof AppError) {
    return { exitCode: exitCodeOf(error.code), code: error.code, message: error.message };
  }
  const told = error instanceof Error ? error.message || error.name : String(error);
  // More lines are a backtrace.
  const [found = ""] = told.split("\n", 1);
  return {
    exitCode: EXIT.failed,
    code: "internal",
    message: `Internal error: ${found} (add --verbose for the details of a bug report)`,
  };
}

/** A problem in the form that documents have; `null`: there is none. */
export function documentError(problem: AppError | null): DocumentError | null {
  if (problem === null) return null;
  const { code, message } = describeFailure(problem);
  return { code, message };
}

function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case "usage":
      return EXIT.usage;
    case "timed_out":
      return EXIT.timedOut;
    case "not_permitted":
    case "refused":
    case "unknown":
      return EXIT.unknown;
    case "busy":
      return EXIT.busy;
    case "unreachable":
      return EXIT.unreachable;
    case "interrupted":
      return EXIT.interrupted;
    case "failed":
    case "state_file":
    case "internal":
      return EXIT.failed;
    default:
      return code satisfies never;
  }
}

/** The exit code by which a verdict is told, where the user asks for that. */
export function exitCodeOfVerdict(verdict: Verdict): ExitCode {
  switch (verdict) {
    case "idle":
      return EXIT.ok;
    case "busy":
      return EXIT.busy;
    case "unknown":
      return EXIT.unknown;
    case "unreachable":
      return EXIT.unreachable;
    default:
      return verdict satisfies never;
  }
}
