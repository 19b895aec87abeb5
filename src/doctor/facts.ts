/** Everything that `doctor` judges, as it was found. */
import type { DetectionReport } from "../detection/report.ts";
import type { DirectoryTrial, PlacesLook } from "./places.ts";
import type { KeptSession, Probe } from "./door.ts";

/** A variable that the tool or Deno uses. */
export interface Variable {
  readonly name: string;
  readonly mayRead: boolean;
  /** `null`: not set, or must not be read. */
  readonly value: string | null;
}

/** Where a credential in use came from: an option or a variable; `null`: none is given. */
export interface CredentialSources {
  readonly apiKey: string | null;
  readonly token: string | null;
}

/** See the top of this file. */
export interface DoctorFacts {
  readonly report: DetectionReport;
  /** Records of generations that are over. Anybody may remove them. */
  readonly overRecords: readonly string[];
  /** This machine's name; `null` if Deno may not read it. */
  readonly host: string | null;
  /** The tool's own variables. */
  readonly variables: readonly Variable[];
  /** The variables in which Deno looks for a proxy. */
  readonly proxies: readonly Variable[];
  readonly credentials: CredentialSources;
  readonly stateDirectory: DirectoryTrial;
  readonly userDirectory: DirectoryTrial;
  readonly places: PlacesLook;
  readonly probe: Probe | null;
  readonly keptSession: KeptSession | null;
}
