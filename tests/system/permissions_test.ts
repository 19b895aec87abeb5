import { assertEquals } from "@std/assert";
import {
  hostname,
  mayReadEnv,
  missingFlags,
  missingNet,
  READ_WRITE,
  readEnv,
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
