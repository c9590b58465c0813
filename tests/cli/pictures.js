// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures for README: parts of a page of lull report, light and dark, and what a terminal shows.
//
//   node tests/cli/pictures.js page PAGE DIRECTORY NAME SELECTOR [SELECTOR]
//     DIRECTORY/NAME-light.webp and NAME-dark.webp, from the first element to the end of the last
//   node tests/cli/pictures.js terminal TEXT SVG
//     text with colours, as --color always prints it
"use strict";
const fs = require("fs");
const { browse } = require("./chromium.js");

const WIDTH = 860, QUALITY = 82, MARGIN = 16;

function page(file, directory, name, first, last = first) {
  return browse(async (browser) => {
    await browser.open(file);
    await browser.size(WIDTH);
    for (const scheme of ["light", "dark"]) {
      await browser.scheme(scheme);
      const clip = await browser.run((from, to, margin) => {
        const a = document.querySelector(from).getBoundingClientRect();
        const b = document.querySelector(to).getBoundingClientRect();
        const y = Math.max(a.top + scrollY - margin, 0);
        return { x: 0, y, width: innerWidth, height: b.bottom + scrollY + 2 - y };
      }, first, last, MARGIN);
      await browser.shot(`${directory}/${name}-${scheme}.webp`, clip, "webp", QUALITY);
    }
  });
}

// ---- a terminal: runs of one style that stand at their column, so that any font will do

const COLUMN = 8.2, LINE = 18, LEFT = 16, TOP = 28;
const COLOURS = ["#484f58", "#ff8a80", "#41b16e", "#e6ce78", "#4fb0e8", "#e048b8", "#7acaea", "#e6edf3"];

function style(before, codes) {
  const now = { ...before };
  for (const code of codes.split(";").map(Number)) {
    if (code === 0) { now.bold = now.dim = false; now.colour = null; }
    else if (code === 1) now.bold = true;
    else if (code === 2) now.dim = true;
    else if (code === 22) now.bold = now.dim = false;
    else if (code >= 30 && code <= 37) now.colour = COLOURS[code - 30];
    else if (code >= 90 && code <= 97) now.colour = COLOURS[code - 90];
    else if (code === 39) now.colour = null;
  }
  return now;
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function attributes(now) {
  const fill = now.colour || (now.dim ? "#9aa4af" : null);
  return (now.bold ? ' font-weight="700"' : "") + (fill ? ` fill="${fill}"` : "");
}

function terminal(from, to) {
  const lines = fs.readFileSync(from, "utf8").replace(/\n+$/, "").split("\n");
  let now = { bold: false, dim: false, colour: null }, columns = 0;
  const rows = lines.map((line, row) => {
    let at = 0, out = "";
    for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
      const code = /^\x1b\[([0-9;]*)m$/.exec(part);
      if (code) { now = style(now, code[1] || "0"); continue; }
      for (const run of part.match(/ {2,}|(?:[^ ]| (?! ))+| $/g) || []) {
        const n = [...run].length;
        if (run.trim())
          out += `<tspan x="${(LEFT + at * COLUMN).toFixed(1)}" textLength="${(n * COLUMN).toFixed(1)}" ` +
            `lengthAdjust="spacingAndGlyphs"${attributes(now)}>${escaped(run)}</tspan>`;
        at += n;
      }
    }
    columns = Math.max(columns, at);
    return out && `<text y="${TOP + row * LINE}" xml:space="preserve">${out}</text>\n`;
  });
  const width = Math.ceil(2 * LEFT + columns * COLUMN), height = TOP + lines.length * LINE;
  fs.writeFileSync(to, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="13.5" ` +
    `fill="#e6edf3">\n<rect width="100%" height="100%" rx="10" fill="#0f1318"/>\n${rows.join("")}</svg>\n`);
}

const [kind, ...rest] = process.argv.slice(2);
if (kind === "terminal") terminal(...rest);
else page(...rest).catch((error) => { console.error(error.message); process.exitCode = 1; });
