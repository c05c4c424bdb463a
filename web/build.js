// Bundles the page into one file: a template, of which only the data of a folder are missing.
//
//     node build.js TARGET
//
// Scripts and styles stand in the page itself, and its Content-Security-Policy names them by their hashes.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
/** @satisfies {import("esbuild").BuildOptions} */
const OPTIONS = /** @type {const} */ ({
  absWorkingDir: HERE,
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "none",
  logLevel: "warning",
  minify: true,
  metafile: true,
  write: false,
});
const TARGETS = ["chrome109", "firefox115", "safari16.4"];
/** Packages that went into the page. */
const packages = new Set();

/**
 * Our files are DEFLATE or ZSTD; the decoders of other compressions are half a megabyte.
 * @type {import("esbuild").Plugin}
 */
const fewerDecoders = {
  name: "fewer-decoders",
  setup(bundler) {
    bundler.onLoad({ filter: /geotiff[\\/]dist-module[\\/]compression[\\/](jpeg|lerc|lzw|packbits|webimage)\.js$/ }, () => ({
      contents: "export const zstd = undefined; export default undefined;",
    }));
    bundler.onLoad({ filter: /geotiff[\\/]dist-module[\\/]compression[\\/]zstd\.js$/ }, () => ({
      contents: 'export { zstd, default } from "./src/zstd.js";',
      resolveDir: HERE,
    }));
  },
};

/**
 * Tiles are decoded in threads of the browser, whose script comes from the page itself.
 * @type {import("esbuild").Plugin}
 */
const workerInside = {
  name: "worker-inside",
  setup(bundler) {
    bundler.onLoad({ filter: /geotiff[\\/]dist-module[\\/]worker[\\/]create\.js$/ }, async () => {
      const source = await bundled("node_modules/geotiff/dist-module/worker/decoder.js", [fewerDecoders]);
      return {
        contents:
          `const address = URL.createObjectURL(new Blob([${JSON.stringify(source)}], { type: "text/javascript" }));\n` +
          "export default () => new Worker(address);",
      };
    });
  },
};

/**
 * @param {string} entry
 * @param {import("esbuild").Plugin[]} plugins
 */
async function bundled(entry, plugins) {
  const result = await build({ ...OPTIONS, target: [...TARGETS], entryPoints: [entry], plugins });
  for (const input of Object.keys(result.metafile.inputs)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];
    if (name) {
      packages.add(name);
    }
  }
  return result.outputFiles[0]?.text ?? "";
}

/** @param {string} text */
function hashed(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/**
 * A script may not hold what would end its element.
 * @param {string} text
 */
function embedded(text) {
  return text.trim().replaceAll(/<(?=\/script|!--|script)/gi, "\\x3C");
}

/** Licences of what went into the page, as they ask for. */
function licences() {
  const texts = [...packages].sort().map((name) => {
    const folder = join(HERE, "node_modules", name);
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name} ${version} (${license})\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}`;
  });
  return texts.join("\n\n").replaceAll("--", "- -");
}

const script = embedded(await bundled("src/main.js", [fewerDecoders, workerInside]));
const style = (await bundled("src/page.css", [])).trim();
const policy = [
  "default-src 'none'",
  `script-src ${hashed(script)}`,
  `style-src ${hashed(style)}`,
  "connect-src 'self'",
  "img-src data:",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const parts = /** @type {Record<string, string>} */ ({ LICENCES: licences(), POLICY: policy, STYLE: style, SCRIPT: script });
const page = readFileSync(join(HERE, "src/page.html"), "utf8").replace(/\{\{(LICENCES|POLICY|STYLE|SCRIPT)\}\}/g, (_, name) => parts[name] ?? "");

const target = process.argv[2] ?? join(HERE, "../src/cloudless_mosaic/report/template.html");
mkdirSync(dirname(target), { recursive: true });
writeFileSync(`${target}.partial`, page);
renameSync(`${target}.partial`, target);
console.log(`${target}: ${Math.round(page.length / 1024)} kB`);
