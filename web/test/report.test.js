import assert from "node:assert/strict";
import { test } from "node:test";
import { fullExtent, mostObservations, scenesOf, shownPeriods, takenOut } from "../src/report.js";
import { formatState, parseState } from "../src/state.js";

const PERIODS = ["2020-10", "2020-11", "2020-12"];
const PICTURES = ["true", "ndvi", "count"];

/** @param {object} parts */
function period(parts) {
  return /** @type {any} */ ({ label: "2020-10", files: [], scenes: {}, dropped: {}, ...parts });
}

const scene = (/** @type {string} */ datetime, used = true) => ({ datetime, used, offset: 0, reason: "" });

test("an address gives the state that it came from", () => {
  const state = { period: "2020-11", other: "2020-12", compare: true, picture: "ndvi", gain: 1.5, swipe: 30 };
  assert.deepEqual(parseState(formatState(state), PERIODS, PICTURES), state);
  const plain = { ...state, compare: false, gain: 1, swipe: 50 };
  assert.deepEqual(parseState(formatState(plain), PERIODS, PICTURES), plain);
});

test("an address of anything else is survived", () => {
  const first = { period: "2020-10", other: "2020-12", compare: false, picture: "true", gain: 1, swipe: 50 };
  for (const hash of ["", "#", "#period=1999-01&picture=<b>", "#%%%", "#gain=NaN&swipe=1e9"]) {
    assert.deepEqual(parseState(hash, PERIODS, PICTURES), first);
  }
  assert.equal(parseState("#other=2020-10", ["2020-10"], PICTURES).compare, false);
  assert.equal(parseState("", [], []).period, "");
});

test("scenes stand in the order of time, by what became of them", () => {
  const found = scenesOf(period({ scenes: { b: scene("2020-10-09"), a: scene("2020-10-18"), c: scene("2020-10-01", false) }, dropped: { d: "cloudy" } }));
  assert.deepEqual([found.used, found.unused].map((some) => some.map(([id]) => id)), [["b", "a"], ["c"]]);
  assert.deepEqual(found.dropped, [["d", "cloudy"]]);
});

test("what a mask took out is said in shares", () => {
  assert.equal(takenOut({ pixels: 400, by_classes: 100, by_dates: 6 }), "masked 25.0 % by classes, 1.5 % by comparing dates");
  assert.equal(takenOut({ pixels: 0, by_classes: 0, by_dates: 0 }), "");
});

test("granules of one overpass are one observation", () => {
  const scenes = { a: scene("2020-10-03T19:02:31"), b: scene("2020-10-03T19:02:45"), c: scene("2020-10-08T19:02:31") };
  assert.equal(mostObservations(/** @type {any} */ ({ periods: [period({ scenes }), period({})] })), 2);
  assert.equal(mostObservations(/** @type {any} */ ({ periods: [] })), 1);
});

test("the extent is around all tiles of all periods", () => {
  const periods = [period({ files: [{ bbox: [0, 0, 2, 1] }] }), period({}), period({ files: [{ bbox: [1, -3, 5, 0] }] })];
  assert.deepEqual(fullExtent(/** @type {any} */ ({ periods })), [0, -3, 5, 1]);
  assert.equal(shownPeriods(/** @type {any} */ ({ periods })).length, 2);
});
