/** All that was found out before `doctor` judges it. */
import type { DetectionReport } from "../detection/report.ts";
import type { DirectoryTrial, PlacesLook } from "./places.ts";
import type { KeptSession, Probe } from "./door.ts";

/** A variable that the tool or Deno heeds. */
export interface Variable {
  readonly name: string;
  readonly mayRead: boolean;
  /** `null`: not set, or may not be read. */
  readonly value: string | null;
}

/** Where a credential in use came from: an option or a variable; `null`: none is given. */
export interface CredentialSources {
  readonly apiKey: string | null;
  readonly token: string | null;
}

/** See the module's page. */
export interface DoctorFacts {
  readonly report: DetectionReport;
  /** Records of generations that are over, which anybody may remove. */
  readonly overRecords: readonly string[];
  /** This machine's name; `null` where Deno may not tell it. */
  readonly host: string | null;
  /** The tool's own variables. */
  readonly variables: readonly Variable[];
  /** Those by which Deno finds a proxy. */
  readonly proxies: readonly Variable[];
  readonly credentials: CredentialSources;
  readonly stateDirectory: DirectoryTrial;
  readonly userDirectory: DirectoryTrial;
  readonly places: PlacesLook;
  readonly probe: Probe | null;
  readonly keptSession: KeptSession | null;
}
