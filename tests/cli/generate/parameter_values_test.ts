/** `--param` with a server's list that has a parameter of every type. */
import { assertEquals, assertRejects } from "@std/assert";
import { readParam } from "../../../src/cli/generate/param_option.ts";
import { readParameters } from "../../../src/cli/generate/parameter_values.ts";
import { SentFiles } from "../../../src/cli/generate/sent_files.ts";
import { PermissionError, ServerError, UsageError } from "../../../src/errors.ts";
import type { ServerParameter } from "../../../src/generation/server/server_parameter.ts";

const HEADS: Readonly<Record<string, string>> = {
  "a.png": "\x89PNG\r\n\x1a\n0000IHDR",
  "b, c.jpg": "\xff\xd8\xff\xe00000JFIF0000",
  "a.wav": "RIFF0000WAVEfmt 0",
  "a.mp4": "0000ftypisom0000",
  "a.heic": "0000ftypheic0000",
  "a.txt": "some text, no picture",
  "empty": "",
};

function parameter(id: string, type: string, more: Partial<ServerParameter> = {}): ServerParameter {
  return {
    id,
    name: id,
    type,
    description: "",
    fallback: null,
    range: null,
    choices: null,
    examples: [],
    group: null,
    feature: null,
    ...more,
  };
}

const KNOWN: readonly ServerParameter[] = [
  parameter("personalnote", "text", { name: "Personal Note" }),
  parameter("rawresolution", "text"),
  parameter("maskblur", "integer", { range: { min: 0, max: 64 } }),
  parameter("variationseed", "integer", { range: { min: -1, max: 9223372036854775807 } }),
  parameter("free", "integer"),
  parameter("refinercontrolpercentage", "decimal", { range: { min: 0, max: 1 } }),
  parameter("donotsave", "boolean"),
  parameter("imageformat", "dropdown", { name: "Image Format", choices: ["PNG", "JPG"] }),
  parameter("nothing", "dropdown", { choices: [] }),
  parameter("twins", "dropdown", { choices: ["a b", "ab"] }),
  parameter("refinermodel", "model", {
    name: "Refiner Model",
    choices: ["sdxl/refiner.safetensors", "(Use Base)"],
  }),
  parameter("lorasectionconfinement", "list"),
  parameter("freeuapplyto", "list", { choices: ["Base", "Refiner"] }),
  parameter("initimage", "image"),
  parameter("promptimages", "image_list"),
  parameter("initaudio", "audio"),
  parameter("audios", "audio_list"),
  parameter("initvideo", "video"),
  parameter("videos", "video_list"),
  parameter("future", "hologram"),
];

async function read(...params: readonly string[]): Promise<unknown> {
  const files = new SentFiles({
    files: {
      read: (path, { action, maxBytes }) => {
        if (path === "secret.png") throw new PermissionError(`${action}: no`, "--allow-read");
        const head = HEADS[path];
        if (head === undefined) throw new UsageError(`${action}: no such file (${maxBytes} left)`);
        return Promise.resolve(Uint8Array.from(head, (one) => one.charCodeAt(0)));
      },
    },
    server: {
      openImage: (path) => {
        if (path !== "Output/raw/a.png") throw new ServerError(path);
        return Promise.resolve({ body: new Blob().stream(), contentType: null, isEndSure: true });
      },
    },
    signal: new AbortController().signal,
  });
  return await readParameters(params.map(readParam), { known: KNOWN, files });
}

function url(type: string, name: string): string {
  return `data:${type};base64,${btoa(HEADS[name] ?? "")}`;
}

