import assert from "node:assert/strict";
import { test } from "node:test";
import { classesOf, layerExpression, layerOf, nodataOf, ticksOf } from "../src/layers.js";

/**
 * @param {Record<string, unknown>} fields
 * @returns {any}
 */
function layer(fields) {
  return { key: "x", name: "X", title: "X", nodata: null, low: 0, high: 0, colormap: "", classes: [], ...fields };
}

/** @type {any} */
const OCTOBER = { label: "2020-10", classes: { source: [{ value: 1, text: "S2A", colour: "" }, { value: 14, text: "S2B", colour: "" }] }, ranges: { date: [18536, 18566] } };

test("a range has its colours from end to end, and values under it", () => {
  const index = layer({ key: "NDVI", low: -1, high: 1, colormap: "brbg" });
  const expression = /** @type {any[]} */ (layerExpression(index));
  assert.deepEqual(expression.slice(0, 5), ["interpolate", ["linear"], ["band", 1], -1, ["color", 84, 48, 5]]);
  assert.deepEqual(expression.slice(-2), [1, ["color", 0, 60, 48]]);
  assert.deepEqual(ticksOf(index).map(({ text }) => text), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
  assert.ok(Number.isNaN(nodataOf(index)));
});

test("days are written as dates, over the range of their period", () => {
  const date = layer({ key: "date", nodata: 0, low: 18536, high: 18900, colormap: "viridis" });
  const ticks = ticksOf(layerOf(date, OCTOBER));
  assert.deepEqual([ticks[0], ticks.at(-1)], [{ at: 0, text: "10-01" }, { at: 100, text: "10-31" }]);
  assert.equal(layerOf(layer({ key: "age", low: -9, high: 9 }), OCTOBER).low, -9);
  assert.equal(nodataOf(date), 0);
});

test("classes have the colours of their table", () => {
  const flags = layer({ classes: [{ value: 0, text: "clear", colour: "#5AAE61" }, { value: 255, text: "outside", colour: "#ffffff" }] });
  assert.deepEqual(layerExpression(flags), ["case", ["==", ["band", 1], 0], ["color", 90, 174, 97], ["==", ["band", 1], 255], ["color", 255, 255, 255], ["color", 0, 0, 0, 0]]);
  assert.equal(classesOf(flags, OCTOBER), flags.classes);
});

test("scenes have colours in the legend that the map has, and the thirteenth that of the first", () => {
  const source = layer({ key: "source", nodata: 0 });
  const colours = classesOf(source, OCTOBER).map(({ colour }) => colour);
  assert.deepEqual(colours, ["rgb(31 119 180)", "rgb(255 127 14)"]);
  const [, ...cases] = /** @type {any[]} */ (layerExpression(source));
  assert.deepEqual(cases[0], ["<", ["%", ["-", ["band", 1], 1], 12], 0.5]);
  assert.deepEqual([cases[1], cases[3]], [["color", 31, 119, 180], ["color", 255, 127, 14]]);
  assert.deepEqual(classesOf(source, undefined), []);
});
