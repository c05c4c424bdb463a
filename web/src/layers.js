// Layers and indices: the colours of their values, for the graphics card and for the legend.

/** @import { Class, Layer, Period } from "./report.js" */
/** @typedef {import("ol/expr/expression.js").ExpressionValue} Expression */

/** Evenly from the lowest value to the highest. The ends of those that diverge differ in hue, not only in lightness. */
const COLORMAPS = /** @type {Record<string, number[][]>} */ ({
  viridis: [[68, 1, 84], [70, 50, 126], [54, 92, 141], [39, 127, 142], [31, 161, 135], [74, 193, 109], [160, 218, 57], [253, 231, 37]],
  magma: [[0, 0, 4], [34, 17, 80], [95, 24, 127], [152, 45, 128], [211, 67, 110], [248, 118, 92], [254, 187, 129], [252, 253, 191]],
  brbg: [[84, 48, 5], [166, 97, 26], [223, 194, 125], [245, 245, 245], [128, 205, 193], [1, 133, 113], [0, 60, 48]],
  rdbu: [[178, 24, 43], [239, 138, 98], [253, 219, 199], [247, 247, 247], [209, 229, 240], [103, 169, 207], [33, 102, 172]],
});
/** Of values that differ in kind and have no colours of their own; neighbours differ most. */
const KINDS = [[31, 119, 180], [255, 127, 14], [44, 160, 44], [227, 119, 194], [140, 86, 75], [23, 190, 207], [188, 189, 34], [148, 103, 189], [214, 39, 40], [127, 127, 127], [174, 199, 232], [255, 187, 120]];
/** Files of bytes have no pixel of this value, but those outside of the polygons. */
const OUTSIDE = 255;
/** The layer whose values are days since 1970-01-01. */
const DAYS = "date";
const MILLISECONDS_OF_A_DAY = 86_400_000;
const TICKS = 4;

/**
 * Value that isn't drawn, and that fills tiles beyond the edge of a file.
 * @param {Layer} layer
 */
export function nodataOf(layer) {
  return layer.nodata ?? (layer.colormap ? Number.NaN : OUTSIDE);
}

/**
 * A layer as it is drawn in one period: the days of a month differ little beside those of a year.
 * @param {Layer} layer
 * @param {Period | undefined} period
 * @returns {Layer}
 */
export function layerOf(layer, period) {
  const [low, high] = (layer.key === DAYS && period?.ranges[layer.key]) || [layer.low, layer.high];
  return { ...layer, low, high };
}

/**
 * The colour of a pixel.
 * @param {Layer} layer
 * @returns {Expression}
 */
export function layerExpression(layer) {
  const band = ["band", 1];
  if (layer.colormap) {
    const stops = colours(layer).flatMap((colour, i, all) => [layer.low + ((layer.high - layer.low) * i) / (all.length - 1), ["color", ...colour]]);
    return ["interpolate", ["linear"], band, ...stops];
  }
  if (layer.classes.length > 0) {
    const cases = layer.classes.map(({ value, colour }) => [["==", band, value], ["color", ...parsed(colour)]]);
    return ["case", ...cases.flat(), ["color", 0, 0, 0, 0]];
  }
  const place = ["%", ["-", band, 1], KINDS.length];
  const cases = KINDS.map((colour, i) => [["<", place, i + 0.5], ["color", ...colour]]);
  return ["case", ...cases.flat(), ["color", 0, 0, 0, 0]];
}

/**
 * Colours at even steps from the lowest value to the highest.
 * @param {Layer} layer
 */
export function colours(layer) {
  return COLORMAPS[layer.colormap] ?? /** @type {number[][]} */ (COLORMAPS["viridis"]);
}

/**
 * Values to write under a range, with their places in percent.
 * @param {Layer} layer
 */
export function ticksOf(layer) {
  const span = layer.high - layer.low;
  return Array.from({ length: TICKS + 1 }, (_, i) => ({ at: (100 * i) / TICKS, text: valueText(layer, layer.low + (span * i) / TICKS) }));
}

/**
 * A value in words.
 * @param {Layer} layer
 * @param {number} value
 */
function valueText(layer, value) {
  if (layer.key === DAYS) {
    return new Date(Math.round(value) * MILLISECONDS_OF_A_DAY).toISOString().slice(5, 10);
  }
  const digits = layer.high - layer.low > 10 ? 0 : layer.high - layer.low > 1 ? 1 : 2;
  return value.toFixed(digits).replace("-", "−");
}

/**
 * Classes with their colours: those of all periods, or those of one.
 * @param {Layer} layer
 * @param {Period | undefined} period
 * @returns {Class[]}
 */
export function classesOf(layer, period) {
  const own = period?.classes[layer.key] ?? [];
  const colour = (/** @type {number} */ value) => `rgb(${(KINDS[(value - 1) % KINDS.length] ?? []).join(" ")})`;
  return layer.classes.length > 0 ? layer.classes : own.map((one) => ({ ...one, colour: colour(one.value) }));
}

/** @param {string} colour */
function parsed(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
