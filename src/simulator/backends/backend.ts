/** A backend as SwarmUI keeps it (`swarmui-protocol.md §6`). */
import type { Clock } from "../../generation/clock.ts";
import type { JsonObject } from "../../json_object.ts";
import type { BackendStatus, SimulatedBackend } from "../options.ts";
import type { Bell } from "../waiting.ts";
import { COMFY_FEATURES, settingsOf } from "./backend_types.ts";
import { ComfyProcess } from "./comfy_process.ts";
import type { RemoteSwarm } from "./remote_swarm.ts";

/** A backend and its ComfyUI. */
export class Backend {
  readonly id: number;
  readonly type: string;
  readonly isComfy: boolean;
  readonly allowsIdle: boolean;
  readonly comfy: ComfyProcess;
  /** The server behind a `swarmswarmbackend`; `null` for all others. */
  readonly remote: RemoteSwarm | null;
  /**
   * The entry of the remote server to which this ComfyUI belongs; `null`: it is a real entry
   * itself.
   */
  readonly controller: Backend | null;
  title: string;
  settings: JsonObject;
  /** How often it was edited. */
  modcount = 0;
  /** The model that SwarmUI made it load last; stays when its ComfyUI dies. */
  model: string | null;
  /** How many claims hold it now. */
  usages = 0;
  /**
   * A model that is being loaded, and whether anybody waits for it. There are no claims meanwhile.
   */
  load: { readonly isWanted: boolean } | null = null;
  /** It is about to be restarted or switched off: no claims, no direct calls (§20.2). */
  isReserved = false;
  /** It was deleted: SwarmUI no longer knows it, but its ComfyUI goes on working. */
  isDeleted = false;
  /** The admin's switch. */
  isEnabled: boolean;
  /** A test set its status, so `IdleWatch` leaves it alone. */
  isPinned: boolean;
  /** When it was last claimed or released, monotonic milliseconds; `null`: never. */
  #usedAtMs: number | null = null;
  readonly #clock: Clock;
  readonly #models: readonly string[] | null;
  readonly #maxUsages: number;
  #status: BackendStatus;
  /** Whether it ever got further than being configured. */
  #wasInitialised: boolean;

  constructor(
    id: number,
    options: {
      readonly spec: SimulatedBackend;
      readonly clock: Clock;
      readonly changed: Bell;
      /** A ComfyUI that is already running: the server was restarted. */
      readonly comfy?: ComfyProcess | undefined;
      readonly remote?: RemoteSwarm | undefined;
      readonly controller?: Backend | undefined;
    },
  ) {
    const spec = options.spec;
    this.id = id;
    this.type = spec.type ?? "comfyui_selfstart";
    this.title = spec.title ?? "";
    this.isComfy = this.type.startsWith("comfyui");
    this.#maxUsages = spec.maxUsages ?? 2;
    this.allowsIdle = spec.allowIdle ?? false;
    this.#status = spec.status ?? "running";
    this.isPinned = this.#status !== "running";
    this.isEnabled = this.#status !== "disabled";
    this.#wasInitialised = this.isEnabled;
    this.remote = options.remote ?? null;
    this.controller = options.controller ?? null;
    const knowsModel = options.comfy === undefined && !this.isController;
    this.model = knowsModel ? spec.model ?? null : null;
    this.#models = spec.models ?? null;
    this.#clock = options.clock;
    this.settings = settingsOf(this.type, this.allowsIdle);
    this.comfy = options.comfy ??
      new ComfyProcess(options.clock, { changed: options.changed, model: this.model });
  }

  /** Its state; a ComfyUI of a remote server is away when that server is. */
  get status(): BackendStatus {
    const above = this.controller?.status ?? "running";
    return above === "running" ? this.#status : above;
  }

  /** Switching it off makes SwarmUI forget its model. */
  set status(status: BackendStatus) {
    this.#status = status;
    if (status === "disabled") this.model = null;
    else this.#wasInitialised = true;
  }

  /** Whether it is configured itself, and does not just represent a ComfyUI of a remote server. */
  get isReal(): boolean {
    return this.controller === null;
  }

  /** Whether it only represents a remote server, whose ComfyUIs do the work. */
  get isController(): boolean {
    return this.remote !== null && this.controller === null;
  }

  /** Whether SwarmUI gets answers from it. */
  get answers(): boolean {
    if (this.remote !== null) return this.remote.isUp;
    return !this.isComfy || (this.comfy.isAlive && !this.comfy.isHanging);
  }

  /** How many parallel runs it accepts; 1 if it was never initialised, or does no work itself. */
  get maxUsages(): number {
    return this.#wasInitialised && !this.isController ? this.#maxUsages : 1;
  }

  /** Whether SwarmUI gives it work: it is running, and not about to change. */
  get isUsable(): boolean {
    const isAboveUsable = this.controller?.isUsable ?? true;
    return isAboveUsable && this.status === "running" && this.isEnabled && !this.isReserved &&
      !this.isDeleted;
  }

  /** Whether SwarmUI may give it work now or as soon as it is free. */
  get isReady(): boolean {
    return this.isUsable && !this.isController;
  }

  /**
   * Whether others must wait for its present work: it is full, or loads a model that somebody waits
   * for.
   */
  get isInUse(): boolean {
    return this.status === "running" &&
      (this.usages >= this.maxUsages || this.load?.isWanted === true);
  }

  /** Whether a claim could have it now. */
  get isFree(): boolean {
    return this.isReady && this.load === null && this.usages < this.maxUsages;
  }

  /** Says whether it has a model's file. */
  hasModel(name: string): boolean {
    return this.#models === null || this.#models.includes(name);
  }

  /** Stamps it as used now; model loads do not. */
  touch(): void {
    this.#usedAtMs = this.#clock.monotonicMs();
  }

  /** After a restart of the server: what an admin switched off or deleted stays so. */
  inherit(before: Backend): void {
    this.isDeleted = before.isDeleted;
    if (this.remote !== null && before.remote?.isUp === false) this.remote.stop();
    if (before.isEnabled || before.isPinned) return;
    this.isEnabled = false;
    this.status = "disabled";
  }

  /** Forces a state. `running` ends that. */
  pin(status: BackendStatus): void {
    this.isPinned = status !== "running";
    this.isEnabled = status !== "disabled";
    this.status = status;
  }

  /**
   * A run or a model load failed: with AllowIdle, SwarmUI then assumes that it is unreachable,
   * whether its ComfyUI answers or not (§20.1).
   */
  flip(): void {
    if (this.isComfy && this.allowsIdle && this.status === "running") this.status = "idle";
  }

  /** Its entry in ListBackends. */
  toWire(isFull: boolean): JsonObject {
    const ageMs = this.#usedAtMs === null ? null : this.#clock.monotonicMs() - this.#usedAtMs;
    return {
      type: this.type,
      status: this.status,
      id: this.id,
      settings: this.settings,
      modcount: this.modcount,
      features: this.isComfy || this.remote !== null ? COMFY_FEATURES : ["folderslash"],
      enabled: this.isEnabled,
      title: this.title,
      max_usages: this.maxUsages,
      seconds_since_used: Math.floor((ageMs ?? 0) / 1_000),
      time_since_used: ageMs === null ? "Never" : ageText(ageMs, "0 seconds from now"),
      can_load_models: !this.isController,
      ...(isFull ? { current_model: this.model } : {}),
    };
  }
}

/**
 * An age in SwarmUI's words: `12 seconds ago`, `1 minute and 5 seconds ago`.
 *
 * @param ageMs Milliseconds.
 * @param nothing The words for less than a second.
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
