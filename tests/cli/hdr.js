// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decodes an HdrHistogram log with hdr-histogram-js and compares it with the recording that it was
// exported from: every tag once, every bucket's count, total count, maximum and percentiles; and
// percentile text with what that library prints of the same histogram.
//
//   NODE_PATH=build/npm/node_modules node hdr.js RECORDING LOG [SIDE.]
//   NODE_PATH=... node hdr.js --text LOG TAG HGRM
"use strict";
const fs = require("fs");
const hdr = require("hdr-histogram-js");
const fail = (why) => { console.log(why); process.exitCode = 1; };

function readLog(path) {
  const found = new Map();
  for (const line of fs.readFileSync(path, "utf8").split("\n")) {
    const match = /^Tag=([^, ]+),([0-9.]+),([0-9.]+),([0-9.]+),(HISTFAAAA[A-Za-z0-9+/=]+)$/.exec(line);
    if (!match) {
      if (line && !line.startsWith("#[") && !line.startsWith('"StartTimestamp"'))
        fail("not a line of a log: " + line.slice(0, 80));
      continue;
    }
    if (found.has(match[1])) fail("twice: " + match[1]);
    found.set(match[1], { max: match[4], hist: hdr.decodeFromCompressedBase64(match[5], 64) });
  }
  const reader = new hdr.HistogramLogReader(fs.readFileSync(path, "utf8"));
  let n = 0;
  while (reader.nextIntervalHistogram() !== null) n++;
  if (n !== found.size) fail(`its own reader finds ${n} histograms, not ${found.size}`);
  return found;
}

// The histograms of a recording, by what is unique in them: their contents.
function hists(recording) {
  const all = [];
  const isAlone = new Set(recording.threads.map((t) => t.vm)).size === 1;
  for (const cpu of recording.cpus)
    for (const e of cpu.sources)
      if (e.hist) all.push([`cpu${cpu.cpu}.${e.source}.${e.id}`, e.hist]);
  for (const t of recording.threads) {
    for (const k of ["gap", "wake", "preempted"])
      if (t[k].hist) all.push([`${isAlone && t.vcpu !== null ? "vcpu" + t.vcpu : "tid" + t.tid}.${k}`, t[k].hist]);
    for (const e of t.ledger) if (e.hist) all.push([null, e.hist]);
  }
  return all;
}

function compare(tag, want, got) {
  const h = got.hist, bits = want.digits === 1 ? 5 : 8, half = 1 << (bits - 1);
  const LIMIT = 2 ** 36;
  if (h.numberOfSignificantValueDigits !== want.digits) fail(`${tag}: digits`);
  if (h.totalCount !== want.count) fail(`${tag}: ${h.totalCount} samples, not ${want.count}`);
  let seen = 0;
  for (const [low, high, count] of want.buckets) {
    const at = low >= LIMIT ? want.max : low;
    if (h.getCountAtValue(at) !== count) fail(`${tag}: ${h.getCountAtValue(at)} at ${at}, not ${count}`);
    if (low < LIMIT && h.highestEquivalentValue(low) !== high) fail(`${tag}: bin of ${low} ends elsewhere`);
    seen += h.getCountAtValue(at);
  }
  if (seen !== want.count) fail(`${tag}: counts elsewhere`);
  const exact = Math.round(parseFloat(got.max) * 1e6);
  if (exact !== want.max) fail(`${tag}: Interval_Max ${got.max}, not ${want.max} ns`);
  if (want.count && h.maxValue !== h.highestEquivalentValue(want.max)) fail(`${tag}: maximum`);
  for (const p of [0.1, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 99.999, 100]) {
    if (!want.count) break;
    const rank = Math.max(1, Math.ceil(p / 100 * want.count - 1e-9));
    let n = 0, edge = 0;
    for (const [low, high, count] of want.buckets) {
      n += count;
      edge = low >= LIMIT ? h.highestEquivalentValue(want.max) : high;
      if (n >= rank) break;
    }
    if (h.getValueAtPercentile(p) !== edge) fail(`${tag}: p${p} ${h.getValueAtPercentile(p)}, not ${edge}`);
  }
}

function checkLog(recording, log, side) {
  const found = [...readLog(log)].filter(([tag]) => tag.startsWith(side));
  const wanted = hists(JSON.parse(fs.readFileSync(recording, "utf8")));
  if (found.length !== wanted.length) fail(`${found.length} histograms, not ${wanted.length}`);
  if (found.length === 0) fail("no histogram at all");
  wanted.forEach(([tag, hist], i) => {
    if (!found[i]) return;
    if (tag !== null && found[i][0] !== side + tag) fail(`tag ${found[i][0]}, not ${side + tag}`);
    compare(found[i][0], hist, found[i][1]);
  });
  console.log(`${found.length} histograms`);
}

// Ours stops at the exact maximum, theirs at the end of its bin; ours has the exact mean.
function checkText(log, tag, path) {
  const h = readLog(log).get(tag).hist;
  const row = (l) => l.trim().split(/ +/);
  const theirs = h.outputPercentileDistribution(5, 1000).split("\n").filter((l) => /^ *[0-9]/.test(l)).map(row);
  const text = fs.readFileSync(path, "utf8").split("\n");
  const ours = text.filter((l) => /^ *[0-9]/.test(l)).map(row);
  if (ours.length !== theirs.length) fail(`${ours.length} rows, not ${theirs.length}`);
  if (!theirs.length || !ours.length) return;
  const total = theirs[theirs.length - 1][2], max = ours[ours.length - 1][0];
  if (!/^ +Value +Percentile TotalCount 1\/\(1-Percentile\)$/.test(text[0])) fail("header: " + text[0]);
  theirs.forEach((want, i) => {
    const got = ours[i] || [];
    if (want[2] === total) want[0] = max; // they print the end of the last bin
    // They print as many decimals as the histogram has digits, and may round a tie the other way.
    const isClose = (j, by) => Math.abs(parseFloat(want[j]) - parseFloat(got[j])) <= by;
    if (want.length !== got.length || want[2] !== got[2] || want[3] !== got[3] ||
        !isClose(0, 0.5 * 10 ** -h.numberOfSignificantValueDigits + 1e-9) || !isClose(1, 1.1e-12))
      fail(`row ${i}: ${got.join(" ")}, not ${want.join(" ")}`);
  });
}

const args = process.argv.slice(2);
if (args[0] === "--text") checkText(args[1], args[2], args[3]);
else checkLog(args[0], args[1], args[2] || "");
