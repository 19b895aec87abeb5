import { assertEquals, assertThrows } from "@std/assert";
import { networkProblem } from "../../../src/swarm/http/network_problem.ts";

const problems: readonly (readonly [string, Error, string])[] = [
  [
    "a name that is not known",
    new Error("failed to lookup address information: Name or service not known"),
    "failed to lookup address information: Name or service not known",
  ],
  [
    "a name that fetch does not know",
    new TypeError("fetch failed", {
      cause: new Error("client error (Connect): dns error: no such name\n\nStack backtrace:"),
    }),
    "dns error: no such name",
  ],
  [
    "a host without a route",
    Object.assign(new Error("No route to host (os error 113)"), { code: "EHOSTUNREACH" }),
    "No route to host",
  ],
  [
    "a connection that was reset",
    new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)"),
    "Connection reset by peer",
  ],
  [
    "a certificate that nobody here trusts",
    new Deno.errors.InvalidData("invalid peer certificate: UnknownIssuer"),
    "its certificate is not trusted (name its CA with DENO_CERT=FILE)",
  ],
  [
    "a certificate that is over",
    new Deno.errors.InvalidData("invalid peer certificate: Expired"),
    "its certificate is not trusted: Expired",
  ],
  [
    "plain HTTP where TLS was wanted",
    new TypeError("error sending request for url (https://a/)", {
      cause: new Error(
        "client error (Connect): received corrupt message of type InvalidContentType",
      ),
    }),
    "it does not speak TLS (http:// instead of https://?)",
  ],
];

for (const [what, error, message] of problems) {
  Deno.test(`networkProblem() names ${what}`, () => {
    const { reason, message: said } = networkProblem(error);
    assertEquals([reason, said], ["unreachable", message]);
  });
}

Deno.test("networkProblem() throws on what is no problem of the network", () => {
  for (const bug of [new RangeError("ours"), new DOMException("ours"), "ours"]) {
    assertThrows(() => networkProblem(bug));
  }
});
