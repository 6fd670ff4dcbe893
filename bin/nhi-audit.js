#!/usr/bin/env node
// The launcher: answers `--version` at once, finds a Node that will do, hands over to `main` of `src/cli.ts`.
// Plain JavaScript that Node 12 can parse, so that an old Node gets a sentence and not a syntax error: no `node:` imports, no
// top-level await, no optional chaining.

import { spawn } from 'child_process';
import fs from 'fs';
import module from 'module';
import os from 'os';
import path from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const OLDEST = [22, 18];
const SELF = fileURLToPath(import.meta.url);
const ROOT = path.dirname(path.dirname(SELF));
/** What `scripts/build.ts` turns into `dist`. */
const SOURCES = ['src', 'scanners', 'reporters', 'rules'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

launch(process.argv.slice(2));

function launch(args) {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version}\n`);
    return;
  }
  if (isNewEnough(process.versions.node)) {
    runMain(args);
    return;
  }
  const other = checkoutNode();
  if (other === undefined) {
    process.stderr.write(`${whichNode()}\n`);
    process.exitCode = 2;
    return;
  }
  runUnder(other, args);
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function runMain(args) {
  // The user's own cache directory: in a shared /tmp another user could lay down code for us to run.
  if (module.enableCompileCache) module.enableCompileCache(cacheDirectory());
  import(pathToFileURL(entry()).href)
    .then((cli) => cli.main(args))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        process.stderr.write(`nhi-audit could not start: ${whyNotStarted(error)}\n`);
        process.exitCode = 5;
      },
    );
}

function cacheDirectory() {
  const base = process.platform === 'win32' ? process.env.LOCALAPPDATA : process.env.XDG_CACHE_HOME;
  return path.join(base || path.join(os.homedir(), '.cache'), 'nhi-audit', 'compiled');
}

function whyNotStarted(error) {
  const isCheckout = fs.existsSync(path.join(ROOT, 'src', 'cli.ts'));
  if (isCheckout && !fs.existsSync(path.join(ROOT, 'node_modules'))) {
    return `its packages are not installed. Run \`npm install\` in ${ROOT}.`;
  }
  return error instanceof Error ? error.stack : String(error);
}

/** The compiled code; in a checkout the source itself, where it was not compiled yet or was edited since. */
function entry() {
  const compiled = path.join(ROOT, 'dist', 'src', 'cli.js');
  const source = path.join(ROOT, 'src', 'cli.ts');
  if (!fs.existsSync(source)) return compiled;
  const stamp = path.join(ROOT, 'dist', 'built');
  if (!fs.existsSync(stamp)) return source;
  const built = fs.statSync(stamp).mtimeMs;
  return SOURCES.some((folder) => isNewer(path.join(ROOT, folder), built)) ? source : compiled;
}

function isNewer(folder, than) {
  if (!fs.existsSync(folder)) return false;
  // A folder's own time tells of files that came, went or were renamed.
  if (fs.statSync(folder).mtimeMs > than) return true;
  return fs.readdirSync(folder, { withFileTypes: true }).some((item) => {
    const full = path.join(folder, item.name);
    return item.isDirectory() ? isNewer(full, than) : fs.statSync(full).mtimeMs > than;
  });
}

/** A checkout brings a Node of its own as a development dependency. */
function checkoutNode() {
  const node = path.join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!fs.existsSync(node)) return undefined;
  return fs.realpathSync(node) === fs.realpathSync(process.execPath) ? undefined : node;
}

/** Becomes that Node as far as one process can: same terminal, same signals, same end. */
function runUnder(node, args) {
  const child = spawn(node, [...process.execArgv, SELF, ...args], { stdio: 'inherit' });
  const isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const pass = (signal) => {
    // A terminal sends Ctrl-C to parent and child alike; passed on, it would count as pressed twice.
    if (isTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  child.on('error', (error) => {
    process.stderr.write(`nhi-audit: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 5;
  });
  child.on('exit', (code, signal) => {
    for (const name of SIGNALS) process.removeListener(name, pass);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

function whichNode() {
  const { node } = process.versions;
  return `nhi-audit needs Node.js ${OLDEST.join('.')} or newer. This is Node.js ${node} (${process.execPath}).

Any one of these helps:
  in a checkout of nhi-audit   npm install && npx nhi-audit --help    (the checkout brings its own Node)
  npm                          npx -p node@24 -c "nhi-audit --help"   (borrows Node 24 for one command)
  nvm                          nvm install 24
  fnm, volta, mise, asdf …     install Node 24 the way you installed this one`;
}
