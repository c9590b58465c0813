// SPDX-License-Identifier: GPL-2.0-or-later
//
// A headless Chromium, spoken to through its own debugging pipe: a window can be as narrow as a
// telephone, be dark, print, and get keys. Nothing is needed but node and Debian's chromium.
"use strict";
const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const COMMAND_MS = 30000;

class Browser {
  constructor() {
    this.profile = fs.mkdtempSync(path.join(os.tmpdir(), "lull-chromium-"));
    this.process = spawn("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
      "--remote-debugging-pipe", "--user-data-dir=" + this.profile, "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true });
    this.ended = new Promise((resolve) => this.process.on("exit", resolve));
    this.waiting = new Map();
    this.listeners = [];
    this.id = 0;
    let text = "";
    this.process.stdio[3].on("error", () => {});
    this.process.stdio[4].setEncoding("utf8").on("data", (data) => {
      const parts = (text + data).split("\0");
      text = parts.pop();
      parts.forEach((part) => this.take(JSON.parse(part)));
    });
  }

  take(message) {
    const waiting = this.waiting.get(message.id);
    if (!waiting) {
      this.listeners.forEach((listener) => listener(message));
      return;
    }
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.error) waiting.reject(new Error(`${waiting.method}: ${message.error.message}`));
    else waiting.resolve(message.result);
  }

  send(method, params = {}, sessionId = this.session) {
    const id = ++this.id;
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(method + ": no answer")), COMMAND_MS);
      this.waiting.set(id, { resolve, reject, timer, method });
    });
  }

  // Opens a file. What it says is kept in this.said, what it asked for in this.asked.
  async open(file) {
    this.said = [];
    this.asked = [];
    if (!this.session) {
      const { targetInfos } = await this.send("Target.getTargets");
      const page = targetInfos.find((target) => target.type === "page");
      this.session = (await this.send("Target.attachToTarget", { targetId: page.targetId, flatten: true })).sessionId;
      this.listeners.push((message) => this.note(message));
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(domain + ".enable");
    }
    const loaded = new Promise((resolve) => { this.loaded = resolve; });
    this.asked = [];
    await this.send("Page.navigate", { url: "file://" + path.resolve(file) });
    await loaded;
  }

  note({ method, params }) {
    if (method === "Page.loadEventFired") this.loaded();
    if (method === "Network.requestWillBeSent") this.asked.push(params.request.url);
    if (method === "Log.entryAdded") this.said.push(params.entry.text);
    if (method === "Runtime.consoleAPICalled") this.said.push("console." + params.type);
    if (method === "Runtime.exceptionThrown") this.said.push(params.exceptionDetails.text);
  }

  size(width, height = 900) {
    return this.send("Emulation.setDeviceMetricsOverride",
      { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }

  scheme(value) {
    return this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  // Runs a function in the page; its value must be JSON.
  async run(f, ...args) {
    const expression = `(${f})(...${JSON.stringify(args)})`;
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return result.value;
  }

  async key(key, code, text) {
    const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code, text };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event, text: undefined });
  }

  // The whole page, or what is in clip = {x, y, width, height}.
  async shot(file, clip, format = path.extname(file).slice(1), quality) {
    const { cssContentSize: all } = await this.send("Page.getLayoutMetrics");
    const { data } = await this.send("Page.captureScreenshot", {
      format, quality, captureBeyondViewport: true,
      clip: { x: 0, y: 0, width: all.width, height: all.height, ...clip, scale: 1 },
    });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }

  async pdf(file) {
    const { data } = await this.send("Page.printToPDF", { paperWidth: 8.27, paperHeight: 11.69 });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }

  async close() {
    if (this.session) await this.send("Browser.close", {}, undefined).catch(() => {});
    else this.kill();
    setTimeout(() => this.kill(), 5000).unref();
    await this.ended;
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  kill() {
    try {
      process.kill(-this.process.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}

// Calls f(browser), and ends the browser on every path.
async function browse(f) {
  const browser = new Browser();
  const stop = () => { browser.kill(); process.exit(1); };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  try {
    await f(browser);
  } finally {
    await browser.close();
  }
}

module.exports = { browse };
