/** What commands get from the outside world. `main.ts` makes it; tests make their own. */
import type { ServerCatalog } from "../catalog/server_catalog.ts";
import type { WaitStore } from "../detection/idle_wait.ts";
import type { QueueObserver } from "../detection/queue_observer.ts";
import type { UserWork } from "../detection/stop_user_work.ts";
import type { SwarmServer } from "../detection/swarm_server.ts";
import type { ServerDoor } from "../doctor/door.ts";
import type { RecordPlaces } from "../doctor/places.ts";
import type { AccountServer, LoginStore } from "../generation/server/account.ts";
import type { ClaimStore } from "../generation/claim.ts";
import type { Clock } from "../generation/clock.ts";
import type { ImageServer } from "../generation/server/image_server.ts";
import type { PictureReader } from "../generation/pictures/picture_file.ts";
import type { OwnerLocks } from "../generation/records/owner.ts";
import type { ServerChoices } from "../generation/server/server_choices.ts";
import type { RequestLog } from "../generation/recovery/request_note.ts";
import type { EndLog } from "../generation/records/end_log.ts";
import type { GenerationStore } from "../generation/records/store.ts";
import type { HideSecrets } from "../hide_secrets.ts";
import type { ConfigFiles, ConfigSearch, FoundConfig } from "./config/config_file.ts";
import type { ReadSecretFile } from "./credentials.ts";
import type { InputFiles } from "./generate/input_files.ts";
import type { PictureFiles } from "./generate/picture_files.ts";
import type { Messages } from "./messages.ts";
import type { Output } from "./output.ts";
import type { Environment, Settings } from "./setting_layers.ts";
import type { WebService } from "./serve/web_service.ts";
import type { Simulator } from "./simulate/simulation.ts";
import type { Terminal } from "./terminal.ts";

/** The adapters, by their ports. Each is made, and its module loaded, when it is first needed. */
export interface Adapters {
  /** The scopes that records are published to and read from. */
  stores(settings: Settings): Promise<readonly GenerationStore[]>;
  ownerLocks(): Promise<OwnerLocks>;
  /** For questions, with the kept session. */
  /** @param untilMs When all questions must have ended, on the monotonic clock. @default {never} */
  swarmServer(settings: Settings, untilMs?: () => number): Promise<SwarmServer>;
  /** All work of the user whose credentials are in use, with the kept session. */
  userWork(settings: Settings): Promise<UserWork>;
  /** What the server has to generate with, with the kept session. */
  catalog(settings: Settings): Promise<ServerCatalog>;
  /** For making images, each generation with a session of its own. */
  imageServer(settings: Settings): Promise<ImageServer>;
  /** What the server has to choose from, for Tab completion. */
  serverChoices(settings: Settings): Promise<ServerChoices>;
  /** How generations ended; `null` if neither the user scope nor a Redis is known. */
  endLog(settings: Settings): Promise<EndLog | null>;
  /** Notes of requests and their results; `null` if the user scope is not known. */
  requestLog(): Promise<RequestLog | null>;
  /** Who holds which server: of all machines if a Redis is known, else of this user on this one. */
  claims(settings: Settings): Promise<ClaimStore>;
  /** Where waits are kept between processes. */
  waitStore(): Promise<WaitStore>;
  /** What only `doctor` uses: the places of the records, and the server before any login. */
  doctor(
    settings: Settings,
  ): Promise<{ readonly places: RecordPlaces; readonly door: ServerDoor }>;
  /** Where logins are kept. */
  logins(): Promise<LoginStore>;
  /** A server's door, for accounts. */
  accountServer(settings: Settings): Promise<AccountServer>;
  /** For questions to the user. */
  keyboard(): Promise<Keyboard>;
  /** Files that the user names as input. */
  inputFiles(): Promise<InputFiles>;
  /** The configuration file, for the commands that change it. */
  configFiles(): Promise<ConfigFiles>;
  /** Where pictures are saved. */
  pictureFiles(): Promise<PictureFiles>;
  /** What picture files contain besides the pixels. */
  pictureReader(): Promise<PictureReader>;
  /** Tells each change of ComfyUI's queues at once. */
  queueObserver(settings: Settings): Promise<QueueObserver>;
  /** The web server of `serve`. */
  webService(): Promise<WebService>;
  simulator(): Promise<Simulator>;
}

