import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { compileEagerly } from "../../tasks/bundle/eager.ts";
import { setAside } from "../../tasks/bundle/set_aside.ts";
import { bundlePlainly } from "../../tasks/bundle.ts";
import { denoArguments, ownEnvironment } from "../../tasks/shipped.ts";
import { oneFile } from "../support/one_file.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Where some pieces of a program are. */
function placesOf(code: string, pieces: readonly string[]): { start: number; end: number }[] {
  return pieces.map((piece) => {
    const start = code.indexOf(piece);
    assert(start >= 0, piece);
    return { start, end: start + piece.length };
  });
}

Deno.test("compileEagerly() writes what was called so that V8 compiles it at once", () => {
  const code = [
    `const a = (x) => y => x + y;`,
    `async function* f(x) { return [1].map((y) => y); }`,
    `function g() { h(); function h() {} { function i() {} } }`,
    `const o = { b() {}, c: function () {}, get d() {} };`,
    `class C {`,
    `  constructor() {}`,
    `  async d({ x }, ...y) { return this.#j(async z => this.k + z, async () => { return a; }); }`,
    `  e = () => 1;`,
    `  #j(x) { return x; }`,
    `  #l() {}`,
    `  m = this.#l();`,
    `  get k() { return 2; }`,
    `  set k(x) {}`,
    `  static "p"() {}`,
    `  toString() { return super.toString(); }`,
    `  q() {}`,
    `}`,
  ].join("\n");
  const called = placesOf(code, [
    `(x) => y => x + y`,
    `y => x + y`,
    `async function* f(x) { return [1].map((y) => y); }`,
    `(y) => y`,
    `function g() { h(); function h() {} { function i() {} } }`,
    `function h() {}`,
    `function i() {}`,
    `b() {}`,
    `function () {}`,
    `get d() {}`,
    `constructor() {}`,
    `async d({ x }, ...y) { return this.#j(async z => this.k + z, async () => { return a; }); }`,
    `async z => this.k + z`,
    `async () => { return a; }`,
    `() => 1`,
    `#j(x) { return x; }`,
    `#l() {}`,
    `get k() { return 2; }`,
    `set k(x) {}`,
    `"p"() {}`,
    `toString() { return super.toString(); }`,
    `[1]`,
  ]);
  const text = compileEagerly(code, called);
  const [definition, ...lines] = text.split("\n");
  assertMatch(definition ?? "", /^var __define=/);
  assertEquals(lines, [
    `var f=(async function*(x) { return [1].map(((y) => y)); });` +
    `var g=(function() {var h=(function() {}); h();  { function i() {} } });` +
    `const a = ((x) => (y => x + y));`,
    ``,
    ``,
    `const o = { b:(function() {}), c: (function () {}), get d() {} };`,
    `class C {`,
    `  constructor() {}`,
    `  static{__define(this,"d",(async function({ x }, ...y) { ` +
    `return this.#j((async function(z){return  this.k + z}).bind(this), ` +
    `(async function() { return a; })); }))}`,
    `  e = (() => 1);`,
    `  #j=(function(x) { return x; });`,
    `  #l() {}`,
    `  m = this.#l();`,
    `  static{__define(this,"k",(function() { return 2; }),true)}`,
    `  set k(x) {}`,
    `  static "p"() {}`,
    `  toString() { return super.toString(); }`,
    `  q() {}`,
    `}`,
  ]);
});

Deno.test("compileEagerly() says where a program cannot be parsed", () => {
  assertThrows(() => compileEagerly("let = ;", []), SyntaxError, "(1:");
});

Deno.test("setAside() moves what is used only after its module was evaluated, and nothing else", () => {
  const code = [
    `function a() { return used() + 1; }`,
    `async function* b() { yield a(); }`,
    `function used() { return 1; }`,
    `var names = {}; tell(names, { b: () => b });`,
    `var x, first = once(() => { x = a(); });`,
    `function c() { return b().a; }`,
    `function hot() { return 1; }`,
    `function early() { return hot(); }`,
    `var second = once(() => { first(); c(); });`,
    `function called() {}`,
    `var own = {}, third = once(() => { called(); });`,
    `early(() => (second(), names));`,
  ].join("\n");
  const called = placesOf(code, [`function used() { return 1; }`, `function called() {}`]);
  assertEquals(
    setAside(code, called, 60),
    [
      `var b,first,second,names;`,
      ``,
      ``,
      `function used() { return 1; }`,
      ` `,
      ``,
      ``,
      `function hot() { return 1; }`,
      `function early() { return hot(); }`,
      ``,
      `function called() {}`,
      ``,
      `early(() => ((aside1(),second()), names));`,
      `function aside0(){aside0=()=>{};var x;`,
      `function a() { return used() + 1; }`,
      `b=async function*() { yield a(); };`,
      `names = {};`,
      `tell(names, { b: () => b });`,
      `first = once(() => { x = a(); });`,
      `}`,
      `function aside1(){aside1=()=>{};function c() { return b().a; }`,
      `second = once(() => { (aside0(),first()); c(); });`,
      `}`,
      `function aside2(){aside2=()=>{};var own,third;`,
      `own = {};third = once(() => { called(); });`,
      `}`,
      ``,
    ].join("\n"),
  );
});

