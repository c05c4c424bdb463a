// The page in Chromium. DEMO and TILED are addresses of pages with range requests, DEMO_FILE is the page as a file.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { fromUrl } from "geotiff";
import { View, difference, launch } from "./chromium.js";

const DEMO = process.env["DEMO"] ?? "";
const TILED = process.env["TILED"] ?? "";
const DEMO_FILE = process.env["DEMO_FILE"] ?? "";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * Looks at a page, which has to keep quiet and to itself.
 * @param {string} url
 * @param {(view: View) => Promise<void>} look
 * @param {Parameters<typeof View.open>[2]} [options]
 */
async function looking(url, look, options) {
  const view = await View.open(browser, url, options);
  try {
    await look(view);
    assert.deepEqual(view.said, []);
    const hosts = new Set(view.answers.map((answer) => new URL(answer.url).host).filter(Boolean));
    assert.deepEqual([...hosts], [new URL(url).host]);
  } finally {
    await view.close();
  }
}

test("the mosaics are read by range requests and drawn", () =>
  looking(DEMO, async (view) => {
    const colours = view.colours(await view.drawn());
    assert.ok(new Set(colours).size > 500);
    const files = view.answers.filter((answer) => answer.url.includes(".tif"));
    assert.ok(files.length > 0 && files.every((answer) => answer.status === 206));
    assert.ok(files.every((answer) => answer.url.endsWith("2020-10.tif")), "no file is read before it is shown");
    assert.match(await view.page.locator("#legend").innerText(), /no blue band: blue is estimated/);
    assert.match(await view.page.locator("#scenes").innerText(), /cloud cover 32.9 % is above 25 %/);
    assert.match(await view.page.locator(".ol-scale-line").innerText(), /\d+ k?m/);
    await view.page.locator("#map").hover({ position: { x: 440, y: 400 } });
    assert.match(await view.page.locator(".ol-mouse-position").innerText(), /E 566\d{3} {2}N 527\d{4} {3}47\.6\d+° N {2}122\.1\d+° W/);
  }));

test("the slider changes the period, by keys and by the pointer", () =>
  looking(DEMO, async (view) => {
    const october = view.colours(await view.drawn());
    const slider = view.page.locator("#period");
    await slider.focus();
    await slider.press("ArrowRight");
    assert.equal(await view.page.locator("#badge-left").innerText(), "2020-11");
    assert.equal(await slider.getAttribute("aria-valuetext"), "2020-11");
    assert.match(await view.page.locator("#scenes").innerText(), /Scenes of 2020-11/);
    await view.page.waitForURL(/#period=2020-11/);
    const november = view.colours(await view.drawn());
    assert.ok(difference(october, november) > 0.5);
    await view.page.getByRole("button", { name: "2020-12" }).click();
    const december = view.colours(await view.drawn());
    assert.ok(difference(november, december) > 0.5);
    assert.equal(await slider.inputValue(), "2");
    await view.page.keyboard.press(",");
    await view.page.keyboard.press(",");
    assert.equal(difference(october, view.colours(await view.drawn())), 0);
  }));

test("every picture has its legend, and shows no colour that isn't in it", () =>
  looking(DEMO, async (view) => {
    const pictures = new Map();
    for (const [key, title] of [["1", /True colour/], ["2", /False colour/], ["3", /NDVI/], ["4", /Clear observations/]]) {
      await view.page.keyboard.press(String(key));
      assert.match(await view.page.locator("#legend h2").innerText(), /** @type {RegExp} */ (title));
      pictures.set(key, view.colours(await view.drawn()));
    }
    for (const one of pictures.keys()) {
      for (const other of pictures.keys()) {
        assert.ok(one === other || difference(pictures.get(one), pictures.get(other)) > 0.9);
      }
    }
    const swatches = await view.page.locator(".classes i").evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor.replaceAll(",", "")));
    assert.ok(swatches.length >= 4);
    assert.deepEqual(pictures.get("4").filter((/** @type {string} */ colour) => !swatches.includes(colour)), []);
    await view.page.getByRole("radio", { name: "False colour" }).check();
    assert.equal(difference(pictures.get("2"), view.colours(await view.drawn())), 0);
    await view.page.locator("input[max='4']").fill("3");
    assert.ok(difference(pictures.get("2"), view.colours(await view.drawn())) > 0.9);
  }));

