/** The server's image parameters for people. Pure. */
import type { ServerParameter } from "../../generation/server/server_parameter.ts";
import { isListType, mediaOf } from "../../generation/server/server_parameter.ts";
import { escapeForTerminal } from "../escape.ts";
import { cutLine, field, formatCount, section } from "../text.ts";

const COLUMNS = 100;
const NO_GROUP = "Others";
const WORDS: Readonly<Record<string, string>> = {
  integer: "whole number",
  decimal: "number",
  boolean: "true or false",
  dropdown: "one of its choices",
  model: "a model's name",
  list: "list",
};

/** Makes the list of parameters by groups; it ends with a line break. */
export function parametersText(parameters: readonly ServerParameter[]): string {
  const groups = Map.groupBy(parameters, ({ group }) => group ?? NO_GROUP);
  const lines = [...groups].flatMap(([group, members]) => [
    `  ${escapeForTerminal(group)}:`,
    ...members.flatMap(entry),
  ]);
  const count = formatCount(parameters.length, "parameter");
  return section("Parameters of the Server", [
    ...lines,
    "",
    `  ${count}; one in full: --param-help KEY`,
  ]);
}

function entry(one: ServerParameter): readonly string[] {
  const fallback = one.fallback === null || one.fallback === "" ? "" : `, default ${one.fallback}`;
  const [about = ""] = one.description.split("\n", 1);
  return [`    ${one.id}: ${kindOf(one)}${fallback}`, ...about === "" ? [] : [`      ${about}`]]
    .map((line) => cutLine(escapeForTerminal(line), COLUMNS));
}

/** Describes one parameter in full; ends with a line break. */
export function parameterText(one: ServerParameter): string {
  return section(`Parameter ${escapeForTerminal(one.id)}`, [
    ...field(2, "Name", one.name),
    ...field(2, "Value", kindOf(one)),
    ...field(2, "Default", one.fallback),
    ...field(2, "Choices", one.choices?.join(", ")),
    ...field(2, "Examples", one.examples.join(", ")),
    ...field(2, "Group", one.group),
    ...field(2, "Needs", one.feature === null ? null : `a backend that has ${one.feature}`),
    "",
    ...one.description.split("\n").map((line) => `  ${escapeForTerminal(line)}`.trimEnd()),
  ]);
}

/** The kind of a value, in words: `whole number from 0 to 500`. */
function kindOf({ type, range, choices }: ServerParameter): string {
  const media = mediaOf(type);
  if (media !== null) {
    const file = media === "image" ? "a picture" : media === "audio" ? "a sound" : "a video";
    return `path of ${file}${isListType(type) ? "; can be given several times" : ""}`;
  }
  const word = choices === null && type === "dropdown" ? "text" : WORDS[type] ?? type;
  return range === null ? word : `${word} from ${limitText(range.min)} to ${limitText(range.max)}`;
}

/** The largest limits are those of 64 bits, which a JavaScript number cannot hold exactly. */
function limitText(limit: number): string {
  return Math.abs(limit) >= 2 ** 63 ? limit < 0 ? "-2^63" : "2^63-1" : `${limit}`;
}
