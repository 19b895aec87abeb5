/** Records for tests; fields that a test does not give have ordinary values. */
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { ServerSession } from "../../src/generation/session.ts";

/** 2025-10-10T14:30:00Z, where `ManualClock` starts. */
export const NOW_MS = Date.UTC(2025, 9, 10, 14, 30);
/** This machine, in tests. */
export const HERE = "workstation";
/** The server that is asked, in tests. */
export const SERVER_URL = "http://127.0.0.1:7801";

/** A record of this tool, with a fresh heartbeat, of the server that is asked. */
export function sampleRecord(changes: Partial<GenerationRecord> = {}): GenerationRecord {
  return {
    id: "gen-abc123",
    status: "generating",
    progress: 0.45,
    startedAt: NOW_MS - 150_000,
    updatedAt: NOW_MS - 1_000,
    serverUrl: SERVER_URL,
    serverId: null,
    host: HERE,
    pid: 4711,
    imagesTotal: 4,
    imagesDone: 1,
    foreign: false,
    ...changes,
  };
}

/** A record as the original's tool writes it. */
export function foreignRecord(changes: Partial<GenerationRecord> = {}): GenerationRecord {
  return sampleRecord({
    id: "session-abc123",
    serverUrl: null,
    host: null,
    pid: null,
    imagesTotal: null,
    imagesDone: null,
    foreign: true,
    ...changes,
  });
}

/** A server session; its id is `secret-` and the name, so that a leak is easily seen. */
export function sampleSession(name: string, serverUrl: string = SERVER_URL): ServerSession {
  return new ServerSession(`secret-${name}`, { serverUrl, createdAt: NOW_MS - 160_000 });
}

/** A session of one run of the server; `null`: the server did not say which. */
export function sessionOfRun(serverId: string | null): ServerSession {
  return new ServerSession("secret-a", { serverUrl: SERVER_URL, createdAt: 0, serverId });
}

/** What something is kept under between processes: a server and credentials. */
export const CACHE_KEY = {
  serverUrl: SERVER_URL,
  credentialsHash: "0123456789abcdef0123456789abcdef",
};
