/** A certificate authority for one test, and a server with a certificate from it. */
import type { TempDir } from "./temp_dir.ts";

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A server that speaks TLS and passes everything on to a port of this machine. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number;
  /** The file with the authority's certificate. */
  readonly caFile: string;
}

/**
 * Opens a server for a host name, or for 127.0.0.1; its certificate is trusted only by clients that know `caFile`.
 */
export async function openTlsFront(
  host: string,
  { directory, toPort }: { readonly directory: TempDir; readonly toPort: number },
): Promise<TlsFront> {
  const caFile = directory.join("ca.pem");
  const caKey = directory.join("ca.key");
  const [key, wish, cert] = [
    directory.join("key.pem"),
    directory.join("wish.pem"),
    directory.join("cert.pem"),
  ];
  const ca = ["-keyout", caKey, "-out", caFile, "-days", "2", "-subj", "/CN=Test CA"];
  await openssl(["req", "-x509", ...NEW_KEY, ...ca]);
  await openssl(["req", ...NEW_KEY, "-keyout", key, "-out", wish, "-subj", `/CN=${host}`]);
  const names = directory.join("names");
  await Deno.writeTextFile(names, `subjectAltName=DNS:${host},IP:127.0.0.1\n`);
  const by = ["-CA", caFile, "-CAkey", caKey, "-CAcreateserial", "-days", "2"];
  await openssl(["x509", "-req", "-in", wish, ...by, "-extfile", names, "-out", cert]);
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  });
  const passing = passOn(listener, toPort);
  return {
    port: listener.addr.port,
    caFile,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      await passing;
    },
  };
}

async function openssl(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args] }).output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** Passes connections on until the listener is closed and both sides of each are done. */
async function passOn(listener: Deno.TlsListener, port: number): Promise<void> {
  const passing: Promise<unknown>[] = [];
  for (;;) {
    let incoming: Deno.TlsConn;
    try {
      incoming = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) break;
      throw error;
    }
    const outgoing = await Deno.connect({ hostname: "127.0.0.1", port });
    passing.push(Promise.allSettled([
      incoming.readable.pipeTo(outgoing.writable),
      outgoing.readable.pipeTo(incoming.writable),
    ]));
  }
  await Promise.all(passing);
}
