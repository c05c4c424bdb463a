// The ways to draw a mosaic, as expressions that the graphics card computes from the bands.

/** @import { Band, Layer, Report } from "./report.js" */
/** @typedef {import("ol/expr/expression.js").ExpressionValue} Expression */
/** @typedef {{ label: string, colour: string }} Swatch */
/**
 * @typedef {object} Picture
 * @property {string} key
 * @property {string} name Short, for buttons.
 * @property {string} title
 * @property {string} note What the reader has to know; may be empty.
 * @property {string} missing Why it can't be drawn; empty where it can.
 * @property {Expression} [colour] Of a pixel of the reflectances; none for what has files of its own.
 * @property {Layer} [layer] The layer or index that is shown; none for the mosaic and its count.
 * @property {string[]} channels What is shown as red, green and blue, or as grey.
 */

const NAMES = /** @type {Record<string, string>} */ ({
  B01: "coastal aerosol",
  B02: "blue",
  B03: "green",
  B04: "red",
  B05: "red edge 1",
  B06: "red edge 2",
  B07: "red edge 3",
  B08: "near infrared",
  B8A: "narrow near infrared",
  B09: "water vapour",
  B11: "short-wave infrared 1.6",
  B12: "short-wave infrared 2.2",
});

/** Lightness falls from bare to green, so that the scale is read without telling red from green. */
export const NDVI_STOPS = /** @type {[number, number[]][]} */ ([
  [-0.2, [58, 82, 139]],
  [0, [224, 226, 230]],
  [0.1, [234, 219, 186]],
  [0.3, [203, 195, 118]],
  [0.5, [131, 168, 70]],
  [0.7, [58, 122, 44]],
  [0.9, [14, 68, 32]],
]);

const VIRIDIS = [
  [68, 1, 84],
  [70, 50, 126],
  [54, 92, 141],
  [39, 127, 142],
  [31, 161, 135],
  [74, 193, 109],
  [160, 218, 57],
  [253, 231, 37],
];
/** What blue is of green over land: on five real scenes of the Alps its median error was 11 to 16 percent. */
const BLUE_OF_GREEN = 0.7;
/** Of a pixel without a clear observation: it has to be seen. */
const NEVER_CLEAR = [213, 94, 0];
/** Classes of the count that have colours of their own. */
const MOST_CLASSES = 10;

/**
 * A band in words.
 * @param {Band | undefined} band
 */
export function bandName(band) {
  return band ? (NAMES[band.id] ?? band.name) : "";
}

/**
 * All pictures of the bands that are there, and the bands to read for them, counted from 1.
 * @param {Report} report
 * @returns {{ pictures: Picture[], read: number[] }}
 */
export function choosePictures(report) {
  const bands = report.bands;
  const find = (/** @type {string[]} */ ...ids) => bands.find((band) => ids.includes(band.id));
  const red = find("B04");
  const green = find("B03");
  const blue = find("B02");
  const nir = find("B08") ?? find("B8A");
  const named = [red, green, blue, nir].filter((band) => band !== undefined);
  // what true colour falls back to
  const first = red && green ? [] : bands.slice(0, bands.length < 3 ? 1 : 3);
  const shown = [...new Set([...named, ...first])];
  const slot = (/** @type {Band} */ band) => shown.indexOf(band) + 1;
  const channel = (/** @type {Band} */ band, factor = 1) => stretched(["*", ["band", slot(band)], factor * 1e-4], band.white, report.gamma);
  return {
    read: shown.map((band) => bands.indexOf(band) + 1),
    pictures: [
      trueColour(red, green, blue, bands, channel),
      falseColour(red, green, nir, channel),
      ndvi(red, nir, slot),
      { key: "count", name: "Count", title: "Clear observations", note: "", missing: "", channels: [] },
      ...report.layers.map((layer) => ({ key: `layer-${layer.key}`, name: layer.name, title: layer.title, note: "", missing: "", channels: [], layer })),
    ],
  };
}

/**
 * @param {Band | undefined} red
 * @param {Band | undefined} green
 * @param {Band | undefined} blue
 * @param {Band[]} bands
 * @param {(band: Band, factor?: number) => Expression} channel
 * @returns {Picture}
 */
