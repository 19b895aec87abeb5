import { assertEquals, assertThrows } from "@std/assert";
import { networkProblem } from "../../../src/swarm/http/network_problem.ts";

function certificate(problem: string): Error {
  return new Deno.errors.InvalidData(`invalid peer certificate: ${problem}`);
}

function connecting(problem: string): Error {
  const cause = new Error(
    `error sending request for url (https://a/): client error (Connect): ${problem}`,
  );
  return new TypeError("fetch failed", { cause });
}

const problems: readonly (readonly [string, Error, string])[] = [
  [
    "a name that is not known",
    new Error("failed to lookup address information: Name or service not known"),
    "DNS does not know this name",
  ],
  [
    "a name that fetch does not know",
    new TypeError("fetch failed", {
      cause: new Error("client error (Connect): dns error: no such name\n\nStack backtrace:"),
    }),
    "DNS gives no address: no such name",
  ],
  [
    "a host without a route",
    Object.assign(new Error("No route to host (os error 113)"), { code: "EHOSTUNREACH" }),
    "no route to host",
  ],
  [
    "a connection that was reset",
    new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)"),
    "connection reset by peer",
  ],
  [
    "a CA file that is not there",
    new Error("Failed opening CA file: No such file or directory (os error 2)"),
    "Deno cannot read the file that DENO_CERT names: no such file or directory (name another, or unset DENO_CERT)",
  ],
  [
    "a CA file that is a directory",
    new Error("Unable to add pem file to certificate store: Is a directory (os error 21)"),
    "Deno cannot read the file that DENO_CERT names: is a directory (name another, or unset DENO_CERT)",
  ],
  [
    "a certificate of an unknown CA",
    certificate("UnknownIssuer"),
    "its certificate is not trusted: its CA is not known here (name the CA's file, or its own, with DENO_CERT=FILE, or use the system's CAs with DENO_TLS_CA_STORE=system)",
  ],
  [
    "a certificate that is over",
    certificate("Expired"),
    "its certificate expired (renew it; is this machine's clock right?)",
  ],
  [
    "a certificate that was over on a day",
    certificate(
      "certificate expired: verification time 1795923245 (UNIX), but certificate is not valid after 1609459200 (186464045 seconds ago)",
    ),
    "its certificate expired on 2021-01-01 (renew it; is this machine's clock right?)",
  ],
  [
    "a certificate of the future",
    certificate(
      "certificate not valid yet: verification time 1795923245 (UNIX), but certificate is not valid before 2208988800 (413065555 seconds in future)",
    ),
    "its certificate is not valid before 2040-01-01 (is this machine's clock right?)",
  ],
  [
    "a certificate for another name",
    certificate(
      'certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("other.test")',
    ),
    "its certificate is not for 127.0.0.1 but for other.test (use that name in --api-url)",
  ],
  [
    "a certificate for no name",
    certificate(
      'certificate not valid for name "127.0.0.1"; certificate is not valid for any names (according to its subjectAltName extension)',
    ),
    "its certificate is not for 127.0.0.1: it names no host (a new one needs a subjectAltName)",
  ],
  [
    "a self-signed certificate that is a CA's",
    certificate("Other(OtherError(CaUsedAsEndEntity))"),
    "its certificate is self-signed and marked as a CA, which Deno never takes for a server's (make it anew with basicConstraints=CA:FALSE, then name it with DENO_CERT=FILE)",
  ],
  [
    "a certificate of version 1",
    certificate("Other(OtherError(UnsupportedCertVersion))"),
    "its certificate is of X.509 version 1 (make it anew in version 3, with a subjectAltName)",
  ],
  [
    "any other fault of a certificate",
    certificate("BadSignature"),
    "its certificate is not trusted: BadSignature",
  ],
  [
    "plain HTTP where TLS was wanted",
    connecting("received corrupt message of type InvalidContentType"),
    "it does not speak TLS",
  ],
  [
    "a port that ends the connection before TLS",
    connecting("tls handshake eof"),
    "the connection ended before TLS began",
  ],
  [
    "TLS that is too old",
    connecting("received fatal alert: ProtocolVersion"),
    "it supports no safe version of TLS (1.2 or 1.3 is needed)",
  ],
  [
    "a SOCKS proxy that is away",
    connecting("Proxy server unreachable"),
    "the proxy does not answer",
  ],
  [
    "a proxy that requires a login",
    connecting("proxy authentication required"),
    "the proxy requires a login",
  ],
  [
    "a proxy that makes no tunnel",
    connecting("unsuccessful tunnel"),
    "the proxy refused to connect to the server",
  ],
  [
    "a server that a SOCKS proxy cannot reach",
    connecting("Host unreachable"),
    "the proxy cannot reach the server: host unreachable",
  ],
  [
    "a server that refuses",
    connecting("tcp connect error: Connection refused (os error 111)"),
    "connection refused",
  ],
];

for (const [what, error, message] of problems) {
  Deno.test(`networkProblem() names ${what}`, () => {
    const { reason, message: said } = networkProblem(error);
    assertEquals([reason, said], ["unreachable", message]);
  });
}

Deno.test("networkProblem() names the grant that a SOCKS proxy lacks", () => {
  assertEquals(
    networkProblem(
      connecting('Requires net access to "127.0.0.1:1080", run again with the --allow-net flag'),
    ),
    {
      ok: false,
      reason: "permission",
      message: "Deno does not allow connecting to 127.0.0.1:1080",
      needs: "--allow-net=127.0.0.1:1080",
      errorId: null,
    },
  );
});

Deno.test("networkProblem() rethrows errors that are not the network's", () => {
  for (const bug of [new RangeError("ours"), new DOMException("ours"), "ours"]) {
    assertThrows(() => networkProblem(bug));
  }
});
