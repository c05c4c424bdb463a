// The choices of the user, kept in the address so that it can be shared.

/**
 * @typedef {object} State
 * @property {string} period Label of the period that is shown, or shown on the left.
 * @property {string} other Label of the period on the right.
 * @property {boolean} compare True where both are shown.
 * @property {string} picture Key of the picture.
 * @property {number} gain Brightness, 1 is that of the picture files.
 * @property {number} swipe Place of the border, percent of the width.
 */

/**
 * What an address asks for, as far as it makes sense.
 * @param {string} hash
 * @param {string[]} periods Labels, in their order.
 * @param {string[]} pictures Keys.
 * @returns {State}
 */
export function parseState(hash, periods, pictures) {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const one = (/** @type {string} */ name, /** @type {string[]} */ known, /** @type {string} */ fallback) => {
    const value = values.get(name);
    return value !== null && known.includes(value) ? value : fallback;
  };
  const period = one("period", periods, periods[0] ?? "");
  return {
    period,
    other: one("other", periods, periods.at(-1) ?? period),
    compare: periods.length > 1 && values.has("other"),
    picture: one("picture", pictures, pictures[0] ?? ""),
    gain: within(values.get("gain"), 0.5, 4, 1),
    swipe: within(values.get("swipe"), 0, 100, 50),
  };
}

/**
 * The address of a state.
 * @param {State} state
 */
export function formatState(state) {
  const parts = new URLSearchParams({ period: state.period, picture: state.picture });
  if (state.compare) {
    parts.set("other", state.other);
    parts.set("swipe", String(Math.round(state.swipe)));
  }
  if (state.gain !== 1) {
    parts.set("gain", String(state.gain));
  }
  return `#${parts}`;
}

/**
 * @param {string | null} text
 * @param {number} low
 * @param {number} high
 * @param {number} fallback
 */
function within(text, low, high, fallback) {
  const value = Number.parseFloat(text ?? "");
  return value >= low && value <= high ? value : fallback;
}
