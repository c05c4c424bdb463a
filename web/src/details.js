// What is known of a month: scenes used and left out, losses, notes, files.

import { element } from "./dom.js";
import { scenesOf } from "./report.js";

/** @import { Month } from "./report.js" */

/**
 * @param {Month} month
 * @returns {(Node | string)[]}
 */
export function details(month) {
  const { used, unused, dropped } = scenesOf(month);
  return [
    element("h2", {}, `Scenes of ${month.label}`),
    list(
      `Used (${used.length})`,
      used.map(([id, scene]) => entry(id, `${when(scene.datetime)}; offset ${scene.offset}${scene.reason ? `: ${scene.reason}` : ""}`)),
      true,
    ),
    list(
      `Read, nowhere clear (${unused.length})`,
      unused.map(([id, scene]) => entry(id, when(scene.datetime))),
    ),
    list(
      `Left out (${dropped.length})`,
      dropped.map(([id, reason]) => entry(id, reason)),
      true,
    ),
    list(
      `Lost (${month.lost.length} of ${month.observations} observations)`,
      month.lost.map((loss) => entry(loss.scene, `block ${loss.block}: ${loss.reason}`)),
      true,
    ),
    list(
      `Notes (${month.notes.length})`,
      month.notes.map((note) => entry(note.scene, note.note, note.warning)),
      true,
    ),
    list(
      `Files (${month.files.length})`,
      month.files.map((file) => files(file, month.label)),
    ),
  ];
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
    [file.item, "STAC item"],
  ].flatMap(([address, name]) => (address ? [element("a", { href: address }, name ?? ""), " "] : []));
  return element("li", {}, element("code", {}, file.tile || label), element("span", {}, ...links));
}

/** @param {string} datetime */
function when(datetime) {
  return `${datetime.slice(0, 10)} ${datetime.slice(11, 16)} UTC`;
}
