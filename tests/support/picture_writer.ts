/**
 * Saves a picture as the program does: prepares the folder, prints `half` when the first half is
 * written, goes on when its standard input ends, and prints the path at last.
 *
 * Arguments: the folder, the name.
 */
import { preparePictureFolder, savePicture } from "../../src/pictures/picture_files.ts";

const [directory = "", name = ""] = Deno.args;
await preparePictureFolder(directory);
const halves = ["first half, ", "second half"].map((text) => new TextEncoder().encode(text));
const body = new ReadableStream<Uint8Array>({
  async pull(controller): Promise<void> {
    const half = halves.shift();
    if (half === undefined) return controller.close();
    if (halves.length === 0) {
      console.log("half");
      for await (const _ of Deno.stdin.readable);
    }
    controller.enqueue(half);
  },
}, { highWaterMark: 0 });
console.log(await savePicture({ directory, names: [name, `2-${name}`] }, body));