test("layers and indices are drawn in the colours of their legends", () =>
  looking(TILED, async (view) => {
    for (const [name, title] of [["Date", /Date\n10-\d\d/], ["Index NDVI", /Vegetation Index\n−1.0/], ["Source", /S2A_MSIL2A_\w+, 2020-10-03/]]) {
      await view.page.getByRole("radio", { name: String(name) }).check();
      assert.match(await view.page.locator("#legend").innerText(), /** @type {RegExp} */ (title));
      await view.drawn();
    }
    const swatches = await view.page.locator("#legend .meanings i").evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor.replaceAll(",", "")));
    assert.ok(swatches.length >= 4);
    const colours = view.colours(await view.drawn());
    assert.ok(new Set(colours).size > 2);
    // the edges of the tiles, and what is beside the mosaic, have none
    assert.ok(colours.filter((colour) => swatches.includes(colour)).length > 0.95 * colours.length);
    assert.match((await view.page.locator("#scenes").textContent()) ?? "", /Files.*source/);
    await view.page.waitForURL(/picture=layer-source/);
  }));

test("what is drawn is the picture file, in its place", () =>
  looking(`${DEMO}#picture=false`, async (view) => {
    // of nir, red and green, the file has them in this order, with the same stretch
    const file = await fromUrl(new URL("monthly-mosaic-2020-10/monthly-mosaic-2020-10-visual.tif", DEMO).href);
    const image = await file.getImage();
    const [columns, rows] = [image.getWidth(), image.getHeight()];
    const planes = /** @type {import("geotiff").TypedArray[]} */ (/** @type {unknown} */ (await image.readRasters()));
    const map = /** @type {{ width: number, height: number }} */ (await view.page.locator("#map").boundingBox());
    const scale = Math.min((map.width - 48) / columns, (map.height - 48) / rows);
    const picture = await view.drawn();
    let [compared, wrong] = [0, 0];
    picture.rows.forEach((row, y) =>
      row.forEach((colour, x) => {
        const column = (Math.floor((x / 100) * map.width) + 0.5 - map.width / 2) / scale + columns / 2;
        const line = (Math.floor((y / 100) * map.height) + 0.5 - map.height / 2) / scale + rows / 2;
        const at = Math.floor(line) * columns + Math.floor(column);
        const inside = column >= 0 && column < columns && line >= 0 && line < rows;
        // within a quarter of a pixel from its edge, rounding decides whose it is
        const middle = Math.abs((column % 1) - 0.5) < 0.25 && Math.abs((line % 1) - 0.5) < 0.25;
        const covered = y < 8 || y > 90; // by labels and the scale bar
        if (inside && middle && !covered && planes[0]?.[at]) {
          const expected = planes.map((plane) => plane[at] ?? 0);
          const seen = (colour.match(/\d+/g) ?? []).map(Number);
          compared++;
          wrong += Number(expected.some((value, i) => Math.abs(value - (seen[i] ?? 0)) > 2));
        }
      }),
    );
    assert.ok(compared > 1000);
    assert.equal(wrong, 0);
  }));

test("two periods meet at the border, which keys and the pointer move", () =>
  looking(`${DEMO}#period=2020-10`, async (view) => {
    const [left, right] = /** @type {[number, number][]} */ ([[25, 45], [55, 75]]);
    const first = await view.drawn();
    await view.page.keyboard.press(".");
    await view.page.keyboard.press(".");
    const last = await view.drawn();
    await view.page.keyboard.press(",");
    await view.page.keyboard.press(",");
    await view.page.keyboard.press("c");
    const half = await view.drawn();
    assert.deepEqual(await view.page.locator(".badge").allInnerTexts(), ["2020-10", "2020-12"]);
    assert.equal(difference(view.colours(half, left), view.colours(first, left)), 0);
    assert.equal(difference(view.colours(half, right), view.colours(last, right)), 0);
    assert.ok(difference(view.colours(first, right), view.colours(last, right)) > 0.5);
    const border = view.page.locator("#swipe");
    await border.focus();
    await border.press("End");
    assert.equal(await border.getAttribute("aria-valuenow"), "100");
    assert.equal(difference(view.colours(await view.drawn()), view.colours(first)), 0);
    await border.press("Home");
    await border.press("PageUp");
    await border.press("ArrowRight");
    assert.equal(await border.getAttribute("aria-valuenow"), "12");
    assert.equal(difference(view.colours(await view.drawn()), view.colours(last)), 0);
    const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (await border.boundingBox());
    await view.page.mouse.move(box.x + box.width / 2, box.y + 300);
    await view.page.mouse.down();
    await view.page.mouse.move(440, box.y + 310, { steps: 4 });
    await view.page.mouse.up();
    assert.equal(await border.getAttribute("aria-valuenow"), "50");
    assert.ok(difference(view.colours(await view.drawn()), view.colours(half)) < 0.02, "but for the border itself");
    await view.page.locator("#other").press("ArrowLeft");
    assert.deepEqual(await view.page.locator(".badge").allInnerTexts(), ["2020-10", "2020-11"]);
    await view.page.waitForURL(/other=2020-11/);
    const address = view.page.url();
    const seen = await view.drawn();
    await view.page.goto("about:blank");
    await view.page.goto(address);
    assert.equal(difference(view.colours(await view.drawn()), view.colours(seen)), 0, "an address brings the view back");
  }));

