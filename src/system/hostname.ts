import { isGranted } from "./permissions.ts";

/** This machine's name, or `null` where Deno may not tell it (`--allow-sys=hostname`). */
export function hostname(): string | null {
  return isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : null;
}
