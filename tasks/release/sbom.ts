/**
 * A list of the tool's parts for scanners: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).
 */
import { VERSION } from "../../src/cli/command.ts";
import type { ShippedPackage } from "./packages.ts";

/**
 * The document's text. It contains no time and no serial number: the same packages give the same
 * text.
 */
export function sbomText(packages: readonly ShippedPackage[], denoVersion: string): string {
  const tool = `pkg:generic/asset-generator@${VERSION}`;
  const deno = `pkg:github/denoland/deno@v${denoVersion}`;
  const components = packages.map(({ name, version, license, integrity }) => ({
    type: "library",
    "bom-ref": purlOf(name, version),
    name,
    version,
    purl: purlOf(name, version),
    licenses: [{ license: { id: license } }],
    hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
  }));
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": tool,
        name: "asset-generator",
        version: VERSION,
        purl: tool,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components: [
      ...components,
      {
        type: "platform",
        "bom-ref": deno,
        name: "deno",
        version: denoVersion,
        purl: deno,
        licenses: [{ license: { id: "MIT" } }],
      },
    ],
    dependencies: [{ ref: tool, dependsOn: [...components.map(({ purl }) => purl), deno] }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** `deno.lock` writes hashes as base64, CycloneDX as hexadecimal digits. */
function hexOf(integrity: string): string {
  const bytes = Uint8Array.fromBase64(integrity.replace(/^sha512-/, ""));
  return bytes.toHex();
}
