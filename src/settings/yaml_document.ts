/**
 * The YAML library that keeps comments; loaded only where a file is changed. It is the browser's build
 * of `npm:yaml`, which `deno task vendor` puts into one file: the other one reads environment variables
 * that nobody should have to allow.
 */
// @ts-types="npm:yaml@2.9.1"
export { isMap, parseDocument } from "yaml-browser";
