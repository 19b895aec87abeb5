/**
 * What Deno's `WebSocket` lacks against a server that floods it: `close()` does not end the reading,
 * which goes on until the server says goodbye, and pongs are never told. Both need what the class keeps
 * to itself (seen in Deno 2.9.6); where another Deno names that otherwise, nothing is done.
 */

/** Has no more read from an open socket. The connection itself goes with the process. */
export function stopReading(socket: WebSocket): void {
  const state = symbolOf(socket, "[[readyState]]");
  if (state !== undefined) Reflect.set(socket, state, WebSocket.CLOSED);
}

/** Tells of every message and pong that is read, before the message itself, after `close()` too. */
export function hearFrames(socket: WebSocket, onFrame: () => void): void {
  const hear = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
  if (hear !== undefined) Reflect.set(socket, hear, onFrame);
}

function symbolOf(owner: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);
}
