// Bundles page.jsx, draws each FOLDER/NAME.json in headless Chromium and leaves FOLDER/NAME.png beside it, and
// FOLDER/findings.json: what is cut off, empty or failed, by name.
//
//   node draw.mjs FOLDER CHROMIUM
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const WIDTH = 1600, HEIGHT = 900;
const [folder, browserPath] = process.argv.slice(2);
const here = import.meta.dirname;
const KINDS = { '.svg': 'image/svg+xml', '.png': 'image/png', '.json': 'application/json', '.js': 'text/javascript',
                '.css': 'text/css' };
const PAGE = '<!doctype html><meta charset="utf-8"><script>window.__grafana_public_path__="/public/"</script>' +
             '<link rel="stylesheet" href="/page.css"><div id="board"></div><script src="/page.js"></script>';

async function bundle() {
  const made = await build({
    entryPoints: [path.join(here, 'page.jsx')], bundle: true, write: false, format: 'iife', outdir: '/',
    jsx: 'automatic', loader: { '.svg': 'text', '.ttf': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl' },
    logLevel: 'error', logLimit: 5,
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' } });
  const output = (ending) => made.outputFiles.find((one) => one.path.endsWith(ending)).contents;
  return { script: output('.js'), style: output('.css') };
}

function serve({ script, style }, current) {
  const images = path.join(here, '../node_modules/@grafana/ui/dist/public');
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    let body = null, kind = KINDS[path.extname(pathname)] ?? 'text/html';
    if (pathname === '/') body = PAGE;
    if (pathname === '/page.js') body = script;
    if (pathname === '/page.css') body = style;
    if (pathname === '/drawing.json') body = fs.readFileSync(path.join(folder, current.name + '.json'));
    if (pathname.startsWith('/public/')) {
      const file = path.join(images, path.normalize(pathname.slice(7)));
      if (file.startsWith(images) && fs.existsSync(file)) body = fs.readFileSync(file);
    }
    response.writeHead(body === null ? 404 : 200, { 'Content-Type': kind });
    response.end(body ?? '');
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

/** Run in the page: faults that can be seen. */
function look() {
  const found = [];
  const isCut = (one, slack) => one.clientWidth && one.scrollWidth > one.clientWidth + slack;
  for (const panel of document.querySelectorAll('.panel')) {
    const { title: expected, kind, dead } = panel.dataset;
    const say = (what) => found.push({ panel: expected, what });
    const title = [...panel.querySelectorAll('h2')].find((one) => one.textContent === expected);
    if (!title) say('no title');
    else if (isCut(title, 1)) say('title cut off');
    if (dead) say('links to nothing: ' + dead);
    for (const one of panel.querySelectorAll('[data-error]')) say('error: ' + one.dataset.error);
    for (const one of panel.querySelectorAll('[data-empty]')) say('empty: ' + one.dataset.empty);
    if (kind === 'stat' && panel.innerText.includes('No data')) say('empty: No data');
    if (panel.innerText.trim() === expected && !panel.querySelector('canvas')) say('blank');
    for (const canvas of panel.querySelectorAll('canvas')) {
      if (canvas.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1) say('wider than the panel');
    }
    for (const grid of panel.querySelectorAll('[role=grid]')) {
      if (isCut(grid, 1)) say(`the table scrolls sideways: ${grid.scrollWidth} > ${grid.clientWidth}`);
      for (const head of grid.querySelectorAll('[role=columnheader]')) {
        const hides = (one) => getComputedStyle(one).overflow !== 'visible';
        const cut = [...head.querySelectorAll('*')].some((one) => isCut(one, 2) && hides(one));
        if (cut) say(`head cut off: ${head.innerText}`);
      }
    }
  }
  return { found, panels: document.querySelectorAll('.panel').length };
}

async function draw(browser, url, name) {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
  const troubles = [];
  page.on('pageerror', (error) => troubles.push({ panel: '', what: 'script: ' + error.message }));
  await page.goto(url);
  await page.waitForFunction('window.__drawn || window.__failed', null, { timeout: 60000 });
  const failed = await page.evaluate('window.__failed');
  if (failed) throw new Error(`${name}: ${failed}`);
  await page.waitForLoadState('networkidle');
  await page.waitForSelector('.panel');
  const height = await page.evaluate('document.documentElement.scrollHeight');
  await page.setViewportSize({ width: WIDTH, height: Math.max(HEIGHT, height) });    // what is below is drawn too
  await page.waitForLoadState('networkidle');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const { found, panels } = await page.evaluate(look);
  await page.screenshot({ path: path.join(folder, name + '.png'), fullPage: true });
  await page.close();
  return { name, panels, found: [...troubles, ...found] };
}

const began = Date.now();
const names = fs.readdirSync(folder).filter((one) => one.endsWith('.json') && one !== 'findings.json').sort()
  .map((one) => one.slice(0, -5));
const current = {};
const server = await serve(await bundle(), current);
console.log(`bundled after ${((Date.now() - began) / 1000).toFixed(1)} s`);
const browser = await chromium.launch({
  executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
const all = [];
try {
  for (const name of names) {
    current.name = name;
    all.push(await draw(browser, `http://127.0.0.1:${server.address().port}/`, name));
    console.log(`${name}: ${all.at(-1).panels} panels after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
} finally {
  await browser.close();
  server.close();
}
fs.writeFileSync(path.join(folder, 'findings.json'), JSON.stringify(all, null, 1));
