/** Half a picture is not treated as a picture, and other content is not saved as one. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { AppError } from "../../src/errors.ts";
import { endingsOf, fileKindOf } from "../../src/generation/pictures/picture_kind.ts";
import { preparePictureFolder, savePicture } from "../../src/pictures/picture_files.ts";
import { runCli } from "../support/cli_process.ts";
import { HostileServer, imageFrame, NORMAL_END, PNG } from "../support/hostile_server.ts";
import { startScript } from "../support/script_process.ts";
import { hasCommand, installCommands, runBash } from "../support/shell.ts";
import { otherUser } from "../support/other_user.ts";
import { readGenerate } from "../support/status_json.ts";
import { namesIn, tempDir } from "../support/temp_dir.ts";
import { SocketServer } from "../swarm/socket_server.ts";

const UNFINISHED = /^\.asset-generator\.[0-9a-f-]{36}\.part$/;
const isWindows = Deno.build.os === "windows";

function bodyOf(...pieces: readonly string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
}

Deno.test("savePicture() gives a picture its name only when it is complete", async () => {
  await using directory = await tempDir();
  let seen: readonly string[] = [];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      if (seen.length > 0) return controller.close();
      controller.enqueue(PNG);
      seen = await namesIn(directory.path);
    },
  }, { highWaterMark: 0 });
  const path = await savePicture({ directory: directory.path, names: ["a/cat.png"] }, body);
  assertEquals(seen.length, 1);
  assertMatch(seen[0] ?? "", UNFINISHED);
  assertEquals(path, directory.join("a/cat.png"));
  assertEquals(await namesIn(directory.path), ["a"]);
  assertEquals(await namesIn(directory.join("a")), ["cat.png"]);
  assertEquals(await Deno.readFile(path), PNG);
});

Deno.test("savePicture() replaces no file, even one that appears while it writes", async () => {
  await using directory = await tempDir();
  const names = ["cat.png", "cat-2.png"];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      await Deno.writeTextFile(directory.join("cat.png"), "somebody else's");
      controller.enqueue(PNG);
      controller.close();
    },
  }, { highWaterMark: 0 });
  const path = await savePicture({ directory: directory.path, names }, body);
  assertEquals(path, directory.join("cat-2.png"));
  assertEquals(await Deno.readTextFile(directory.join("cat.png")), "somebody else's");
  await assertRejects(
    () => savePicture({ directory: directory.path, names }, bodyOf("x")),
    AppError,
    `Cannot save a picture in "${directory.path}": all names are taken`,
  );
  assertEquals(await namesIn(directory.path), ["cat-2.png", "cat.png"]);
});

Deno.test("savePicture() leaves nothing of an incomplete picture", async () => {
  await using directory = await tempDir();
  const body = new ReadableStream<Uint8Array>({
    pull(controller): void {
      controller.enqueue(PNG);
      controller.error(new AppError("unreachable", "Cannot fetch it"));
    },
  });
  await assertRejects(
    () => savePicture({ directory: directory.path, names: ["a.png"] }, body),
    AppError,
    "Cannot fetch it",
  );
  assertEquals(await namesIn(directory.path), []);
});

/**
 * Whether processes that this one starts ignore a signal: a script that starts the tests with `&`
 * makes them ignore SIGQUIT, and `nohup` SIGHUP. Such a process would not end.
 */
function isIgnored(signal: string): boolean {
  const script = `kill -${signal.slice("SIG".length)} $$`;
  return isWindows || new Deno.Command("sh", { args: ["-c", script] }).outputSync().success;
}

for (const signal of ["SIGKILL", "SIGHUP", "SIGQUIT"] as const) {
  Deno.test(`the next run removes what ${signal} left of a picture`, {
    ignore: isIgnored(signal),
  }, async () => {
    await using directory = await tempDir();
    const args = [directory.path, "cat.png"];
    {
      await using writer = startScript("picture_writer.ts", { directory: directory.path, args });
      assertEquals(await writer.nextLine(), "half");
      writer.kill(signal);
      await writer.status;
    }
    const [left = "", ...others] = await namesIn(directory.path);
    assertMatch(left, UNFINISHED);
    assertEquals(others, []);
    await preparePictureFolder(directory.path);
    assertEquals(await namesIn(directory.path), []);
  });
}