test("the map is moved by keys", () =>
  looking(DEMO, async (view) => {
    const whole = view.colours(await view.drawn());
    await view.page.locator("#map").press("+");
    await view.page.locator("#map").press("ArrowLeft");
    assert.ok(difference(whole, view.colours(await view.drawn())) > 0.5);
    await view.page.keyboard.press("0");
    assert.equal(difference(whole, view.colours(await view.drawn())), 0);
  }));

for (const dark of [false, true]) {
  for (const [width, height] of /** @type {[number, number][]} */ ([[1280, 800], dark ? [390, 844] : [320, 568]])) {
    test(`nothing overlaps or is pale at ${width} x ${height}, ${dark ? "dark" : "light"}`, () =>
      looking(
        `${DEMO}#picture=ndvi&other=2020-12`,
        async (view) => {
          const map = await view.drawn();
          assert.ok(map.height >= 0.5 * height);
          assert.ok(new Set(view.colours(map)).size > 100);
          assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page scrolls to the side");
          const over = await view.page.evaluate(() => {
            const on = (/** @type {string} */ selector) => [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
            const boxes = on(".badge, .ol-zoom, .ol-scale-line");
            return boxes.filter((a, i) => boxes.some((b, j) => i !== j && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
          });
          assert.equal(over, 0);
          assert.deepEqual(await view.page.evaluate(paleTexts), []);
        },
        { width, height, dark },
      ));
  }
}

/** Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG AA); runs in the page. */
function paleTexts() {
  const channels = (/** @type {string} */ colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (/** @type {number[]} */ colour) => {
    const [r = 0, g = 0, b = 0] = colour.slice(0, 3).map((one) => (one / 255 <= 0.03928 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (/** @type {Element | null} */ one) => {
    for (; one; one = one.parentElement) {
      const colour = channels(getComputedStyle(one).backgroundColor);
      if (colour.length === 3) {
        return colour;
      }
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("#panel *, .badge, .ol-scale-line-inner")].filter(
    (one) => [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim()) && one.checkVisibility(),
  );
  return texts.flatMap((one) => {
    const [a = 0, b = 0] = [luminance(channels(getComputedStyle(one).color)), luminance(behind(one))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05) < 4.5 ? [one.textContent] : [];
  });
}

test("all tiles of a period are shown as one, compressed by ZSTD", () =>
  looking(TILED, async (view) => {
    const map = await view.drawn();
    const tiles = new Set(view.answers.filter((answer) => answer.url.endsWith(".tif")).map((answer) => answer.url));
    assert.ok(tiles.size >= 4);
    const empty = view.colours(map).filter((colour) => ["rgb(223 228 227)", "rgb(207 214 212)"].includes(colour));
    assert.ok(empty.length < 0.01 * view.colours(map).length, "tiles are missing in the middle of the map");
    assert.doesNotMatch(await view.page.locator("#legend").innerText(), /estimated/);
    assert.match(await view.page.locator("#coverage").innerText(), /2021-01\s+the search found no scene/);
  }));

test("what catalogs say is text and nothing else", () =>
  looking(TILED, async (view) => {
    assert.match(await view.page.locator("#scenes").innerText(), /<img src=x onerror="document.title='owned'">/);
    assert.equal(await view.page.locator("#panel img, #panel script, #panel iframe").count(), 0);
    assert.match(await view.page.title(), /^<img src=x/);
  }));

test("scripts that somebody else puts into the page don't run", async () => {
  const view = await View.open(browser, DEMO);
  await view.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'owned'";
    document.body.append(script);
  });
  assert.notEqual(await view.page.title(), "owned");
  assert.match(view.said.join(), /Content Security Policy/);
  await view.close();
});

test("as a file, the page says which command shows it", async () => {
  const view = await View.open(browser, pathToFileURL(DEMO_FILE).href);
  assert.match(await view.page.locator("#trouble").innerText(), new RegExp(`cloudless-mosaic view ${dirname(DEMO_FILE)}`));
  assert.match(await view.page.locator("#scenes").innerText(), /Scenes of 2020-10/);
  assert.deepEqual(view.said, []);
  await view.close();
});

test("a server without range requests is named as the reason", async () => {
  const server = createServer(async (request, answer) => {
    answer.end(await readFile(join(dirname(DEMO_FILE), new URL(request.url ?? "/", "http://localhost").pathname)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const view = await View.open(browser, `http://127.0.0.1:${port}/report.html`);
  await view.page.locator("#trouble").waitFor();
  assert.match(await view.page.locator("#trouble").innerText(), /range requests.*cloudless-mosaic view/s);
  await view.close();
  server.closeAllConnections();
  server.close();
});
