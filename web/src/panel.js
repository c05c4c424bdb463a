// What stands beside the map: choices, legend, periods, scenes.

import { byId, element } from "./dom.js";
import { legend } from "./legend.js";
import { details } from "./details.js";
import { shownPeriods } from "./report.js";

/** @import { Picture } from "./pictures.js" */
/** @import { Period, Report } from "./report.js" */
/** @import { State } from "./state.js" */
/** @typedef {(change: Partial<State>) => void} Change */

/**
 * Builds the panel once; the function it returns brings it up to date.
 * @param {Report} report
 * @param {Picture[]} pictures
 * @param {Change} change
 * @param {() => void} fit
 * @returns {(state: State) => void}
 */
export function buildPanel(report, pictures, change, fit) {
  const periods = shownPeriods(report);
  const updates = [pictureChoice(pictures, change), legendBox(report, periods, pictures, change), periodChoice(report, periods, change), coverage(report, change), periodDetails(periods)];
  byId("panel").append(header(report), ...updates.map(({ box }) => box), footer(report, fit));
  return (state) => updates.forEach(({ update }) => update(state));
}

/** @param {Report} report */
function header(report) {
  const asked = report.parameters;
  const text = (/** @type {string} */ name) => (["string", "number"].includes(typeof asked[name]) ? String(asked[name]) : "");
  const unit = report.projection.units === "degrees" ? "°" : " m";
  const facts = [
    ["Source", [text("collection"), text("stac_url")].filter(Boolean).join(", ")],
    ["Dates", text("start_date") && `${text("start_date")} to ${text("end_date")}`],
    ["Area", text("aoi")],
    ["Grid", [report.resolution ? `${report.resolution}${unit}` : "", report.projection.name, report.projection.code].filter(Boolean).join(", ")],
    ["Bands", report.bands.map((band) => (band.id ? `${band.name} (${band.id})` : band.name)).join(", ")],
    ["Clouds", text("max_cloud_cover") && `scenes up to ${text("max_cloud_cover")} %, ${text("mask") === "none" ? "no mask" : `mask grown by ${text("cloud_dilation") || 0} m`}`],
  ].filter(([, value]) => value);
  const subtitle = [report.periods.length === 1 ? `1 ${report.noun}` : `${report.periods.length} ${report.noun}s`, report.resolution ? `${report.resolution}${unit}` : "", report.projection.code];
  return element(
    "header",
    {},
    element("h1", {}, report.title),
    element("p", { class: "subtitle" }, subtitle.filter(Boolean).join(" · ")),
    element("details", {}, element("summary", {}, "What was asked for"), element("dl", { class: "facts" }, ...facts.flatMap(([name = "", value = ""]) => [element("dt", {}, name), element("dd", {}, value)]))),
  );
}

/**
 * @param {Picture[]} pictures
 * @param {Change} change
 */
function pictureChoice(pictures, change) {
  const inputs = pictures.map((picture) =>
    element("input", { type: "radio", name: "picture", value: picture.key, disabled: picture.missing !== "", onchange: () => change({ picture: picture.key }) }),
  );
  const labels = pictures.map((picture, i) =>
    element("label", { title: picture.missing ? `${picture.name} ${picture.missing}` : i < 9 ? `Key ${i + 1}` : picture.title }, /** @type {Node} */ (inputs[i]), element("span", {}, picture.name)),
  );
  const layers = labels.filter((_, i) => pictures[i]?.layer);
  return {
    box: element(
      "fieldset",
      { class: "segments" },
      element("legend", { class: "hidden" }, "Picture"),
      ...labels.filter((_, i) => !pictures[i]?.layer),
      ...(layers.length > 0 ? [element("div", { class: "layers", role: "group", "aria-label": "Layers and indices" }, ...layers)] : []),
    ),
    update: (/** @type {State} */ state) => inputs.forEach((input) => (input.checked = input.value === state.picture)),
  };
}

/**
 * @param {Report} report
 * @param {Period[]} periods
 * @param {Picture[]} pictures
 * @param {Change} change
 */
function legendBox(report, periods, pictures, change) {
  const scale = element("div", { class: "legend", id: "legend", "aria-live": "polite" });
  const gain = element("input", { type: "range", min: 0.5, max: 4, step: 0.1, oninput: () => change({ gain: gain.valueAsNumber }) });
  const value = element("output", {});
  const brightness = element("label", { class: "row" }, element("span", {}, "Brightness"), gain, value);
  let drawn = "";
  return {
    box: element("section", { class: "card", "aria-label": "Legend" }, scale, brightness),
    update: (/** @type {State} */ state) => {
      const picture = pictures.find((one) => one.key === state.picture);
      const labels = new Set([state.period, ...(state.compare ? [state.other] : [])]);
      const key = [state.picture, ...(picture?.layer ? labels : [])].join(" ");
      if (picture && drawn !== key) {
        drawn = key;
        const shown = periods.filter((period) => labels.has(period.label));
        scale.replaceChildren(...legend(picture, report, shown));
      }
      brightness.hidden = !picture || picture.channels.length === 0;
      gain.valueAsNumber = state.gain;
      value.textContent = `× ${state.gain.toFixed(1)}`;
    },
  };
}

