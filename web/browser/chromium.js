// A Chromium to look at the page with, and what is seen in it.

import { chromium } from "playwright-core";

const FLAGS = [
  "--disable-background-networking",
  "--disable-quic",
  "--enable-unsafe-swiftshader",
  "--no-first-run",
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--use-gl=angle",
];

/** @import { Browser, Page } from "playwright-core" */
/** @typedef {{ height: number, rows: string[][] }} Picture Colours along a grid, a hundredth of the width and of the height apart. */

export function launch() {
  return chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
}

/** One page, and all that it said and asked for. */
export class View {
  /**
   * @param {Page} page
   * @param {Page} lab An empty page, which decodes pictures.
   */
  constructor(page, lab) {
    this.page = page;
    this.lab = lab;
    /** @type {string[]} */
    this.said = [];
    /** @type {{ url: string, status: number }[]} */
    this.answers = [];
    this.waiting = 0;
    page.on("request", () => this.waiting++);
    page.on("requestfinished", () => this.waiting--);
    page.on("console", (message) => this.said.push(message.text()));
    page.on("pageerror", (error) => this.said.push(error.message));
    page.on("response", (answer) => this.answers.push({ url: answer.url(), status: answer.status() }));
    page.on("requestfailed", (request) => {
      this.waiting--;
      this.said.push(`${request.url()} ${request.failure()?.errorText}`);
    });
  }

  /**
   * @param {Browser} browser
   * @param {string} url
   * @param {{ width?: number, height?: number, dark?: boolean }} [options]
   */
  static async open(browser, url, { width = 1280, height = 800, dark = false } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
    const view = new View(await context.newPage(), await context.newPage());
    await view.page.bringToFront();
    await view.page.goto(url);
    return view;
  }

  close() {
    return this.page.context().close();
  }

  /**
   * The map once it stands still and shows something.
   * @returns {Promise<Picture>}
   */
  async drawn() {
    const deadline = Date.now() + 60_000;
    let before = "";
    while (Date.now() < deadline) {
      const quiet = this.waiting === 0;
      const shot = (await this.page.locator("#view").screenshot()).toString("base64");
      if (quiet && shot === before) {
        const picture = await this.#sampled(shot);
        if (new Set(this.colours(picture)).size > 2) {
          return picture;
        }
      }
      before = shot;
    }
    throw new Error("the map shows nothing, or doesn't stand still");
  }

  /**
   * Colours of the middle of a picture.
   * @param {Picture} picture
   * @param {[number, number]} [across] From and to, percent of the width.
   */
  colours({ rows }, [from, to] = [25, 75]) {
    return rows.slice(15, 86).flatMap((row) => row.slice(from, to));
  }

  /**
   * @param {string} shot
   * @returns {Promise<Picture>}
   */
  #sampled(shot) {
    return this.lab.evaluate(async (encoded) => {
      const answer = await fetch(`data:image/png;base64,${encoded}`);
      const { width, height, data } = await createImageBitmap(await answer.blob()).then((bitmap) => {
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d"));
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height);
      });
      const steps = Array.from({ length: 100 }, (_, step) => step / 100);
      const colour = (/** @type {number} */ row, /** @type {number} */ column) => {
        const at = 4 * (Math.floor(row * height) * width + Math.floor(column * width));
        return `rgb(${data.slice(at, at + 3).join(" ")})`;
      };
      return { height, rows: steps.map((row) => steps.map((column) => colour(row, column))) };
    }, shot);
  }
}

/**
 * Share of places where two rows of colours differ.
 * @param {string[]} one
 * @param {string[]} other
 */
export function difference(one, other) {
  return one.filter((colour, i) => colour !== other[i]).length / one.length;
}
