/** Reads a picture, says what it found, and stays until its standard input ends. */
import { readPicture } from "../../src/pictures/read_picture.ts";

const { texts, textLimit } = await readPicture(Deno.args[0] ?? "");
console.log(`${Object.keys(texts).length} texts, ${textLimit}`);
await Deno.stdin.readable.pipeTo(new WritableStream());