/**
 * @param {Report} report
 * @param {Period[]} periods
 * @param {Change} change
 */
function periodChoice(report, periods, change) {
  const title = capitalised(report.noun);
  const first = periodSlider(title, "period", periods, (label) => change({ period: label }));
  const second = periodSlider("Right", "other", periods, (label) => change({ other: label }));
  const compare = element("input", { type: "checkbox", id: "compare", disabled: periods.length < 2, onchange: () => change({ compare: compare.checked }) });
  return {
    box: element(
      "section",
      { class: "card", "aria-label": `${title}s` },
      first.box,
      element("label", { class: "check" }, compare, element("span", {}, `Compare two ${report.noun}s`)),
      second.box,
    ),
    update: (/** @type {State} */ state) => {
      compare.checked = state.compare;
      first.update(state.period, state.compare ? "Left" : title);
      second.update(state.other, "Right");
      second.box.hidden = !state.compare;
    },
  };
}

/**
 * @param {string} name
 * @param {string} id
 * @param {Period[]} periods
 * @param {(label: string) => void} choose
 */
function periodSlider(name, id, periods, choose) {
  const label = element("span", {}, name);
  const value = element("output", {});
  const slider = element("input", { type: "range", id, min: 0, max: Math.max(0, periods.length - 1), step: 1, oninput: () => choose(periods[slider.valueAsNumber]?.label ?? "") });
  return {
    box: element("label", { class: "row" }, label, slider, value),
    update: (/** @type {string} */ period, /** @type {string} */ title) => {
      slider.valueAsNumber = periods.findIndex((one) => one.label === period);
      slider.setAttribute("aria-valuetext", period);
      value.textContent = period;
      label.textContent = title;
    },
  };
}

/**
 * A bar for every period of the request, also of those without a mosaic.
 * @param {Report} report
 * @param {Change} change
 */
function coverage(report, change) {
  const rows = report.periods.map((period) => {
    const used = Object.values(period.scenes).filter((scene) => scene.used).length;
    const found = Object.keys(period.scenes).length + Object.keys(period.dropped).length;
    const bar = element("progress", { max: 100, value: period.clear_percent, "aria-label": `Clear pixels of ${period.label}` });
    const button = element("button", { type: "button", onclick: () => change({ period: period.label }) }, period.label);
    const cells = period.empty
      ? [element("td", { colspan: 4, class: "empty" }, period.empty)]
      : [
          element("td", { class: "bar" }, bar),
          element("td", {}, `${percent(period.clear_percent)} %`),
          element("td", {}, period.mean_count.toFixed(1)),
          element("td", {}, `${used} of ${found}`),
        ];
    return { period, row: element("tr", {}, element("th", { scope: "row" }, period.empty ? period.label : button), ...cells) };
  });
  const heads = [capitalised(report.noun), "Clear pixels", "", "Count", "Scenes"].map((text) => element("th", { scope: "col" }, text));
  heads[1]?.setAttribute("colspan", "2");
  heads.splice(2, 1);
  return {
    box: element(
      "section",
      { class: "card", "aria-label": "Coverage" },
      element("h2", {}, "Coverage"),
      element("div", { class: "scroll" }, element("table", { id: "coverage" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows.map(({ row }) => row)))),
    ),
    update: (/** @type {State} */ state) =>
      rows.forEach(({ period, row }) => {
        const current = period.label === state.period || (state.compare && period.label === state.other);
        row.classList.toggle("current", current);
        row.querySelector("button")?.setAttribute("aria-pressed", String(current));
      }),
  };
}

/** @param {Period[]} periods */
function periodDetails(periods) {
  const box = element("section", { class: "card", id: "scenes", "aria-label": "Scenes" });
  let drawn = "";
  return {
    box,
    update: (/** @type {State} */ state) => {
      const labels = [state.period, ...(state.compare && state.other !== state.period ? [state.other] : [])];
      if (drawn !== labels.join()) {
        drawn = labels.join();
        box.replaceChildren(...periods.filter((period) => labels.includes(period.label)).flatMap(details));
      }
    },
  };
}

/**
 * @param {Report} report
 * @param {() => void} fit
 */
function footer(report, fit) {
  const keys = [
    ["1 to 9", "picture"],
    [", .", "period before, after"],
    ["c", "compare"],
    ["0", "all of the area"],
    ["← → on the border", "move it"],
    ["arrows, + − on the map", "move and zoom it"],
  ];
  return element(
    "footer",
    {},
    element("button", { type: "button", onclick: fit }, "Show all of the area"),
    element("details", {}, element("summary", {}, "Keys"), element("dl", { class: "facts" }, ...keys.flatMap(([key = "", what = ""]) => [element("dt", {}, key), element("dd", {}, what)]))),
    element("p", {}, report.software ? `Made by ${report.software}` : ""),
  );
}

/** @param {number} value */
function percent(value) {
  // 99.98 is not all
  return value > 99.9 && value < 100 ? value.toFixed(2) : value.toFixed(1);
}

/** @param {string} text */
function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
