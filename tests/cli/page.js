// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looks at a page of lull report as its reader does: in windows of several widths, light and dark,
// by keyboard and on paper. Prints a line "CHECK: what is wrong" for each fault, and what it
// counted. Pictures of it are left in DIRECTORY.
//
//   node tests/cli/page.js PAGE DIRECTORY
"use strict";
const { browse } = require("./chromium.js");

const WIDTHS = [1280, 1000, 640, 400, 320];
const [page, directory] = process.argv.slice(2);
const faults = new Set();
const fault = (check, what) => faults.add(`${check}: ${what}`.replace(/\s+/g, " "));

// ---- in the page: these are sent to the browser as text, each must be complete

// What does not fit: wider than the window, cut off, over another text of its picture.
function misfits() {
  const found = [], width = window.innerWidth;
  const say = (what, node) => found.push(`${what}: ${node.textContent.trim().slice(0, 60)}`);
  const isScrolled = (node) => node.closest(".scroll, pre") !== null;
  const isSeen = (box) => box.width > 0 && box.height > 0;
  if (document.documentElement.scrollWidth > width) found.push(`${document.documentElement.scrollWidth} px wide`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const owner = node.parentElement;
      if (!isSeen(box) || isScrolled(owner) || owner.closest("title, script")) continue;
      if (box.left < -0.5 || box.right > width + 0.5) say("beyond the window", owner);
    }
  }
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    if (!isSeen(frame)) continue;
    const texts = [...svg.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, a], i) => {
      if (a.left < frame.left - 0.5 || a.right > frame.right + 0.5 || a.top < frame.top - 2 || a.bottom > frame.bottom + 2)
        say("beyond its picture", text);
      for (const [other, b] of texts.slice(i + 1))
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
          say("over " + other.textContent, text);
    });
  }
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth && box.tabIndex !== 0) say("scrolled by mouse only", box);
  }
  for (const node of document.querySelectorAll("dd, dt, p, li, summary, h1, h2, h3, td, th, .cpu"))
    if (node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0 && !isScrolled(node) &&
        getComputedStyle(node).display !== "inline" && !node.querySelector(".scroll, pre"))
      say("cut off", node);
  return found;
}

// Texts whose contrast to what is below them is less than WCAG's AA asks, marks below 3.
function faint() {
  const found = new Map();
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const below = (node) => {
    for (; node; node = node.parentElement) {
      const back = numbers(getComputedStyle(node).backgroundColor);
      if (back.length < 4 || back[3] === 1) return back;
    }
    return [255, 255, 255];
  };
  const judge = (node, color, least) => {
    const ratio = contrast(numbers(color), below(node.parentElement));
    const name = `${node.tagName}.${node.getAttribute("class") || ""} ${color}`;
    if (ratio < least) found.set(name, `${name} has ${ratio.toFixed(2)}, less than ${least}`);
  };
  for (const node of document.querySelectorAll("body *")) {
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    if (!box.width || !box.height || node.tagName === "SCRIPT") continue;
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (hasText && node.tagName === "text") judge(node, style.fill, isLarge ? 3 : 4.5);
    else if (hasText) judge({ tagName: node.tagName, parentElement: node, getAttribute: (a) => node.getAttribute(a) }, style.color, isLarge ? 3 : 4.5);
    const kind = (node.getAttribute("class") || "").split(" ");
    if (node.tagName === "I" && kind.includes("key")) judge(node, style.backgroundColor, 3);
    if (node.tagName === "rect" && kind.some((k) => /^k-|^[ab]$|^hit$/.test(k))) judge(node, style.fill, 3);
    if (node.tagName === "path" && kind.includes("line") && !kind.includes("thin")) judge(node, style.stroke, 3);
  }
  return [...found.values()];
}

