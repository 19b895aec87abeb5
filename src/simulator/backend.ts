/** A backend as SwarmUI keeps it (`swarmui-protocol.md §6`). */
import type { Clock } from "../generation/clock.ts";
import type { Bell } from "./bell.ts";
import { ComfyProcess } from "./comfy_process.ts";
import type { JsonObject } from "./json.ts";
import type { BackendStatus, SimulatedBackend } from "./options.ts";

/** What ComfyUI backends can do, as recorded. */
export const COMFY_FEATURES: readonly string[] = [
  "comfyui",
  "refiners",
  "controlnet",
  "endstepsearly",
  "seamless",
  "video",
  "variation_seed",
  "comfy_saveimage_ws",
  "comfy_loadimage_b64",
  "comfy_just_load_model",
  "folderslash",
];

/** A backend and its ComfyUI. */
export class Backend {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly isReal: boolean;
  readonly isComfy: boolean;
  readonly allowsIdle: boolean;
  readonly settings: JsonObject;
  readonly comfy: ComfyProcess;
  /** The model that SwarmUI had it load last; stays when its ComfyUI dies. */
  model: string | null;
  /** Claims that hold it now. */
  usages = 0;
  /** A model is being loaded: no claims meanwhile. */
  isLoadingModel = false;
  /** When it was last claimed or released, monotonic milliseconds; `null`: never. */
  #usedAtMs: number | null = null;
  readonly #clock: Clock;
  readonly #models: readonly string[] | null;
  readonly #maxUsages: number;
  #status: BackendStatus;
  /** Whether it was ever more than configured. */
  #wasInitialised: boolean;

  constructor(
    id: number,
    options: {
      readonly spec: SimulatedBackend;
      readonly clock: Clock;
      readonly changed: Bell;
      /** A ComfyUI that runs already: the server was restarted. */
      readonly comfy?: ComfyProcess | undefined;
    },
  ) {
    const spec = options.spec;
    this.id = id;
    this.type = spec.type ?? "comfyui_selfstart";
    this.title = spec.title ?? "";
    this.isReal = spec.real ?? true;
    this.isComfy = this.type.startsWith("comfyui");
    this.#maxUsages = spec.maxUsages ?? 2;
    this.allowsIdle = spec.allowIdle ?? false;
    this.#status = spec.status ?? "running";
    this.#wasInitialised = this.#status !== "disabled";
    this.model = options.comfy === undefined ? spec.model ?? null : null;
    this.#models = spec.models ?? null;
    this.#clock = options.clock;
    this.settings = settingsOf(this.type, { gpu: spec.gpu ?? "0", allowIdle: this.allowsIdle });
    this.comfy = options.comfy ??
      new ComfyProcess(options.clock, { changed: options.changed, model: this.model });
  }

  /** Its state. Switching it off makes SwarmUI forget its model. */
  get status(): BackendStatus {
    return this.#status;
  }

  set status(status: BackendStatus) {
    this.#status = status;
    if (status === "disabled") this.model = null;
    else this.#wasInitialised = true;
  }

  /** Parallel runs that it takes; 1 while it was never initialised. */
  get maxUsages(): number {
    return this.#wasInitialised ? this.#maxUsages : 1;
  }

  /** Whether it is switched on. */
  get isEnabled(): boolean {
    return this.status !== "disabled";
  }

  /** Whether a claim could have it now. */
  get isFree(): boolean {
    return this.status === "running" && !this.isLoadingModel && this.usages < this.maxUsages;
  }

  /** Says whether it has a model's file. */
  hasModel(name: string): boolean {
    return this.#models === null || this.#models.includes(name);
  }

  /** Stamps it as used now; model loads do not. */
  touch(): void {
    this.#usedAtMs = this.#clock.monotonicMs();
  }

  /** Its entry in ListBackends. */
  toWire(isFull: boolean): JsonObject {
    const ageMs = this.#usedAtMs === null ? null : this.#clock.monotonicMs() - this.#usedAtMs;
    return {
      type: this.type,
      status: this.status,
      id: this.id,
      settings: this.settings,
      modcount: 0,
      features: this.isComfy ? COMFY_FEATURES : ["folderslash"],
      enabled: this.isEnabled,
      title: this.title,
      max_usages: this.maxUsages,
      seconds_since_used: Math.floor((ageMs ?? 0) / 1_000),
      time_since_used: ageMs === null ? "Never" : ageText(ageMs, "0 seconds from now"),
      can_load_models: true,
      ...(isFull ? { current_model: this.model } : {}),
    };
  }
}

/**
 * An age in SwarmUI's words: `12 seconds ago`, `1 minute and 5 seconds ago`.
 *
 * @param ageMs Milliseconds.
 * @param nothing What is said for less than a second.
 */
export function ageText(ageMs: number, nothing: string): string {
  const seconds = Math.floor(ageMs / 1_000);
  if (seconds < 1) return nothing;
  const parts = [
    { unit: "day", count: Math.floor(seconds / 86_400) },
    { unit: "hour", count: Math.floor(seconds / 3_600) % 24 },
    { unit: "minute", count: Math.floor(seconds / 60) % 60 },
    { unit: "second", count: seconds % 60 },
  ].filter(({ count }) => count > 0).slice(0, 2);
  const text = parts.map(({ unit, count }) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return `${text.join(" and ")} ago`;
}

function settingsOf(
  type: string,
  options: { readonly gpu: string; readonly allowIdle: boolean },
): JsonObject {
  if (type === "comfyui_selfstart") {
    return {
      StartScript: "dlbackend/ComfyUI/main.py",
      ExtraArgs: "",
      DisableInternalArgs: false,
      AutoUpdate: "false",
      EnablePreviews: true,
      GPU_ID: options.gpu,
      OverQueue: 1,
      AutoRestart: true,
    };
  }
  if (!type.startsWith("comfyui")) return { Address: "http://127.0.0.1:7901" };
  return {
    Address: "http://127.0.0.1:8188",
    AllowIdle: options.allowIdle,
    OverQueue: 1,
    EnableFrontendDev: false,
  };
}
