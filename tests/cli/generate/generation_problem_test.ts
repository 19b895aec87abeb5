/** The error of a generation that did not make what was requested. */
import { assertEquals } from "@std/assert";
import { AppError } from "../../../src/errors.ts";
import { generationProblem } from "../../../src/cli/generate/generation_problem.ts";
import type { GenerationReport } from "../../../src/render/generation/generation_document.ts";

const REPORT: GenerationReport = {
  id: "gen-7f3k9x2q",
  state: "failed",
  serverUrl: "http://127.0.0.1:7801",
  serverName: null,
  model: "tiny",
  width: null,
  height: null,
  imagesMade: 0,
  imagesTotal: 1,
  images: [],
  extras: [],
  startedAt: 0,
  durationMs: 0,
  serverMayWork: false,
};

for (
  const [said, found] of [
    ["No backends available!", "No backends available"],
    [
      "No backend matches the settings of the request.\n\nTry another model.\n",
      "No backend " +
      "matches the settings of the request.; Try another model",
    ],
    ["What now?", "What now?"],
    ["Failed: ", "Failed"],
  ] as const
) {
  Deno.test(`generationProblem() goes on after ${JSON.stringify(said)}`, () => {
    const problem = generationProblem(REPORT, {
      saved: [],
      result: {
        state: "failed",
        images: [],
        extras: [],
        errors: [said],
        doubts: [],
        notes: [],
        serverMayWork: false,
        isHeld: false,
        cause: null,
        mayBeMore: false,
      },
    });
    assertEquals(
      problem?.message,
      `Cannot generate on http://127.0.0.1:7801: ${found}; 0 of 1 image made`,
    );
  });
}

Deno.test("generationProblem() says how to get pictures that the server has and that were not saved", () => {
  const one = { image: { index: 0, path: "View/a.png", seed: null }, number: 0, localPath: null };
  const damaged = new AppError("failed", "Cannot save View/a.png: what the server sent is damaged");
  const late = new AppError("timed_out", "Timed out while saving pictures");
  const lost = new AppError("unreachable", "Cannot fetch View/a.png: connection refused");
  const problemOf = (problems: readonly AppError[]): AppError | null =>
    generationProblem({ ...REPORT, state: "complete" }, {
      saved: problems.map((problem) => ({ ...one, size: null, warning: null, problem })),
      result: {
        ...{ state: "complete", images: [], extras: [], errors: [], doubts: [], notes: [] },
        ...{ serverMayWork: false, isHeld: false, cause: null, mayBeMore: false },
      },
    });
  const again = "(to try again: asset-generator attach gen-7f3k9x2q --save-images)";
  assertEquals(problemOf([damaged, late, late])?.message, `${late.message} ${again}`);
  assertEquals(problemOf([lost, damaged])?.message, `${lost.message} ${again}`);
  assertEquals(problemOf([damaged]), damaged);
  const full = new AppError("failed", "Cannot save a.png: no space left", { cause: new Error() });
  assertEquals(problemOf([full, damaged])?.message, `${full.message} ${again}`);
  const busy = new AppError("unreachable", "Cannot fetch View/a.png: busy (try again in 9 s)");
  assertEquals(
    problemOf([busy])?.message,
    `Cannot fetch View/a.png: busy (try again in 9 s; ${again.slice(1)}`,
  );
});