Deno.test("setAside() leaves a function that a module uses which does not wait for its own", () => {
  const code = [
    `function a() {}`,
    `var first = once(() => { a(); });`,
    `function b() { a(); }`,
    `var second = once(() => { b(); });`,
    `function c() {}`,
    `var third = once(() => { c(); });`,
  ].join("\n");
  assertEquals(
    setAside(code, placesOf(code, [`() => { c(); }`])),
    [
      `function a() {}`,
      ``,
      ``,
      ``,
      `function c() {}`,
      `var third = once(() => { c(); });`,
      `function aside0(){aside0=()=>{};var first,second;`,
      `first = once(() => { a(); });`,
      `function b() { a(); }`,
      `second = once(() => { b(); });`,
      `}`,
      ``,
    ].join("\n"),
  );
});

Deno.test("setAside() moves no object of a module that is evaluated at the start, and takes names of its own", () => {
  const code = [
    `var cache = {};`,
    `keep(cache, { aside: 1 });`,
    `var first = once(() => { cache.a = 1; });`,
    `keep(() => first());`,
  ].join("\n");
  assertEquals(
    setAside(code, []),
    [
      `var first;`,
      `var cache = {};`,
      `keep(cache, { aside: 1 });`,
      ``,
      `keep(() => (aside_0(),first()));`,
      `function aside_0(){aside_0=()=>{};first = once(() => { cache.a = 1; });`,
      `}`,
      ``,
    ].join("\n"),
  );
});

/** Command lines whose output is the same each time, but for times and ids. */
const LINES = [
  ["--version"],
  ["--help"],
  ["status"],
  ["status", "--format", "json"],
  ["status", "--format", "yaml", "--no-models"],
  ["generate", "image", "--prompt", "a cat", "--seed", "7", "--steps", "2", "--format", "json"],
  ["cancel", "--all"],
  ["models", "list"],
  ["wait", "--timeout", "5s", "--format", "yaml"],
  ["doctor", "--help"],
  ["config", "view"],
  ["inspect", "none.png"],
  ["satus"],
];

Deno.test("the one file prints the same as the plain bundle, and contains all that it needs", async () => {
  await using dir = await tempDir();
  const plain = dir.join("plain.js");
  const [{ path: eager, steps }] = await Promise.all([oneFile(), bundlePlainly(plain)]);
  assertEquals(steps, [
    "Bundling the tool",
    "Setting aside what a status does not use",
    "Marking what is compiled at the start",
    "Bundling the part for Redis",
  ]);
  const code = await Deno.readTextFile(eager);
  assertEquals([...code.matchAll(/\b(from|import)\s*\(?\s*["'`](node|npm|jsr):/g)], []);
  assertEquals(code.match(/[\x80-\uffff]/g), null);
  assert(code.length < 930_000, `it has ${code.length} bytes`);
  assert(code !== await Deno.readTextFile(plain));
  const told = await Promise.all([plain, eager].map(async (file, index) => {
    // A server each: a status must not see the other's generation.
    await using server = await startSimulator();
    const cwd = dir.join(`${index}`);
    await Deno.mkdir(cwd);
    const env = {
      ...ownEnvironment(`${cwd}/state`, server.url),
      // A busy machine must not make a difference.
      ASSET_GENERATOR_REQUEST_TIMEOUT: "60s",
    };
    const outputs: string[] = [];
    for (const words of LINES) {
      const args = [...denoArguments(words, { file })];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env, cwd })
        .output();
      const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
      outputs.push(`${words.join(" ")}: ${code}\n${withoutChance(text, cwd)}`);
    }
    return outputs;
  }));
  assertEquals(told[1], told[0]);
});

/** What differs from run to run: times, ids (which YAML quotes where they look like numbers), measurements, the directory. */
function withoutChance(text: string, cwd: string): string {
  return text.replaceAll(cwd, "CWD").replace(/"?gen-[\w-]+"?|"?[\da-f]+(-[\da-f]+){4}"?/g, "ID")
    .replace(
      /\d[\d.]*( ?m?s\b)?/g,
      "0",
    );
}
