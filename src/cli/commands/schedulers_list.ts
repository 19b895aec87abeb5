import { choicesCommand } from "../lists/list_choices.ts";

/** `asset-generator schedulers list`. */
export const command = choicesCommand("scheduler", ({ schedulers }) => schedulers);
