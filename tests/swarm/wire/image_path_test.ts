import { assertEquals } from "@std/assert";
import { createImageServer } from "../../../src/swarm/images/image_client.ts";
import { isDataUrl } from "../../../src/generation/server/image_server.ts";
import { encodeImagePath } from "../../../src/swarm/wire/image_path.ts";
import { optionsFor } from "../swarm_options.ts";

const BASE = "http://h:7801/swarm";

Deno.test("encodeImagePath() encodes what a real server can be asked for", () => {
  for (
    const [path, encoded] of [
      [
        "View/local/raw/2026-11-23/0144004-a cat-tiny.png",
        "View/local/raw/2026-11-23/0144004-a%20cat-tiny.png",
      ],
      [
        "View/local/raw/0143001-100% wool-tiny.png",
        "View/local/raw/0143001-100%2525%20wool-tiny.png",
      ],
      ["View/local/raw/0143005-a%41b-tiny.png", "View/local/raw/0143005-a%252541b-tiny.png"],
      ["View/local/ünï+[x],'y'.png", "View/local/%C3%BCn%C3%AF%2B%5Bx%5D%2C'y'.png"],
      ["View/local/\u{1f431}.png", "View/local/%F0%9F%90%B1.png"],
      ["/ViewSpecial/x.png", "ViewSpecial/x.png"],
      ["View/a?b#c&d.png", "View/a%3Fb%23c%26d.png"],
      ["View/a..b/...png", "View/a..b/...png"],
      [`${BASE}/View/a%20b.png?x=1`, "View/a%20b.png?x=1"],
    ] as const
  ) {
    assertEquals(encodeImagePath(path, BASE), encoded, path);
  }
});

Deno.test("encodeImagePath() refuses a path that leaves the base URL, or could", () => {
  for (
    const path of [
      "",
      "/",
      "//elsewhere/x.png",
      "View//x.png",
      "../x.png",
      "View/../../x.png",
      "View/..",
      "View/./x.png",
      "View/%2e%2E/x.png",
      "View/.%2e/x.png",
      "View\\..\\x.png",
      "C:/x.png",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "View/a\r\nb.png",
      "View/\0.png",
      "View/\ud800.png",
      "http://elsewhere/View/x.png",
      "http://h:7801/View/x.png",
      "http://h:7801/swarmy/x.png",
      "http://h:7801/swarm/",
      "http://h:7801/swarm/../x.png",
      "http://h:7801/swarm/%2e%2e/x.png",
      "http://h:7801/swarm/..%2fx.png",
      "http://me:pw@h:7801/swarm/x.png",
      "https://h:7801/swarm/x.png",
    ]
  ) {
    assertEquals(encodeImagePath(path, BASE), null, JSON.stringify(path));
  }
});

Deno.test("imageUrl() is an address for people, and none for a data: URL", () => {
  const client = createImageServer(optionsFor(`${BASE}/`));
  assertEquals(client.imageUrl("View/a b.png"), `${BASE}/View/a%20b.png`);
  assertEquals(client.imageUrl("data:image/png;base64,AAAA"), null);
  assertEquals(client.imageUrl("../x.png"), null);
  assertEquals([isDataUrl("DATA:,x"), isDataUrl("datax")], [true, false]);
});
