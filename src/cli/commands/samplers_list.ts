import { choicesCommand } from "../lists/list_choices.ts";

/** `asset-generator samplers list`. */
export const command = choicesCommand("sampler", ({ samplers }) => samplers);
