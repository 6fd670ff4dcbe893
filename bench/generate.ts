import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runGit } from './git.ts';

const FILES = 2000;
const COMMITS = 400;
const FILES_A_COMMIT = 50;
const FILE_BYTES = 25_000;
const LINES_CHANGED = 4;

const WORDS =
  'const let function return await import from if else for of while config client request response user account service region bucket table query row column index value name path file stream buffer error result options context handler event message queue worker job task deploy build test export default true false null undefined number string boolean'.split(
    ' ',
  );

/** Words that wake detectors: one in a hundred, about as often as source code has them. */
const KEYWORDS = ['token', 'key', 'secret', 'password', 'api_key', 'auth', 'Bearer', 'aws'];

/**
 * A bare repository of 22,000 unique blobs, 550 MB in all, the same bytes every time: what looks like source code, with no
 * credential in it. 2,000 files are written once, then 400 commits change a few lines in 50 of them. As in a repository
 * that was packed well, the versions of a file stand side by side, most as deltas.
 */
export async function generateRepository(path: string): Promise<void> {
  runGit('.', ['init', '-q', '--bare', '-b', 'main', path]);
  const importer = spawn('git', ['-C', path, 'fast-import', '--quiet', '--done'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const write = async (text: string | Buffer): Promise<void> => {
    if (!importer.stdin.write(text)) await once(importer.stdin, 'drain');
  };
  const random = generator(20_260_105);
  const commits = [Array.from({ length: FILES }, (_, file) => file)];
  for (let commit = 0; commit < COMMITS; commit += 1) {
    const changed = new Set<number>();
    while (changed.size < FILES_A_COMMIT) changed.add(random() % FILES);
    commits.push([...changed]);
  }
  const versions = new Map<number, number[]>();
  for (const [commit, files] of commits.entries()) {
    for (const file of files) versions.set(file, [...(versions.get(file) ?? []), commit]);
  }
  const marks = new Map<string, number>();
  for (const [file, changes] of versions) {
    let text = sourceText(random);
    for (const commit of changes) {
      if (commit > 0) text = edited(text, random);
      const mark = marks.size + 1;
      marks.set(`${commit} ${file}`, mark);
      await write(Buffer.concat([Buffer.from(`blob\nmark :${mark}\ndata ${text.length}\n`), text, Buffer.from('\n')]));
    }
  }
  for (const [commit, files] of commits.entries()) {
    const message = `Change ${commit}`;
    const head = `commit refs/heads/main\ncommitter Bench <bench@harbour.example> ${1_767_603_600 + commit * 3600} +0000\ndata ${message.length}\n${message}\n`;
    const changes = files.map((file) => `M 100644 :${marks.get(`${commit} ${file}`)} src/${file % 40}/file-${file}.js\n`);
    await write(head + changes.join(''));
  }
  importer.stdin.end('done\n');
  const [code] = await once(importer, 'close');
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function sourceText(random: () => number): Buffer {
  const lines: string[] = [];
  for (let bytes = 0; bytes < FILE_BYTES; bytes += lines.at(-1)?.length ?? 0) lines.push(sourceLine(random));
  return Buffer.from(lines.join(''), 'latin1');
}

/** Some lines replaced by others. */
function edited(text: Buffer, random: () => number): Buffer {
  let result = text;
  for (let n = 0; n < LINES_CHANGED; n += 1) {
    const start = result.indexOf(10, random() % (result.length - 2000)) + 1;
    const end = result.indexOf(10, start) + 1;
    result = Buffer.concat([result.subarray(0, start), Buffer.from(sourceLine(random), 'latin1'), result.subarray(end)]);
  }
  return result;
}

function sourceLine(random: () => number): string {
  let line = ' '.repeat(2 * (random() % 5));
  const words = 3 + (random() % 8);
  for (let n = 0; n < words; n += 1) {
    const list = random() % 100 === 0 ? KEYWORDS : WORDS;
    line += `${list[random() % list.length]}${'  .(,=;'[random() % 7]}`;
  }
  return `${line}${random().toString(36)}\n`;
}

/** Numbers from 0 to 2^31 - 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 1;
  };
}
