import { choicesCommand } from "../lists/choices_command.ts";

/** `asset-generator samplers list`. */
export const command = choicesCommand("sampler", ({ samplers }) => samplers);
