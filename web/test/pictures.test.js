import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePictures, colourOf, countExpression, countSwatches } from "../src/pictures.js";

const BANDS = {
  red: { name: "red", id: "B04", white: 0.3 },
  green: { name: "green", id: "B03", white: 0.3 },
  blue: { name: "blue", id: "B02", white: 0.3 },
  nir: { name: "nir", id: "B08", white: 0.5 },
  nir08: { name: "nir08", id: "B8A", white: 0.5 },
  swir22: { name: "swir22", id: "B12", white: 0.4 },
};

/**
 * The pictures of some bands, by their keys and all together.
 * @param {(keyof typeof BANDS)[]} names
 * @returns {any}
 */
function choose(...names) {
  const { pictures, read } = choosePictures(/** @type {any} */ ({ bands: names.map((name) => BANDS[name]), layers: [], gamma: 1.6 }));
  return { ...Object.fromEntries(pictures.map((picture) => [picture.key, picture])), read, pictures };
}

/**
 * What the graphics card would make of an expression.
 * @param {any} expression
 * @param {number[]} bands
 * @param {Record<string, number>} variables
 * @returns {any}
 */
function evaluate(expression, bands, variables = { gain: 1, picture: 0 }) {
  if (!Array.isArray(expression)) {
    return expression;
  }
  const [operator, ...rest] = expression;
  const value = (/** @type {any} */ one) => evaluate(one, bands, variables);
  switch (operator) {
    case "band":
      return bands[rest[0] - 1];
    case "var":
      return variables[rest[0]];
    case "*":
      return rest.map(value).reduce((a, b) => a * b);
    case "/":
      return value(rest[0]) / value(rest[1]);
    case "+":
      return value(rest[0]) + value(rest[1]);
    case "-":
      return value(rest[0]) - value(rest[1]);
    case "^":
      return value(rest[0]) ** value(rest[1]);
    case "<":
      return value(rest[0]) < value(rest[1]);
    case "==":
      return value(rest[0]) === value(rest[1]);
    case "clamp":
      return Math.min(value(rest[2]), Math.max(value(rest[1]), value(rest[0])));
    case "color":
      return rest.map(value);
    case "case":
      for (let i = 0; i + 1 < rest.length; i += 2) {
        if (value(rest[i])) {
          return value(rest[i + 1]);
        }
      }
      return value(rest.at(-1));
    case "interpolate": {
      const at = value(rest[1]);
      const stops = [];
      for (let i = 2; i < rest.length; i += 2) {
        stops.push([rest[i], value(rest[i + 1])]);
      }
      const above = stops.findIndex(([stop]) => stop >= at);
      if (above <= 0) {
        return stops.at(above)?.[1];
      }
      const [[low, from], [high, to]] = /** @type {any} */ ([stops[above - 1], stops[above]]);
      return from.map((/** @type {number} */ one, /** @type {number} */ i) => one + ((at - low) / (high - low)) * (to[i] - one));
    }
    default:
      throw new Error(`no operator ${operator}`);
  }
}

test("all pictures of four bands, which alone are read", () => {
  const { read, pictures } = choose("swir22", "blue", "nir", "green", "red");
  assert.deepEqual(read, [5, 4, 2, 3]);
  assert.ok(pictures.every((/** @type {any} */ picture) => picture.missing === "" && picture.note === ""));
});

test("true colour has the stretch of the picture files", () => {
  const { true: picture } = choose("red", "green", "blue");
  // 1 + 254 * (reflectance / 0.3) ^ (1 / 1.6) there, where 0 is kept for no data
  const [red, green, blue] = evaluate(picture.colour, [1000, 3000, 9000]);
  assert.ok(Math.abs(red - (1 + 254 * (1 / 3) ** (1 / 1.6))) < 1);
  assert.deepEqual([green, blue], [255, 255]);
  const [bright] = evaluate(picture.colour, [1000, 0, 0], { gain: 3 });
  assert.equal(bright, 255);
});

test("without blue, true colour says what it shows", () => {
  const { true: picture, false: falseColour, ndvi } = choose("nir", "red", "green");
  assert.match(picture.note, /no blue band/);
  assert.deepEqual(picture.channels, ["red", "green", "0.7 × green"]);
  const [red, green, blue] = evaluate(picture.colour, [1000, 1000, 4000]);
  assert.ok(red === green && blue < green);
  assert.equal(falseColour.missing, "");
  assert.equal(ndvi.missing, "");
});

test("without green there is what there is", () => {
  const two = choose("nir", "red");
  assert.match(two.true.note, /red|near infrared/);
  assert.match(two.false.missing, /green/);
  assert.equal(two.ndvi.missing, "");
  const three = choose("swir22", "nir08", "red");
  assert.match(three.true.note, /first three/);
  assert.deepEqual(three.true.channels, ["short-wave infrared 2.2", "narrow near infrared", "red"]);
  assert.deepEqual(three.read, [3, 2, 1]);
  const one = choose("swir22");
  assert.match(one.true.note, /grey/);
  assert.match(one.ndvi.missing, /red/);
  assert.match(choose().true.missing, /no bands/);
});

test("NDVI is that of its bands, from blue to green", () => {
  const { ndvi } = choose("nir", "red");
  // the bands that are read stand in the order of the colours
  const colour = (/** @type {number} */ nir, /** @type {number} */ red) => evaluate(ndvi.colour, [red, nir]).map(Math.round);
  assert.deepEqual(colour(3000, 1000), [131, 168, 70]); // 0.5
  assert.deepEqual(colour(1000, 1000), [224, 226, 230]); // 0
  assert.deepEqual(colour(1, 1000), [58, 82, 139]); // below the scale
  assert.deepEqual(colour(9999, 1), [14, 68, 32]); // above it
});

test("a variable chooses between the pictures", () => {
  const { pictures } = choose("red", "green", "blue", "nir");
  const colour = colourOf(pictures);
  const of = (/** @type {number} */ picture) => evaluate(colour, [500, 900, 700, 4000], { gain: 1, picture });
  assert.deepEqual(of(0), evaluate(pictures[0]?.colour, [500, 900, 700, 4000]));
  assert.deepEqual(of(1), evaluate(pictures[1]?.colour, [500, 900, 700, 4000]));
  assert.deepEqual(of(2), evaluate(pictures[2]?.colour, [500, 900, 700, 4000]));
  assert.deepEqual(of(3), [0, 0, 0, 0]);
});

for (const most of [1, 4, 10, 57]) {
  test(`the legend of up to ${most} observations is what is drawn`, () => {
    const swatches = countSwatches(most);
    const expression = countExpression(most);
    swatches.forEach(({ colour }, count) => assert.equal(colour, `rgb(${evaluate(expression, [count]).join(" ")})`));
    assert.equal(new Set(swatches.map(({ colour }) => colour)).size, swatches.length);
    assert.equal(swatches.at(-1)?.label, most > 10 ? "10+" : String(most));
    assert.deepEqual(evaluate(expression, [60000]), evaluate(expression, [most]));
  });
}