Deno.test("readParameters() takes every type of the server's", async () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ["personalnote=a=b\nc, d", { personalnote: "a=b\nc, d" }],
    ["Personal_Note=", { personalnote: "" }],
    ["maskblur= +4 ", { maskblur: "4" }],
    ["variationseed=9223372036854775807", { variationseed: "9223372036854775807" }],
    ["free=-9223372036854775808", { free: "-9223372036854775808" }],
    ["refinercontrolpercentage=.25", { refinercontrolpercentage: ".25" }],
    ["donotsave=yes", { donotsave: "true" }],
    ["imageformat=jpg", { imageformat: "JPG" }],
    ["refinermodel=refiner", { refinermodel: "sdxl/refiner.safetensors" }],
    ["refinermodel=(Use Base)", { refinermodel: "(Use Base)" }],
    ["lorasectionconfinement=0, 1", { lorasectionconfinement: ["0", "1"] }],
    ["lorasectionconfinement=[0,1]", { lorasectionconfinement: ["0", "1"] }],
    ["freeuapplyto=base", { freeuapplyto: ["Base"] }],
    ["initimage=a.png", { initimage: url("image/png", "a.png") }],
    ["initimage=server:raw/a.png", { initimage: "raw/a.png" }],
    ["server:initimage=raw/a.png", { initimage: "raw/a.png" }],
    ["server: Prompt Images=raw/a.png", { promptimages: ["raw/a.png"] }],
    ['server:promptimages=["raw/a.png"]', { promptimages: ["raw/a.png"] }],
    ["server:personalnote=a.png", { personalnote: "a.png" }],
    ["promptimages=b, c.jpg", { promptimages: [url("image/jpeg", "b, c.jpg")] }],
    ['promptimages=["a.png","b, c.jpg"]', {
      promptimages: [url("image/png", "a.png"), url("image/jpeg", "b, c.jpg")],
    }],
    ["initaudio=a.wav", { initaudio: url("audio/wav", "a.wav") }],
    ["audios=a.wav", { audios: [url("audio/wav", "a.wav")] }],
    ["initvideo=a.mp4", { initvideo: url("video/mp4", "a.mp4") }],
    ["videos=a.mp4", { videos: [url("video/mp4", "a.mp4")] }],
    ["future=as it is", { future: "as it is" }],
  ];
  for (const [param, sent] of rows) assertEquals(await read(param), sent, param);
});

Deno.test("readParameters(): the last one counts, but lists collect", async () => {
  assertEquals(await read("maskblur=1", "mask blur=2"), { maskblur: "2" });
  assertEquals(await read("freeuapplyto=Base", "freeuapplyto=Refiner"), {
    freeuapplyto: ["Base", "Refiner"],
  });
  assertEquals(await read("promptimages=a.png", "promptimages=a.png"), {
    promptimages: [url("image/png", "a.png"), url("image/png", "a.png")],
  });
});

Deno.test("readParameters() refuses what the server would take for something else", async () => {
  const rows: readonly (readonly [string, string])[] = [
    ["maskblurr=4", "this account may use (closest: maskblur)"],
    ["maskblur2=4", "this account may use (closest: maskblur)"],
    ["maskblur=65", "--param maskblur=65: expected a whole number from 0 to 64"],
    ["maskblur=4.5", "expected a whole number from 0 to 64"],
    ["maskblur=", "expected a whole number from 0 to 64"],
    ["maskblur=0x10", "expected a whole number from 0 to 64"],
    ["variationseed=9223372036854775808", "from -1 to 9223372036854775807"],
    ["refinercontrolpercentage=0,5", "expected a number from 0 to 1"],
    ["refinercontrolpercentage=NaN", "expected a number from 0 to 1"],
    ["rawresolution=1344*768", "expected a width and a height, such as 1344x768"],
    ["rawresolution=", "expected a width and a height, such as 1344x768"],
    ["donotsave=maybe", "expected true or false"],
    ["imageformat=", "the server has no such Image Format (there is PNG, JPG)"],
    ["imageformat=JP", "the server has no such Image Format (closest: JPG"],
    ["nothing=x", "the server has nothing to choose from"],
    ["twins=ab", "the server cannot tell it from"],
    ["refinermodel=refine", "closest: sdxl/refiner.safetensors"],
    ["refinermodel=", "the server has no such Refiner Model"],
    ["freeuapplyto=Base,Refine", "closest: Refiner"],
    ['lorasectionconfinement=["a,b"]', "an entry of a list cannot hold a comma"],
    ["initimage=", "expected the path of a file"],
    ["initimage=none.png", "--param initimage=none.png: no such file (73400320 left)"],
    ["initimage=a.txt", "and it is none"],
    ["initimage=empty", "and it is none"],
    ["initimage=a.heic", "expected PNG, JPG, WEBP, GIF, BMP or TIFF, and it is HEIC"],
    ["initimage=a.wav", "and it is WAV"],
    ["initaudio=a.png", "expected WAV, MP3, FLAC, OGG, M4A or AAC, and it is PNG"],
    ["initimage=server:raw/b.png", "the server has no such picture"],
    ["initimage=server:raw/../../b.png", "the server takes pictures below"],
    ["initimage=server:/etc/passwd", "the server takes pictures below"],
  ];
  for (const [param, said] of rows) {
    await assertRejects(() => read(param), UsageError, said, param);
  }
  await assertRejects(() => read("initimage=secret.png"), PermissionError);
});