/** Everything outside the program. */
export interface Context {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly environment: Environment;
  /**
   * Makes the adapters of one command. This alone loads, reads and opens nothing.
   *
   * @param warn Called with one line of text when something beside the main task went wrong.
   */
  openAdapters(warn: (message: string) => void): Adapters;
  /**
   * Finds and reads the configuration file.
   *
   * @param named The file that the user named.
   * @throws {AppError} If a named file cannot be read, or any file cannot be understood.
   */
  searchConfig(named: string | undefined): Promise<ConfigSearch>;
  /**
   * Reads a file that holds a secret, without the line break at its end; see `ReadSecretFile`. At
   * most 64 KiB.
   */
  readonly readSecretFile: ReadSecretFile;
  /** The token that `login` got for an address; `null`: none, or none that may be read. Never throws. */
  storedToken(address: string): Promise<string | null>;
  /** The default state file; an absolute path. */
  readonly defaultStateFile: string;
  /** When the process started, by `clock.monotonicMs()`. */
  readonly startedMs: number;
  /** This machine's name; `null` if Deno may not read it. */
  hostname(): string | null;
  /** This process's id. */
  readonly pid: number;
  /** In which form the program runs, and on which Deno: for `--version`. */
  readonly shippedAs: string;
  /**
   * Catches Ctrl-C and SIGTERM until it is disposed; otherwise they end the process at once. The
   * first signal also calls `endSoon()` of the terminal.
   */
  listenForInterrupts(): Interrupts;
  /**
   * Rejects when the running command must be abandoned: after an error that nobody caught, or
   * SIGTERM while it is not caught. The reason is the error to report.
   */
  readonly broken: Promise<never>;
  /**
   * Reports at once what would keep a file from being written, before anything else is done.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {AppError} If its directory does not exist.
   */
  checkFile(path: string): Promise<void>;
  /**
   * Writes a whole file or nothing.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {AppError} If it could not be written.
   */
  writeFile(path: string, text: string): Promise<void>;
}

/** What a command's `run()` gets: everything outside, and what the user wants. */
export interface CommandContext extends Context {
  readonly settings: Settings;
  /** The configuration file; `null`: there is none, or none that may be read. */
  readonly config: FoundConfig | null;
  readonly adapters: Adapters;
  /** Where the result goes. */
  readonly output: Output;
  /** Where all other messages go: stderr. */
  readonly messages: Messages;
  /** What was typed, for errors that say how to go on; absent: not known. */
  readonly commandLine?: TypedLine;
}

/** A command line as it was typed. */
export interface TypedLine {
  /** Without the program's name. */
  readonly args: readonly string[];
  /** Removes secrets from a word of it; `null`: there are none. */
  readonly hide: HideSecrets | null;
}

/** The port for Ctrl-C and similar signals. */
export interface Interrupts extends Disposable {
  /** Aborted by the first signal; its reason is an `AppError` with the code `interrupted`. */
  readonly first: AbortSignal;
  /** Aborted by the second signal: end at once. */
  readonly second: AbortSignal;
}
/** The port for the person at the terminal. */
export interface Keyboard {
  /** True if standard input is a terminal, so that somebody can answer. */
  readonly isTerminal: boolean;
  /** Reads one line without its end, at most 1,000 characters; `null` if the input ends (Ctrl-D). */
  readLine(): Promise<string | null>;
  /**
   * The same of a terminal that does not show what is typed. It is as before afterwards, and while the
   * process is stopped.
   *
   * @param prompt Is shown before, and again when the process goes on.
   * @throws The reason of the signal.
   */
  readSecret(prompt: () => Promise<void>, signal: AbortSignal): Promise<string | null>;
}
