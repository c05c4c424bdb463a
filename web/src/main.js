// The page: state in, map and panel out.

import { byId, element } from "./dom.js";
import { MosaicMap } from "./map.js";
import { buildPanel } from "./panel.js";
import { choosePictures } from "./pictures.js";
import { readReport, shownPeriods } from "./report.js";
import { formatState, parseState } from "./state.js";
import { movable } from "./swipe.js";

const report = readReport();
const periods = shownPeriods(report);
const labels = periods.map((period) => period.label);
const choice = choosePictures(report);
const drawable = choice.pictures.filter((picture) => !picture.missing).map((picture) => picture.key);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let address;
let state = parseState(location.hash, labels, drawable);

document.title = [report.title, state.period].filter(Boolean).join(", ");
const map = openMap();
const updatePanel = buildPanel(report, choice.pictures, change, () => map?.fit());
const border = byId("swipe");
movable(border, () => state.swipe, (swipe) => change({ swipe }));
addEventListener("keydown", shortcut);
addEventListener("hashchange", () => change(parseState(location.hash, labels, drawable)));
show();

/** The map; none where there is nothing to show, or no server to read from. */
function openMap() {
  if (periods.length === 0) {
    trouble(`No ${report.noun} of this catalog has a mosaic.`);
  } else if (location.protocol === "file:") {
    const folder = decodeURIComponent(location.pathname).replace(/[^/]*$/, "");
    trouble("Opened as a file, this page can't read the mosaics: browsers give it no parts of files. Serve the folder with", `cloudless-mosaic view ${quoted(folder)}`);
  } else {
    try {
      return new MosaicMap(byId("map"), report, choice, (reason) =>
        trouble(`A mosaic can't be read: ${reason}. It takes a server that answers range requests, such as`, "cloudless-mosaic view DIR"),
      );
    } catch (error) {
      trouble(`This browser can't draw the mosaics: ${error instanceof Error ? error.message : error}`);
    }
  }
  return undefined;
}

/** @param {Partial<import("./state.js").State>} difference */
function change(difference) {
  state = { ...state, ...difference };
  clearTimeout(address);
  // browsers refuse hundreds of addresses within seconds, as a drag would give
  address = setTimeout(() => history.replaceState(null, "", formatState(state)), 200);
  show();
}

function show() {
  map?.show(state, periods);
  updatePanel(state);
  const two = state.compare && map !== undefined;
  border.hidden = !two;
  border.style.left = `${state.swipe}%`;
  border.setAttribute("aria-valuenow", String(Math.round(state.swipe)));
  border.setAttribute("aria-valuetext", `${state.period} left of ${Math.round(state.swipe)} percent, ${state.other} right`);
  byId("badge-left").textContent = map ? state.period : "";
  byId("badge-right").textContent = state.other;
  byId("badge-right").hidden = !two;
}

/** @param {KeyboardEvent} event */
function shortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const at = labels.indexOf(state.period);
  const picture = choice.pictures[Number(event.key) - 1];
  if (picture && !picture.missing) {
    change({ picture: picture.key });
  } else if (event.key === "," && at > 0) {
    change({ period: labels[at - 1] ?? state.period });
  } else if (event.key === "." && at < labels.length - 1) {
    change({ period: labels[at + 1] ?? state.period });
  } else if (event.key === "c" && labels.length > 1) {
    change({ compare: !state.compare });
  } else if (event.key === "0") {
    map?.fit();
  }
}

/**
 * Says in place of the map why there is none.
 * @param {string} text
 * @param {string} command
 */
function trouble(text, command = "") {
  const box = byId("trouble");
  box.replaceChildren(element("p", {}, text), ...(command ? [element("pre", {}, command)] : []));
  box.hidden = false;
}

/** @param {string} path */
function quoted(path) {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'"'"'`)}'`;
}
