// Types commands into a terminal of a code server, as a user does.
//
// CODE_SERVER is its address, COMMANDS a JSON list of command lines, PICTURES a folder for a picture after each.
// Prints a JSON list: the exit code of each command, and what the terminal showed then.

import { join } from "node:path";

import { launch } from "./chromium.js";

const address = process.env["CODE_SERVER"] ?? "http://127.0.0.1:8080";
const pictures = process.env["PICTURES"] ?? ".";
/** @type {string[]} */
const commands = JSON.parse(process.env["COMMANDS"] ?? "[]");
const patience = { timeout: 900_000 };

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(address, patience);
await page.locator(".monaco-workbench .part.statusbar").waitFor(patience);

/** @param {string} name Of a command of the editor, by which its palette finds it. */
async function run(name) {
  await page.keyboard.press("F1");
  const palette = page.locator(".quick-input-widget input");
  await palette.waitFor(patience);
  await palette.fill(`>${name}`);
  await page.locator(".quick-input-list .monaco-list-row").first().waitFor(patience);
  await page.keyboard.press("Enter");
}

await run("Terminal: Create New Terminal");
await page.locator(".xterm-rows").first().waitFor(patience);
await run("View: Toggle Maximized Panel");
const rows = page.locator(".xterm-rows").first();
await page.locator(".xterm-helper-textarea").first().focus();

const outcomes = [];
for (const [number, command] of commands.entries()) {
  await page.keyboard.type(`clear; ${command}; echo "exit:$?:${number}"\n`);
  const end = rows.locator("div").filter({ hasText: new RegExp(`^exit:\\d+:${number}`) }).last();
  await end.waitFor(patience);
  const code = Number((await end.innerText()).split(":")[1]);
  await page.screenshot({ path: join(pictures, `terminal-${number}.png`) });
  const text = (await rows.locator("div").allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
  outcomes.push({ code, text: text.trimEnd() });
}
await browser.close();
console.log(JSON.stringify(outcomes));
