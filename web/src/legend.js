// The legend of a picture.

import { element } from "./dom.js";
import { NDVI_STOPS, countSwatches, css } from "./pictures.js";
import { mostObservations } from "./report.js";

/** @import { Picture } from "./pictures.js" */
/** @import { Report } from "./report.js" */

/**
 * @param {Picture} picture
 * @param {Report} report
 * @returns {Node[]}
 */
export function legend(picture, report) {
  const scale = { ndvi: ndviScale, count: () => countScale(report) }[picture.key] ?? (() => channels(picture));
  return [element("h2", {}, picture.title), ...scale(), ...(picture.note ? [element("p", { class: "note" }, picture.note)] : [])];
}

/** @param {Picture} picture */
function channels(picture) {
  const colours = picture.channels.length === 3 ? ["red", "green", "blue"] : ["grey"];
  const items = picture.channels.map((channel, i) => element("li", {}, element("i", { class: `dot ${colours[i]}` }), channel));
  return [element("ul", { class: "channels" }, ...items, nodata())];
}

function ndviScale() {
  const first = NDVI_STOPS[0]?.[0] ?? 0;
  const span = (NDVI_STOPS.at(-1)?.[0] ?? 1) - first;
  const at = (/** @type {number} */ value) => `${(((value - first) / span) * 100).toFixed(1)}%`;
  const ramp = element("div", { class: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${NDVI_STOPS.map(([value, colour]) => `${css(colour)} ${at(value)}`).join(", ")})`;
  const ticks = NDVI_STOPS.filter(([value]) => value !== 0.1).map(([value]) => {
    const tick = element("span", {}, value.toFixed(1).replace("-", "−").replace("0.0", "0"));
    tick.style.left = at(value);
    return tick;
  });
  return [
    element("div", { class: "scale", role: "img", "aria-label": "From −0.2 and below in blue over bare ground in ochre to 0.9 in dark green" }, ramp, element("div", { class: "ticks" }, ...ticks)),
    element("ul", { class: "channels" }, nodata()),
  ];
}

/** @param {Report} report */
function countScale(report) {
  const swatches = countSwatches(mostObservations(report)).map(({ label, colour }) => {
    const box = element("i", { class: "swatch" });
    box.style.background = colour;
    return element("li", {}, box, label);
  });
  return [element("ul", { class: "classes" }, ...swatches), element("p", { class: "note" }, "Clear observations of each pixel; where it is 0 the mosaic has no data.")];
}

function nodata() {
  return element("li", {}, element("i", { class: "dot nodata" }), "no data");
}
