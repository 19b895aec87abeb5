import { assertEquals } from "@std/assert";
import {
  hostname,
  mayReadEnv,
  missingFlags,
  missingNet,
  READ_WRITE,
  readEnv,
  systemEnvironment,
} from "../../src/system/permissions.ts";

Deno.test({
  name: "permissions are named by their flag when they are missing, without a prompt",
  permissions: "none",
  fn: () => {
    assertEquals(missingFlags("/x", { access: ["read"] }), "--allow-read=/x");
    assertEquals(missingFlags("/x", { access: ["write"] }), "--allow-write=/x");
    assertEquals(missingFlags("/x", { access: READ_WRITE }), "--allow-read=/x --allow-write=/x");
    assertEquals(missingNet("127.0.0.1:7801"), "--allow-net=127.0.0.1:7801");
    assertEquals(mayReadEnv("PATH"), false);
    assertEquals(readEnv("PATH"), undefined);
    assertEquals(hostname(), null);
  },
});

Deno.test({
  name: "permissions that are granted are not missing",
  permissions: { read: true, write: true, net: ["127.0.0.1"], env: true, sys: ["hostname"] },
  fn: () => {
    assertEquals(missingFlags("/x", { access: ["read"] }), null);
    assertEquals(missingFlags("/x", { access: ["write"] }), null);
    assertEquals(missingFlags("/x", { access: READ_WRITE }), null);
    assertEquals(missingNet("127.0.0.1:1"), null);
    assertEquals(missingNet("example.com:80"), "--allow-net=example.com:80");
    assertEquals(readEnv("ASSET_GENERATOR_NOT_SET"), undefined);
    assertEquals(hostname(), Deno.hostname());
  },
});

Deno.test({
  name: "systemEnvironment() reads no variable that Deno was not allowed to read",
  permissions: { env: ["ASSET_GENERATOR_FORMAT", "HOME"] },
  fn: () => {
    const environment = systemEnvironment();
    assertEquals(environment.get("HOME"), Deno.env.get("HOME"));
    assertEquals(environment.mayRead("ASSET_GENERATOR_FORMAT"), true);
    for (const name of ["PATH", "ASSET_GENERATOR_TOKEN"]) {
      assertEquals(environment.mayRead(name), false);
      assertEquals(environment.get(name), undefined);
    }
  },
});

Deno.test("systemEnvironment() reads what is allowed by its beginning, and not what is denied of it", async () => {
  const url = new URL("../../src/system/permissions.ts", import.meta.url);
  const code = `import { systemEnvironment } from "${url}";
    const environment = systemEnvironment();
    console.log(["TOKEN", "API_KEY", "MODEL"].map((name) => {
      const variable = "ASSET_GENERATOR_" + name;
      return [environment.get(variable) ?? null, environment.mayRead(variable)].join();
    }).join(" "));`;
  const flags = ["--allow-env=ASSET_GENERATOR_*", "--deny-env=ASSET_GENERATOR_API_KEY"];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-check",
      ...flags,
      `data:text/typescript,${encodeURIComponent(code)}`,
    ],
    env: { ASSET_GENERATOR_TOKEN: "a", ASSET_GENERATOR_API_KEY: "b" },
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "a,true ,false ,true\n");
});
