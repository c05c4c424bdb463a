// What the page is told: the data that the program has put into it.

/**
 * @typedef {{ name: string, id: string, white: number }} Band
 * @typedef {{ pixels: number, by_classes: number, by_dates: number }} Masked
 * @typedef {{ tile: string, mosaic: string, count: string, item: string, bbox: [number, number, number, number], layers: Record<string, string> }} Files
 * @typedef {{ value: number, text: string, colour: string }} Class
 * @typedef {{ key: string, name: string, title: string, nodata: number | null, low: number, high: number, colormap: string, classes: Class[] }} Layer
 * @typedef {{ datetime: string, used: boolean, offset: number, reason: string, masked: Masked }} Scene
 * @typedef {{ scene: string, block: string, reason: string }} Loss
 * @typedef {{ scene: string, note: string, warning: boolean }} Note
 * @typedef {{
 *   label: string, start: string, end: string, empty: string,
 *   clear_percent: number, holes: Record<string, number>, filled: Record<string, number>, mean_count: number, observations: number, masked: Masked,
 *   files: Files[], scenes: Record<string, Scene>, dropped: Record<string, string>,
 *   lost: Loss[], notes: Note[], classes: Record<string, Class[]>,
 *   ranges: Record<string, [number, number]>,
 * }} Period
 * @typedef {{
 *   title: string, software: string, parameters: Record<string, unknown>, gamma: number,
 *   projection: { code: string, name: string, units: "m" | "degrees" }, resolution: number,
 *   noun: string, bands: Band[], layers: Layer[], periods: Period[],
 * }} Report
 */

/**
 * The data in the page.
 * @returns {Report}
 */
export function readReport() {
  return JSON.parse(document.getElementById("report")?.textContent ?? "{}");
}

/**
 * Periods that have mosaics, in their order.
 * @param {Report} report
 */
export function shownPeriods(report) {
  return report.periods.filter((period) => period.files.length > 0);
}

/**
 * Ids of scenes by what became of them.
 * @param {Period} period
 */
export function scenesOf(period) {
  const scenes = Object.entries(period.scenes).sort(([, a], [, b]) => a.datetime.localeCompare(b.datetime));
  return {
    used: scenes.filter(([, scene]) => scene.used),
    unused: scenes.filter(([, scene]) => !scene.used),
    dropped: Object.entries(period.dropped),
  };
}

/**
 * What each step of a mask took out; empty where nothing is known of it.
 * @param {Masked} masked
 */
export function takenOut(masked) {
  const share = (/** @type {number} */ pixels) => `${((100 * pixels) / masked.pixels).toFixed(1)} %`;
  return masked.pixels ? `masked ${share(masked.by_classes)} by classes, ${share(masked.by_dates)} by comparing dates` : "";
}

/**
 * The most clear observations that a pixel can have: overpasses of the period with the most of them.
 * @param {Report} report
 */
export function mostObservations(report) {
  const overpasses = report.periods.map((period) => new Set(Object.values(period.scenes).map((scene) => scene.datetime.slice(0, 16))).size);
  return Math.max(1, ...overpasses);
}

/**
 * The rectangle around all mosaics: left, bottom, right, top.
 * @param {Report} report
 * @returns {[number, number, number, number]}
 */
export function fullExtent(report) {
  const boxes = report.periods.flatMap((period) => period.files.map((file) => file.bbox));
  return [
    Math.min(...boxes.map((box) => box[0])),
    Math.min(...boxes.map((box) => box[1])),
    Math.max(...boxes.map((box) => box[2])),
    Math.max(...boxes.map((box) => box[3])),
  ];
}
