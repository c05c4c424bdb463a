// What is known of a period: scenes used and left out, losses, notes, files.

import { element } from "./dom.js";
import { scenesOf, takenOut } from "./report.js";

/** @import { Period } from "./report.js" */

/**
 * @param {Period} period
 * @returns {(Node | string)[]}
 */
export function details(period) {
  const { used, unused, dropped } = scenesOf(period);
  return [
    element("h2", {}, `Scenes of ${period.label}`),
    element("p", { class: "subtitle" }, takenOut(period.masked)),
    list(
      `Used (${used.length})`,
      used.map(([id, scene]) => entry(id, facts(when(scene.datetime), takenOut(scene.masked), `offset ${scene.offset}${scene.reason ? `: ${scene.reason}` : ""}`))),
      true,
    ),
    list(
      `Read, nowhere clear (${unused.length})`,
      unused.map(([id, scene]) => entry(id, facts(when(scene.datetime), takenOut(scene.masked)))),
    ),
    list(
      `Left out (${dropped.length})`,
      dropped.map(([id, reason]) => entry(id, reason)),
      true,
    ),
    list(
      `Lost (${period.lost.length} of ${period.observations} observations)`,
      period.lost.map((loss) => entry(loss.scene, `block ${loss.block}: ${loss.reason}`)),
      true,
    ),
    list("Pixels without a clear observation", shares(period.holes), true),
    list("Filled pixels", shares(period.filled), true),
    list(
      `Notes (${period.notes.length})`,
      period.notes.map((note) => entry(note.scene, note.note, note.warning)),
      true,
    ),
    list(
      `Files (${period.files.length})`,
      period.files.map((file) => files(file, period.label)),
    ),
  ];
}

/**
 * Entries of the shares that are not zero.
 * @param {Record<string, number>} percents
 */
function shares(percents) {
  return Object.entries(percents).filter(([, share]) => share > 0).map(([name, share]) => entry(name, `${share.toFixed(share < 0.1 ? 3 : 1)} %`));
}

/**
 * A list that folds; nothing where it's empty.
 * @param {string} title
 * @param {Node[]} entries
 * @param {boolean} open
 */
function list(title, entries, open = false) {
  return entries.length ? element("details", { open }, element("summary", {}, title), element("ul", { class: "entries" }, ...entries)) : "";
}

/**
 * @param {string} id
 * @param {string} text
 * @param {boolean} warning
 */
function entry(id, text, warning = false) {
  return element("li", { class: warning ? "warning" : "" }, element("code", {}, id), element("span", {}, text));
}

/**
 * @param {import("./report.js").Files} file
 * @param {string} label
 */
function files(file, label) {
  const links = [
    [file.mosaic, "reflectance"],
    [file.count, "count"],
    ...Object.entries(file.layers).map(([key, address]) => [address, key]),
    [file.item, "STAC item"],
  ].flatMap(([address, name]) => (address ? [element("a", { href: address }, name ?? ""), " "] : []));
  return element("li", {}, element("code", {}, file.tile || label), element("span", {}, ...links));
}

/** @param {string[]} known */
function facts(...known) {
  return known.filter(Boolean).join("; ");
}

/** @param {string} datetime */
function when(datetime) {
  return `${datetime.slice(0, 10)} ${datetime.slice(11, 16)} UTC`;
}
