// The border between two periods: dragged with a pointer, or moved with the arrow keys.

const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 });
const ENDS = /** @type {Record<string, number>} */ ({ Home: 0, End: 100 });

/**
 * Makes the border movable.
 * @param {HTMLElement} border
 * @param {() => number} current Percent of the width.
 * @param {(percent: number) => void} move
 */
export function movable(border, current, move) {
  const area = /** @type {HTMLElement} */ (border.parentElement);
  border.addEventListener("keydown", (event) => {
    const next = ENDS[event.key] ?? (event.key in STEPS ? current() + (STEPS[event.key] ?? 0) : undefined);
    if (next !== undefined) {
      event.preventDefault();
      move(clamp(next));
    }
  });
  border.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    border.focus();
    border.setPointerCapture(event.pointerId);
  });
  border.addEventListener("pointermove", (event) => {
    if (border.hasPointerCapture(event.pointerId)) {
      const box = area.getBoundingClientRect();
      move(clamp(((event.clientX - box.left) / box.width) * 100));
    }
  });
}

/** @param {number} percent */
function clamp(percent) {
  return Math.min(100, Math.max(0, percent));
}