function trueColour(red, green, blue, bands, channel) {
  const picture = { key: "true", name: "True colour", title: "True colour", missing: "" };
  if (red && green && blue) {
    return { ...picture, note: "", colour: rgb(channel(red), channel(green), channel(blue)), channels: [red, green, blue].map(bandName) };
  }
  if (red && green) {
    return {
      ...picture,
      note: `These mosaics have no blue band: blue is estimated as ${BLUE_OF_GREEN} of green.`,
      colour: rgb(channel(red), channel(green), channel(green, BLUE_OF_GREEN)),
      channels: ["red", "green", `${BLUE_OF_GREEN} × green`],
    };
  }
  const [first, second, third] = bands;
  if (first && second && third) {
    return {
      ...picture,
      note: "These mosaics lack bands of visible light: the first three are shown.",
      colour: rgb(channel(first), channel(second), channel(third)),
      channels: [first, second, third].map(bandName),
    };
  }
  if (first) {
    const grey = channel(first);
    return { ...picture, note: `These mosaics lack bands of visible light: ${bandName(first)} is shown in grey.`, colour: rgb(grey, grey, grey), channels: [bandName(first)] };
  }
  return { ...picture, note: "", missing: "no bands", channels: [] };
}

/**
 * @param {Band | undefined} red
 * @param {Band | undefined} green
 * @param {Band | undefined} nir
 * @param {(band: Band) => Expression} channel
 * @returns {Picture}
 */
function falseColour(red, green, nir, channel) {
  const picture = { key: "false", name: "False colour", title: "False colour", note: "" };
  return nir && red && green
    ? { ...picture, missing: "", colour: rgb(channel(nir), channel(red), channel(green)), channels: [nir, red, green].map(bandName) }
    : { ...picture, missing: "needs near infrared, red and green", channels: [] };
}

/**
 * @param {Band | undefined} red
 * @param {Band | undefined} nir
 * @param {(band: Band) => number} slot
 * @returns {Picture}
 */
function ndvi(red, nir, slot) {
  const picture = { key: "ndvi", name: "NDVI", title: "NDVI, (near infrared − red) / (near infrared + red)", note: "", channels: [] };
  if (!nir || !red) {
    return { ...picture, missing: "needs near infrared and red" };
  }
  const [n, r] = [["band", slot(nir)], ["band", slot(red)]];
  const value = ["/", ["-", n, r], ["+", n, r]];
  const stops = NDVI_STOPS.flatMap(([at, colour]) => [at, ["color", ...colour]]);
  return { ...picture, missing: "", colour: ["interpolate", ["linear"], value, ...stops] };
}

/**
 * The picture that the variable `picture` names, out of all that can be drawn.
 * @param {Picture[]} pictures
 * @returns {Expression}
 */
export function colourOf(pictures) {
  const drawn = pictures.flatMap((picture, number) => (picture.colour ? [["==", ["var", "picture"], number], picture.colour] : []));
  return ["case", ...drawn, ["color", 0, 0, 0, 0]];
}

/**
 * Colours of the count, from none to the most.
 * @param {number} most
 * @returns {Swatch[]}
 */
export function countSwatches(most) {
  return Array.from({ length: Math.min(most, MOST_CLASSES) + 1 }, (_, count) => ({
    label: count === MOST_CLASSES && most > MOST_CLASSES ? `${count}+` : `${count}`,
    colour: css(countColour(count, Math.min(most, MOST_CLASSES))),
  }));
}

/**
 * The colour of a pixel of the count.
 * @param {number} most
 * @returns {Expression}
 */
export function countExpression(most) {
  const classes = Math.min(most, MOST_CLASSES);
  const cases = Array.from({ length: classes }, (_, count) => [["<", ["band", 1], count + 0.5], ["color", ...countColour(count, classes)]]);
  return ["case", ...cases.flat(), ["color", ...countColour(classes, classes)]];
}

/**
 * @param {number} count
 * @param {number} most
 */
function countColour(count, most) {
  if (count === 0) {
    return NEVER_CLEAR;
  }
  const place = most > 1 ? ((count - 1) / (most - 1)) * (VIRIDIS.length - 1) : VIRIDIS.length - 1;
  const below = VIRIDIS[Math.floor(place)] ?? NEVER_CLEAR;
  const above = VIRIDIS[Math.ceil(place)] ?? NEVER_CLEAR;
  return below.map((value, i) => Math.round(value + (place % 1) * ((above[i] ?? 0) - value)));
}

/**
 * A colour for style sheets.
 * @param {number[]} colour
 */
export function css(colour) {
  return `rgb(${colour.join(" ")})`;
}

/**
 * Reflectance as a grey level, 0 to 255, by the same stretch as the picture files.
 * @param {Expression} reflectance
 * @param {number} white
 * @param {number} gamma
 * @returns {Expression}
 */
function stretched(reflectance, white, gamma) {
  return ["*", 255, ["^", ["clamp", ["*", reflectance, ["/", ["var", "gain"], white]], 0, 1], 1 / gamma]];
}

/**
 * @param {Expression} red
 * @param {Expression} green
 * @param {Expression} blue
 * @returns {Expression}
 */
function rgb(red, green, blue) {
  return ["color", red, green, blue];
}