Deno.test("a run does not remove pictures that another one is writing, nor files of others", async () => {
  await using directory = await tempDir();
  const id = crypto.randomUUID();
  const others = [`.asset-generator.${id}.tmp`, ".asset-generator.part", `cat.png.${id}.part`];
  for (const name of others) await Deno.writeTextFile(directory.join(name), "");
  const args = [directory.path, "cat.png"];
  await using writer = startScript("picture_writer.ts", { directory: directory.path, args });
  assertEquals(await writer.nextLine(), "half");
  await preparePictureFolder(directory.path);
  await writer.end();
  const path = directory.join("cat.png");
  assertEquals(await writer.nextLine(), path);
  assertEquals(await Deno.readTextFile(path), "first half, second half");
  assertEquals(await namesIn(directory.path), [...others, "cat.png"].sort());
});

Deno.test("a named pipe with a name of this tool blocks nothing", {
  ignore: isWindows || !hasCommand("mkfifo"),
}, async () => {
  await using directory = await tempDir();
  const pipe = directory.join(`.asset-generator.${crypto.randomUUID()}.part`);
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  await preparePictureFolder(directory.path);
  assertEquals((await namesIn(directory.path)).length, 1);
});

Deno.test("savePicture() works without hard links", async () => {
  await using directory = await tempDir();
  const path = directory.join("cat.png");
  // Deno makes a link only to something that may be read, so a file system without links is
  // simulated.
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--allow-read=${directory.path}`,
      `--deny-read=${path},${directory.join("2-cat.png")}`,
      `--allow-write=${directory.path}`,
      new URL("../support/picture_writer.ts", import.meta.url).href,
      directory.path,
      "cat.png",
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  });
  for (const [run, name] of ["cat.png", "2-cat.png"].entries()) {
    const { stdout } = await child.output();
    assertEquals(new TextDecoder().decode(stdout), `half\n${directory.join(name)}\n`);
    assertEquals(await Deno.readTextFile(directory.join(name)), "first half, second half");
    assertEquals((await namesIn(directory.path)).length, run + 1);
  }
});

Deno.test("savePicture() saves in a folder on another file system", {
  ignore: !hasOtherFileSystem(),
}, async () => {
  await using directory = await tempDir();
  const elsewhere = `/dev/shm/asset-generator-${crypto.randomUUID()}`;
  // Deno lets programs with fewer permissions not use /dev, so other programs do everything there.
  await new Deno.Command("ln", { args: ["-s", elsewhere, directory.join("there")] }).output();
  const script = new URL("../support/picture_writer.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command("sh", {
    args: [
      "-c",
      `mkdir "$1" && "$2" run --quiet --allow-all "$3" "$4" there/cat.png < /dev/null
      ls -A "$1"; cat "$1/cat.png"; rm -r "$1"`,
      "sh",
      elsewhere,
      Deno.execPath(),
      script,
      directory.path,
    ],
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout),
    `half\n${directory.join("there/cat.png")}\ncat.png\nfirst half, second half`,
  );
  assertEquals(await namesIn(directory.path), ["there"]);
});

Deno.test("savePicture() follows no link that another user has put below the folder for pictures", {
  // Only root can give a link to another user.
  ignore: !(await otherUser())?.isElse,
}, async () => {
  await using directory = await tempDir();
  await Deno.mkdir(directory.join("victim"));
  await Deno.mkdir(directory.join("out"));
  for (const name of ["sub", "own"]) await Deno.symlink("../victim", directory.join(`out/${name}`));
  const chown = ["-h", "65534", directory.join("out/sub")];
  await new Deno.Command("chown", { args: chown }).output();
  const place = { directory: directory.join("out") };
  for (const replaces of [false, true]) {
    for (const name of ["sub/cat.png", "sub/deep/cat.png"]) {
      await assertRejects(
        () => savePicture({ ...place, names: [name], replaces }, bodyOf("a picture")),
        AppError,
        `Cannot save "${place.directory}/${name}": "${place.directory}/sub" is a link of another user`,
      );
    }
  }
  assertEquals(await namesIn(directory.join("victim")), []);
  assertEquals(await namesIn(place.directory), ["own", "sub"]);
  // The user's own link is followed, and so is a link that is named directly.
  await savePicture({ ...place, names: ["own/new/cat.png"] }, bodyOf("a picture"));
  await savePicture(
    { directory: `${place.directory}/sub`, names: ["cat.png"] },
    bodyOf("a picture"),
  );
  assertEquals(await namesIn(directory.join("victim")), ["cat.png", "new"]);
});

Deno.test("savePicture() says so if a file stands in the place of a folder", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("sub"), "");
  const { message } = await assertRejects(
    () => savePicture({ directory: directory.path, names: ["sub/cat.png"] }, bodyOf("x")),
    AppError,
  );
  assertMatch(message, /^Cannot save "[^"]+\/sub\/cat\.png": part of its path is not a directory$/);
  await assertRejects(
    () => savePicture({ directory: directory.join("sub"), names: ["cat.png"] }, bodyOf("x")),
    AppError,
    '/sub/cat.png": part of its path is not a directory',
  );
});

function hasOtherFileSystem(): boolean {
  if (Deno.build.os !== "linux") return false;
  const { stdout } = new Deno.Command("stat", { args: ["-c", "%d", "/dev/shm", "/tmp"] })
    .outputSync();
  return new Set(new TextDecoder().decode(stdout).trim().split("\n")).size === 2;
}

Deno.test("generate image reports a full disk, and saves the other pictures", {
  ignore: Deno.build.os !== "linux" || !hasCommand("bash"),
}, async () => {
  await using directory = await tempDir();
  const large = new Uint8Array(5000);
  large.set(PNG);
  await using server = new HostileServer({
    frames: [
      imageFrame("View/a.png"),
      imageFrame("View/b.png", { batch_index: 1 }),
      ...NORMAL_END,
    ],
    pictures: {
      "View/a.png": () => new Response(large),
      "View/b.png": () => new Response(PNG),
    },
  });
  const commands = await installCommands(directory.path);
  // No file may become larger than 1 KiB.
  const { code, out, err } = await runBash(
    `trap '' XFSZ; ulimit -f 1
    asset-generator generate image -p "a cat" --batch 2 --model tiny --save-images \
      --output-dir out --format json`,
    { commands, apiUrl: server.url },
  );
  assertEquals(code, 1);
  assertMatch(
    err,
    /^Error: Cannot save "out\/a\.png": [^\n]+ \(to try again: asset-generator attach gen-\w+ --save-images\)\n$/,
  );
  assertEquals(readGenerate(out).images.map((one) => one.local_path), [null, "out/b.png"]);
  assertEquals(await namesIn(`${commands.home}/out`), ["b.png"]);
});

/** What is at the picture's address, and the message about it. */
const NO_PICTURES: readonly (readonly [string, string, () => Response, string])[] = [
  ["an empty answer", "View/a.png", () => picture(""), "the server sent nothing"],
  [
    "text that is called a picture",
    "View/a.png",
    () => picture("Something went wrong"),
    "what the server sent is not a picture, video or sound",
  ],
  [
    "a page that is called a picture",
    "View/a.png",
    () => picture("<!DOCTYPE html><html><body>Log in</body></html>"),
    "what the server sent is not a picture, video or sound",
  ],
];

function picture(content: string | Uint8Array<ArrayBuffer>): Response {
  return new Response(content, { headers: { "content-type": "image/png" } });
}

for (const [name, path, answer, said] of NO_PICTURES) {
  Deno.test(`generate image does not save ${name}`, async () => {
    await using directory = await tempDir();
    await using server = new HostileServer({
      frames: [imageFrame(path), ...NORMAL_END],
      pictures: { [path]: answer },
    });
    const args = ["--save-images", "--output-dir", "out"];
    const { code, out, err } = await server.generate(directory.path, args);
    assertEquals([code, err], [
      1,
      `Error: Cannot save "${path}": ${said}, although it calls it image/png ` +
      "(see the server's log)\n",
    ]);
    const { images, error } = readGenerate(out);
    assertEquals([images[0]?.local_path, images[0]?.url, error?.code], [
      null,
      `${server.url}/${path}`,
      "failed",
    ]);
    assertEquals(await namesIn(directory.join("out")), []);
  });
}

Deno.test("generate image does not save data that only claims to be a picture", async () => {
  await using directory = await tempDir();
  for (const path of ["data:image/png,hello", "data:image/png;base64,", "data:,hello"]) {
    await using server = new HostileServer({ frames: [imageFrame(path), ...NORMAL_END] });
    const args = ["--save-images", "--output-dir", "out"];
    const { code, err } = await server.generate(directory.path, args);
    assertEquals(code, 1);
    assertMatch(err, /^Error: Cannot save a picture that the server sent in its answer: [^\n]+\n$/);
    assertEquals(await namesIn(directory.join("out")), []);
  }
});

Deno.test("generate image warns of a picture that is nowhere", async () => {
  await using directory = await tempDir();
  const path = `data:image/png;base64,${PNG.toBase64()}`;
  await using server = new HostileServer({ frames: [imageFrame(path), ...NORMAL_END] });
  const { code, out, err } = await server.generate(directory.path, ["--format", "table"]);
  assertStringIncludes(out, "not kept by the server");
  assertEquals([code, err], [
    0,
    "Warning: Lost 1 picture that the server does not keep (--save-images saves such pictures, and " +
    "--format json contains them)\n",
  ]);
});

Deno.test("generate image does not save an incomplete picture from the server's answer", async () => {
  await using directory = await tempDir();
  for (const [length, found] of [[60, "sent only a part of it"], [0, "sent is damaged"]] as const) {
    const sent = length === 0 ? bytes(PNG.subarray(0, 50), ZEROS) : PNG.subarray(0, length);
    const path = `data:image/png;base64,${sent.toBase64()}`;
    await using server = new HostileServer({ frames: [imageFrame(path), ...NORMAL_END] });
    const args = ["--save-images", "--output-dir", "out"];
    const { code, out, err } = await server.generate(directory.path, args);
    assertEquals([code, readGenerate(out).images[0]?.local_path], [1, null]);
    assertStringIncludes(err, "Error: Cannot save a picture that the server sent in its answer: ");
    assertStringIncludes(err, found);
    assertEquals(await namesIn(directory.join("out")), []);
  }
});

Deno.test("generate image saves a picture with the right file extension", async () => {
  await using directory = await tempDir();
  const paths = ["View/a.png", "View/b.jpeg", "View/c"];
  await using server = new HostileServer({
    frames: [
      ...paths.map((path, index) => imageFrame(path, { batch_index: index })),
      ...NORMAL_END,
    ],
    pictures: Object.fromEntries(paths.map((path) => [path, () => picture(JPEG)])),
  });
  const args = ["--batch", "3", "--save-images", "--output-dir", "out"];
  const { code, err } = await server.generate(directory.path, args);
  assertEquals([code, err], [0, ""]);
  assertEquals(await namesIn(directory.join("out")), ["a.jpg", "b.jpeg", "c.jpg"]);
});

/** Files of kinds that have no mark, or that nobody knows: what is sent, and the name of the file. */
const OTHER_FILES:
  readonly (readonly [path: string, type: string, content: string, name: string])[] = [
    ["View/a.json", "application/json", '{"nodes":[]}', "a.json"],
    ["View/b.TXT", "text/plain", "a cat", "b.txt"],
    ["View/c.svg", "image/svg+xml", "<svg/>", "c.svg"],
    ["View/d.png", "image/png", "\x01\x02 no PNG, but something", "d.bin"],
    ["View/e.exe", "application/octet-stream", "MZ\0 a program", "e.bin"],
    ["View/f", "application/octet-stream", "\0\0 something", "f.bin"],
    ["data:text/plain;base64,YSBkb2c=", "", "a dog", "image-6.txt"],
    [
      "data:application/x-thing;base64,AAECAwQFBgcI",
      "",
      "\0\x01\x02\x03\x04\x05\x06\x07\b",
      "image-7.bin",
    ],
  ];

for (const args of [[], ["--no-websocket"]]) {
  Deno.test(`generate image saves files of other kinds whole ${args}`, async () => {
    await using directory = await tempDir();
    const paths = OTHER_FILES.map(([path]) => path);
    await using server = new HostileServer({
      frames: [
        ...paths.map((path, index) => imageFrame(path, { batch_index: index })),
        ...NORMAL_END,
      ],
      routes: { GenerateText2Image: () => Response.json({ images: paths }) },
      pictures: Object.fromEntries(
        OTHER_FILES.map(([path, type, content]) => [
          path,
          () => new Response(content, { headers: { "content-type": type } }),
        ]),
      ),
    });
    const words = ["--batch", `${paths.length}`, "--save-images", "--output-dir", "out", ...args];
    const { code, out, err } = await server.generate(directory.path, words);
    const names = OTHER_FILES.map(([, , , name]) => name);
    assertEquals([code, err], [
      0,
      names.map((name) =>
        `Warning: Saved "out/${name}" unchecked: it is not a picture, video or sound that this ` +
        "tool knows\n"
      ).join(""),
    ]);
    assertEquals(
      readGenerate(out).images.map((one) => one.local_path),
      names.map((n) => `out/${n}`),
    );
    for (const [, , content, name] of OTHER_FILES) {
      assertEquals(await Deno.readTextFile(directory.join("out", name)), content);
    }
  });
}

function bytes(...parts: readonly (string | readonly number[] | Uint8Array)[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) =>
      typeof part === "string" ? [...new TextEncoder().encode(part)] : [...part]
    ),
  );
}

const ZEROS = new Uint8Array(20);
const JPEG = await Deno.readFile(new URL("../fixtures/pictures/picture.jpg", import.meta.url));

Deno.test("generate image does not save an incomplete picture of unknown length", async () => {
  await using directory = await tempDir();
  const idle = { waiting_gens: 0, loading_models: 0, waiting_backends: 0, live_gens: 0 };
  const pictures = {
    "View/a.png": bytes(PNG, ZEROS),
    "View/b.png": PNG.subarray(0, PNG.length - 5),
    "View/c.jpg": JPEG.subarray(0, JPEG.length - 2),
    "View/d.flac": bytes("fLaC", ZEROS),
  };
  await using server = new SocketServer(
    async (socket) => {
      for (const [at, path] of Object.keys(pictures).entries()) {
        await socket.frame(0x81, imageFrame(path, { batch_index: `${at}` }));
      }
      for (const frame of NORMAL_END) await socket.frame(0x81, frame);
      await socket.untilLeft();
    },
    {
      GetNewSession: { session_id: "53c237" },
      ListModels: { folders: [], files: [{ name: "tiny", loaded: true }] },
      GetCurrentStatus: { status: idle },
    },
    pictures,
  );
  const words = ["generate", "image", "-p", "a cat", "--model", "tiny", "--batch", "4"];
  const { code, out, err } = await runCli(
    [...words, "--save-images", "--format", "json", "--api-url", server.url],
    { cwd: directory.path },
  );
  assertEquals([code, err], [
    1,
    'Warning: Not known whether "./d.flac" is complete: the server did not say how long it is\n' +
    'Warning: Cannot save "View/c.jpg": the connection ended before the picture was complete ' +
    "(fetch it from the server)\n" +
    'Error: Cannot save "View/b.png": the connection ended before the picture was complete ' +
    "(fetch it from the server)\n",
  ]);
  assertEquals(
    readGenerate(out).images.map((image) => image.local_path),
    ["./a.png", null, null, "./d.flac"],
  );
  assertEquals(await Deno.readFile(directory.join("a.png")), pictures["View/a.png"]);
  assertEquals((await namesIn(directory.path)).filter((name) => /^[bc]|part$/.test(name)), []);
});

Deno.test("generate image says what failed if its working directory vanishes", {
  ignore: isWindows,
}, async () => {
  await using directory = await tempDir();
  const here = directory.join("here");
  for (
    const permissions of [
      undefined,
      [`--allow-read=${directory.path}`, `--allow-write=${directory.path}`].concat(
        "--allow-net=127.0.0.1",
        "--allow-env=ASSET_GENERATOR_*",
        "--allow-sys=hostname",
      ),
    ]
  ) {
    await Deno.mkdir(here);
    await using server = new HostileServer({
      frames: [imageFrame("View/a.png"), ...NORMAL_END],
      pictures: {
        "View/a.png": () => {
          Deno.removeSync(here, { recursive: true });
          return picture(PNG);
        },
      },
    });
    const env = { ASSET_GENERATOR_STATE_DIR: directory.join("state") };
    const { code, out, err } = await server.generate(here, ["--save-images"], {
      env,
      ...(permissions === undefined ? {} : { permissions }),
    });
    assertEquals(code, 1);
    const lines = err.trimEnd().split("\n");
    assertMatch(
      lines.at(-1) ?? "",
      /^Error: Cannot save "\.\/a\.png": its directory is gone \(to try again: asset-generator attach gen-\w+ --save-images\)$/,
    );
    for (const line of lines) assert(/^(Warning|Error): Cannot [^(]+"/.test(line), err);
    assertEquals(readGenerate(out).images[0]?.url, `${server.url}/View/a.png`);
  }
});

for (
  const [head, endings] of [
    ["\x89PNG\r\n\x1a\n", "png apng"],
    ["\xff\xd8\xff\xe1", "jpg jpeg jfif"],
    ["RIFF\x01\x02\x03\x04WEBPVP8 ", "webp"],
    ["RIFF\x01\x02\x03\x04WAVEfmt ", "wav"],
    ["RIFF\x01\x02\x03\x04NONE", null],
    ["GIF89a", "gif"],
    ["\0\0\0\x1cftypavif", "avif"],
    ["\0\0\0\x20ftypisom", "mp4 m4v mov"],
    ["\0\0\0\x14ftypqt  ", "mov"],
    ["\x1aE\xdf\xa3", "webm mkv"],
    ["ID3\x04", "mp3"],
    ["\xff\xfb\x90", "mp3"],
    ["fLaC", "flac"],
    ["OggS", "ogg oga ogv opus"],
    ["\xff\x0a", "jxl"],
    ["\0\0\0\x0cJXL \r\n\x87\n", "jxl"],
    ["<!DOCTYPE html>", null],
    ['{"error": "no"}', null],
    ["\0\0\0\0", null],
    ["MZ\x90", null],
  ] as const
) {
  Deno.test(`endingsOf() knows ${JSON.stringify(head)}`, () => {
    const bytes = new Uint8Array(16);
    bytes.set([...head].slice(0, 16).map((char) => char.charCodeAt(0)));
    assertEquals(endingsOf(bytes)?.join(" ") ?? null, endings);
    assertEquals(endingsOf(bytes.subarray(0, 8)), null);
  });
}

for (
  const [content, named, kind] of [
    ["fLaC, a sound of sixteen bytes", "png", "flac by content"],
    ["a cat", "txt", "txt by name"],
    ["\0\x01", "npy", "npy by name"],
    ["\0\x01", "exe", "bin by nothing"],
    ["Something went wrong", "png", null],
    ["MZ, which is a text", "exe", null],
    ["", "txt", null],
  ] as const
) {
  Deno.test(`fileKindOf() takes ${JSON.stringify(content)} called .${named} for ${kind}`, () => {
    const found = fileKindOf(new TextEncoder().encode(content), named);
    assertEquals(found && `${found.endings} by ${found.by}`, kind);
  });
}
