import { choicesCommand } from "../lists/choices_command.ts";

/** `asset-generator schedulers list`. */
export const command = choicesCommand("scheduler", ({ schedulers }) => schedulers);
