/** The page of `serve`: its size, its headers, and a visit in a real browser. */
import { assert, assertEquals } from "@std/assert";
import { ServeBench } from "../support/serve_bench.ts";
import { hasCommand } from "../support/shell.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

Deno.test("serve gives the page, which is small and takes nothing from elsewhere", async () => {
  await using serving = await ServeBench.open();
  const page = await serving.ask("/");
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(
    page.headers.get("content-security-policy"),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  const parts = await Promise.all(["/page.css", "/page.js"].map((path) => serving.ask(path)));
  const all = [page, ...parts].map(({ text }) => text).join("");
  assert(all.length < 60_000, `${all.length}`);
  assertEquals(all.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[^"' ]+/g), null);
});

Deno.test("serve lets the page in with a cookie, which is not the token, and is not for other sites", async () => {
  await using serving = await ServeBench.open({ token: TOKEN });
  assert((await serving.ask("/")).text.includes("<body data-wants-token"));
  const logIn = (token: string, headers = {}) =>
    serving.ask("/login", { method: "POST", body: new URLSearchParams({ token }), headers });
  const wrong = await logIn("wrong");
  assertEquals([wrong.status, wrong.headers.get("location"), wrong.headers.get("set-cookie")], [
    303,
    "./#wrong",
    null,
  ]);
  const right = await logIn(TOKEN);
  const [cookie = "", ...rules] = right.headers.get("set-cookie")?.split("; ") ?? [];
  assertEquals([right.headers.get("location"), rules], [
    "./",
    ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"],
  ]);
  assert(!cookie.includes(TOKEN));
  assertEquals((await serving.ask("/idle", { headers: { cookie } })).status, 200);
  assert(!(await serving.ask("/", { headers: { cookie } })).text.includes("data-wants-token "));
  assertEquals((await serving.ask("/idle", { headers: { cookie: `${cookie}0` } })).status, 401);
  assertEquals((await logIn(TOKEN, { origin: "https://evil.example" })).status, 403);
  assertEquals((await logIn("x".repeat(5_000))).status, 413);
  assertEquals((await serving.ask("/login")).status, 405);
});

Deno.test("the page of serve works in a real browser, whatever happens to the servers", {
  ignore: !hasCommand("chromium"),
}, async () => {
  const visit = new URL("page_visit.ts", import.meta.url).href;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", visit],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
