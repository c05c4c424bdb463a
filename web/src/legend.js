// The legend of a picture.

import { element } from "./dom.js";
import { classesOf, colours, layerOf, ticksOf } from "./layers.js";
import { NDVI_STOPS, countSwatches, css } from "./pictures.js";
import { mostObservations } from "./report.js";

/** @import { Picture } from "./pictures.js" */
/** @import { Layer, Period, Report } from "./report.js" */

/**
 * @param {Picture} picture
 * @param {Report} report
 * @param {Period[]} shown Those on the map.
 * @returns {Node[]}
 */
export function legend(picture, report, shown) {
  const { layer } = picture;
  const own = layer && (() => (layer.colormap ? layerScales(layer, shown) : layerClasses(layer, shown)));
  const scale = own ?? { ndvi: ndviScale, count: () => countScale(report) }[picture.key] ?? (() => channels(picture));
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

/**
 * One scale where all periods have the same, else one for each that is shown.
 * @param {Layer} layer
 * @param {Period[]} shown
 */
function layerScales(layer, shown) {
  const looks = new Map(shown.map((period) => [JSON.stringify(layerOf(layer, period)), period]));
  const scales = [...looks.values()].flatMap((period) => [...(looks.size > 1 ? [element("h3", {}, period.label)] : []), layerScale(layerOf(layer, period))]);
  return [...scales, element("ul", { class: "channels" }, nodata())];
}

/** @param {Layer} layer */
function layerScale(layer) {
  const ramp = element("div", { class: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${colours(layer).map(css).join(", ")})`;
  const all = ticksOf(layer);
  const ticks = all.map(({ at, text }) => {
    const tick = element("span", {}, text);
    tick.style.left = `${at}%`;
    return tick;
  });
  return element("div", { class: "scale", role: "img", "aria-label": `From ${all[0]?.text} to ${all.at(-1)?.text}` }, ramp, element("div", { class: "ticks" }, ...ticks));
}

/**
 * @param {Layer} layer
 * @param {Period[]} shown
 */
function layerClasses(layer, shown) {
  return (layer.classes.length > 0 ? shown.slice(0, 1) : shown).flatMap((period) => {
    const entries = classesOf(layer, period).map(({ text, colour }) => {
      const box = element("i", { class: "swatch" });
      box.style.background = colour;
      return element("li", {}, box, element("span", {}, text));
    });
    const heading = layer.classes.length === 0 && shown.length > 1 ? [element("h3", {}, period.label)] : [];
    return [...heading, element("ul", { class: "meanings" }, ...entries)];
  });
}

function nodata() {
  return element("li", {}, element("i", { class: "dot nodata" }), "no data");
}
