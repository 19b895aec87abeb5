/** Sends requests byte by byte, in forms that no client library would write. */

/** An answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends text to a server on this machine and reads one answer. */
export async function sendRaw(port: number, text: string): Promise<RawAnswer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  let received = "";
  const chunk = new Uint8Array(65_536);
  const isHead = text.startsWith("HEAD ");
  while (true) {
    const answer = parse(received, isHead);
    if (answer !== null) return answer;
    const count = await connection.read(chunk);
    if (count === null) throw new Error(`The connection ended after ${JSON.stringify(received)}`);
    received += new TextDecoder().decode(chunk.subarray(0, count));
  }
}

/** @returns `null` while the answer is incomplete. */
function parse(received: string, isHead: boolean): RawAnswer | null {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [statusLine = "", ...lines] = received.slice(0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const status = Number(statusLine.split(" ")[1]);
  const rest = received.slice(end + 4);
  if (headers.get("transfer-encoding") === "chunked") {
    if (!rest.endsWith("\r\n0\r\n\r\n")) return null;
    return { status, headers, body: rest.slice(rest.indexOf("\r\n") + 2, -"\r\n0\r\n\r\n".length) };
  }
  const length = isHead || status === 101 ? 0 : Number(headers.get("content-length"));
  return new TextEncoder().encode(rest).length < length ? null : { status, headers, body: rest };
}