// Two colours of different meaning that look alike, to eyes without red, green or blue cones.
function alike() {
  const style = getComputedStyle(document.documentElement);
  const sets = [["a", "b"], ["task", "wake", "irq", "vector", "softirq", "other"], ["hit", "a", "other"]];
  const rgb = (name) => {
    const hex = style.getPropertyValue(name === "hit" ? "--bad" : "--" + name).trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  };
  const times = (m, v) => m.map((row) => row.reduce((sum, x, i) => sum + x * v[i], 0));
  // Machado, Oliveira, Fernandes 2009, severity 1, of linear RGB.
  const eyes = {
    usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
  };
  const oklab = (v) => times([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766]],
    times([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005]], v.map((c) => Math.min(Math.max(c, 0), 1))).map(Math.cbrt));
  const found = [];
  let least = 1;
  for (const [eye, matrix] of Object.entries(eyes))
    for (const set of sets)
      set.forEach((x, i) => set.slice(i + 1).forEach((y) => {
        const a = oklab(times(matrix, rgb(x))), b = oklab(times(matrix, rgb(y)));
        const far = Math.hypot(...a.map((c, k) => c - b[k]));
        least = Math.min(least, far);
        if (far < 0.08) found.push(`${x} and ${y} are ${far.toFixed(3)} apart to ${eye} eyes`);
      }));
  return found;
}

// ---- what is checked

async function looks(browser, state) {
  for (const width of WIDTHS) {
    await browser.size(width);
    (await browser.run(misfits)).forEach((what) => fault("fits", `${width} px${state}: ${what}`));
  }
  for (const scheme of ["dark", "light"]) {
    await browser.scheme(scheme);
    for (const width of state ? [] : [400, 1000]) {
      await browser.size(width);
      await browser.shot(`${directory}/${scheme}-${width}.png`);
    }
    (await browser.run(faint)).forEach((what) => fault("contrast", `${scheme}${state}: ${what}`));
    (await browser.run(alike)).forEach((what) => fault("colours", `${scheme}${state}: ${what}`));
  }
}

// Tab goes through all that can be used, in order, and shows where it is.
async function tabs(browser) {
  const active = () => {
    const node = document.activeElement, style = getComputedStyle(node);
    return { at: [...document.querySelectorAll("summary, [tabindex]")].filter((x) => x.checkVisibility()).indexOf(node), outline: style.outlineStyle };
  };
  const n = await browser.run(() => [...document.querySelectorAll("summary, [tabindex]")]
    .filter((x) => x.checkVisibility()).length);
  for (let i = 0; i < n; i++) {
    await browser.key("Tab", 9);
    const { at, outline } = await browser.run(active);
    if (at !== i) fault("keyboard", `Tab ${i + 1} went to ${at}`);
    if (outline === "none") fault("keyboard", `control ${i + 1} does not show its focus`);
  }
  return n;
}

// Enter and Space open and close each. Leaves all open, also those inside others.
async function toggles(browser) {
  const shut = () => [...document.querySelectorAll("summary")]
    .findIndex((x) => x.checkVisibility() && !x.parentElement.open);
  const isOpen = (i) => document.querySelectorAll("summary")[i].parentElement.open;
  let n = 0;
  for (let i = await browser.run(shut); i >= 0; i = await browser.run(shut), n++) {
    await browser.run((k) => document.querySelectorAll("summary")[k].focus(), i);
    await browser.key("Enter", 13, "\r");
    if (!await browser.run(isOpen, i)) fault("keyboard", `Enter does not open ${i + 1}`);
    await browser.key(" ", 32, " ");
    if (await browser.run(isOpen, i)) fault("keyboard", `Space does not close ${i + 1}`);
    await browser.run((k) => { document.querySelectorAll("summary")[k].parentElement.open = true; }, i);
  }
  return n;
}

browse(async (browser) => {
  await browser.open(page);
  await browser.size(1000);
  const verdict = await browser.run(() => document.querySelector("#verdict").textContent);
  const max = await browser.run(() => document.querySelector("#gap-max")?.textContent || "");
  const controls = await tabs(browser);
  await browser.scheme("light");
  await browser.pdf(`${directory}/print.pdf`);
  await looks(browser, "");
  const folds = await toggles(browser);
  await looks(browser, ", unfolded");
  // Nothing may run, and nothing be fetched, whatever the page holds.
  const ran = await browser.run(() => document.scripts.length !== 1 || document.scripts[0].type !== "application/json");
  if (ran) fault("silence", "there is a script");
  browser.said.forEach((what) => fault("silence", what));
  browser.asked.slice(1).forEach((what) => fault("silence", "fetched " + what));
  faults.forEach((what) => console.log(what));
  console.log(`= verdict ${verdict}\n= max ${max}\n= controls ${controls}\n= folds ${folds}`);
}).catch((error) => { console.log("browser: " + error.stack); process.exitCode = 1; });
