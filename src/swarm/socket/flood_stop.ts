/**
 * Adds to Deno's `WebSocket` what it lacks against a server that floods it: `close()` does not end
 * the reading, which goes on until the server closes too, and pongs are never reported. Both need
 * private parts of the class (seen in Deno 2.9.6). If another version of Deno names them
 * differently, nothing is done.
 */

/** Stops reading from an open socket. The connection itself ends with the process. */
export function stopReading(socket: WebSocket): void {
  const state = symbolOf(socket, "[[readyState]]");
  if (state !== undefined) Reflect.set(socket, state, WebSocket.CLOSED);
}

/** Reports every message and pong that is read, before the message itself, also after `close()`. */
export function hearFrames(socket: WebSocket, onFrame: () => void): void {
  const hear = symbolOf(WebSocket.prototype, "[[serverHandleIdleTimeout]]");
  if (hear !== undefined) Reflect.set(socket, hear, onFrame);
}

function symbolOf(owner: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);
}
