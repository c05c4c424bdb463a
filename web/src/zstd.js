// ZSTD for geotiff.js, in JavaScript: a page without WebAssembly can have a stricter policy.

import { decompress } from "fzstd";
import BaseDecoder from "../node_modules/geotiff/dist-module/compression/basedecoder.js";

export const zstd = { init: async () => undefined };

export default class ZstdDecoder extends BaseDecoder {
  /** @param {ArrayBuffer} buffer */
  decodeBlock(buffer) {
    const bytes = decompress(new Uint8Array(buffer));
    return /** @type {ArrayBuffer} */ (bytes.buffer).slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
}
