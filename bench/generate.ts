import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runGit } from './git.ts';

const COMMITS = 400;
const FILES_A_COMMIT = 50;
const BLOB_BYTES = 10_000;

const WORDS =
  'const let function return await import from if else for of while config client request response user account service region bucket table query row column index value name path file stream buffer error result options context handler event message queue worker job task deploy build test export default true false null undefined number string boolean'.split(
    ' ',
  );

/** Words that wake detectors: one in a hundred, about as often as source code has them. */
const KEYWORDS = ['token', 'key', 'secret', 'password', 'api_key', 'auth', 'Bearer', 'aws'];

/**
 * A bare repository of 20,000 unique blobs, 200 MB in all, the same bytes every time: what looks like source code, with
 * no credential in it.
 */
export async function generateRepository(path: string): Promise<void> {
  runGit('.', ['init', '-q', '--bare', '-b', 'main', path]);
  const importer = spawn('git', ['-C', path, '-c', 'core.compression=1', 'fast-import', '--quiet', '--done'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const random = generator(20_260_105);
  for (let commit = 0; commit < COMMITS; commit += 1) {
    const files: Buffer[] = [];
    for (let file = 0; file < FILES_A_COMMIT; file += 1) {
      const text = sourceText(random);
      // Half of the files are changed again and again: those blobs are in the history only.
      const name = file % 2 === 0 ? `src/file-${file}.js` : `src/${commit}/file-${file}.js`;
      files.push(Buffer.from(`M 100644 inline ${name}\ndata ${text.length}\n`), text, Buffer.from('\n'));
    }
    const message = `Change ${commit}`;
    const head = `commit refs/heads/main\ncommitter Bench <bench@harbour.example> ${1_767_603_600 + commit * 3600} +0000\ndata ${message.length}\n${message}\n`;
    if (!importer.stdin.write(Buffer.concat([Buffer.from(head), ...files]))) await once(importer.stdin, 'drain');
  }
  importer.stdin.end('done\n');
  const [code] = await once(importer, 'close');
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function sourceText(random: () => number): Buffer {
  const bytes = Buffer.allocUnsafe(BLOB_BYTES);
  let at = 0;
  while (at < BLOB_BYTES) {
    let line = ' '.repeat(2 * (random() % 5));
    const words = 3 + (random() % 8);
    for (let n = 0; n < words; n += 1) {
      const list = random() % 100 === 0 ? KEYWORDS : WORDS;
      line += `${list[random() % list.length]}${'  .(,=;'[random() % 7]}`;
    }
    at += bytes.write(`${line}${random().toString(36)}\n`, at, 'latin1');
  }
  return bytes;
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
