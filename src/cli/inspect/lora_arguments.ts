/** The LoRAs of a request as arguments, without those that its prompt names. */
import { decimalText, optionArguments } from "./option_arguments.ts";
import type { JsonObject } from "../../json_object.ts";
import {
  lorasIn,
  parameterList,
  promptedLorasIn,
} from "../../generation/pictures/swarm_metadata.ts";

/** A LoRA that was used; the last two are the server's own lists beside that of the weights. */
interface UsedLora {
  readonly name: string;
  readonly weight: number;
  readonly textWeight: string | undefined;
  readonly section: string | undefined;
}

/** The parameters that this file writes, as far as they were given. */
export const LORA_PARAMETERS = [
  "loras",
  "loraweights",
  "loratencweights",
  "lorasectionconfinement",
];

/** What the server sets for a LoRA that was not named in a part of the prompt: all parts. */
const EVERYWHERE = "-1";

/**
 * Options for the LoRAs that the request itself had. The server adds those of the prompt behind them
 * (SwarmUI's `T2IPromptHandling.cs`), also if they are the same: both count.
 *
 * @param prompts The prompts as they were typed.
 */
export function loraArguments(
  metadata: JsonObject,
  prompts: readonly string[],
): readonly string[] {
  const [texts, sections] = ["loratencweights", "lorasectionconfinement"].map((id) =>
    parameterList(metadata, id)
  );
  const used = lorasIn(metadata).map(({ name, weight }, at): UsedLora => ({
    name,
    weight: weight ?? 1,
    textWeight: texts?.[at],
    section: sections?.[at],
  }));
  const own = withoutPrompted(used, promptedLorasIn(metadata)) ?? withoutTags(used, prompts);
  return [
    ...own.flatMap(({ name, weight }) =>
      optionArguments("--lora", `${name}:${decimalText(weight)}`)
    ),
    ...listOption(
      "loratencweights",
      own.map(({ textWeight, weight }) => textWeight ?? `${weight}`),
      {
        isUsual: own.every(({ textWeight, weight }) => Number(textWeight ?? weight) === weight),
      },
    ),
    ...listOption("lorasectionconfinement", own.map(({ section }) => section ?? EVERYWHERE), {
      isUsual: own.every(({ section = EVERYWHERE }) => section === EVERYWHERE),
    }),
  ];
}

/** Newer servers say which ones they added; `null`: this one does not. */
function withoutPrompted(
  used: readonly UsedLora[],
  prompted: readonly string[],
): readonly UsedLora[] | null {
  const kept = used.length - prompted.length;
  const isEnd = prompted.length > 0 && kept >= 0 &&
    prompted.every((name, at) => used[kept + at]?.name === name);
  return isEnd ? used.slice(0, kept) : null;
}

/** Takes away one LoRA for each tag of the prompt, beginning with the last of both. */
function withoutTags(used: readonly UsedLora[], prompts: readonly string[]): readonly UsedLora[] {
  const own = [...used];
  for (const { name, weight } of prompts.flatMap(tagsIn).reverse()) {
    const isSameWeight = (lora: UsedLora): boolean => weight === null || lora.weight === weight;
    const exact = own.findLastIndex((lora) => keyOf(lora.name) === name && isSameWeight(lora));
    // A part of a name is enough for the server.
    const found = exact >= 0
      ? exact
      : own.findLastIndex((lora) => keyOf(lora.name).includes(name) && isSameWeight(lora));
    if (found >= 0) own.splice(found, 1);
  }
  return own;
}

/** The LoRAs that a prompt names; a weight of `null` is only known when the prompt is resolved. */
function tagsIn(
  prompt: string,
): readonly { readonly name: string; readonly weight: number | null }[] {
  return [...prompt.matchAll(/<lora:([^<>:]+)(?::([^<>:]*))?/gi)].map(([, name = "", weight]) => {
    const number = Number(weight ?? 1);
    return { name: keyOf(name), weight: weight === "" || Number.isNaN(number) ? null : number };
  });
}

/** The server compares names without case, and with either slash. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll("\\", "/").replace(/\.safetensors$/, "").trim();
}

function listOption(
  id: string,
  entries: readonly string[],
  { isUsual }: { readonly isUsual: boolean },
): readonly string[] {
  return isUsual ? [] : ["--param", `${id}=${JSON.stringify(entries)}`];
}
