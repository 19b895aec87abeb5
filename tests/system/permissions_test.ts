import { assertEquals } from "@std/assert";
import { hostname } from "../../src/system/hostname.ts";
import {
  mayReadEnv,
  missingNet,
  missingRead,
  missingWrite,
  readEnv,
} from "../../src/system/permissions.ts";

Deno.test({
  name: "permissions are named by their flag when they are missing, without a prompt",
  permissions: "none",
  fn: () => {
    assertEquals(missingRead("/x"), "--allow-read=/x");
    assertEquals(missingWrite("/x"), "--allow-write=/x");
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
    assertEquals([missingRead("/x"), missingWrite("/x"), missingNet("127.0.0.1:1")], [
      null,
      null,
      null,
    ]);
    assertEquals(missingNet("example.com:80"), "--allow-net=example.com:80");
    assertEquals(readEnv("ASSET_GENERATOR_NOT_SET"), undefined);
    assertEquals(hostname(), Deno.hostname());
  },
});
