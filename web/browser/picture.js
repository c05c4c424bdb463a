// Takes the picture of the page for the documentation: node browser/picture.js ADDRESS TARGET

import { View, launch } from "./chromium.js";

const [, , address = "", target = ""] = process.argv;
const browser = await launch();
const view = await View.open(browser, address, { width: 1120, height: 680 });
await view.drawn();
await view.page.screenshot({ path: target });
await browser.close();
