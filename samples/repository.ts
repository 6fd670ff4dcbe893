import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Commit {
  readonly author: { readonly name: string; readonly email: string };
  /** ISO time. */
  readonly date: string;
  readonly message: string;
  readonly write: readonly { readonly path: string; readonly content: string }[];
  readonly remove: readonly string[];
}

// A machine's own git settings must not change what is built.
const NEUTRAL = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };

/**
 * A git repository with exactly these commits on `main` and its work tree checked out. Authors and dates are fixed, so
 * that commit ids are the same on every machine; one `git fast-import` writes the whole history.
 */
export async function makeRepository(path: string, name: string, commits: readonly Commit[]): Promise<void> {
  await mkdir(path, { recursive: true });
  await git(path, ['init', '-q', '-b', 'main', '--template=']);
  await fastImport(path, importStream(commits));
  await appendFile(join(path, '.git', 'config'), remote(name));
  await git(path, ['-c', 'core.autocrlf=false', '-c', 'core.hooksPath=/dev/null', 'reset', '-q', '--hard']);
}

function importStream(commits: readonly Commit[]): string {
  const parts: string[] = [];
  for (const commit of commits) {
    const who = `${commit.author.name} <${commit.author.email}> ${Date.parse(commit.date) / 1000} +0000`;
    parts.push('commit refs/heads/main\n', `author ${who}\n`, `committer ${who}\n`, data(`${commit.message.trim()}\n`));
    for (const path of commit.remove) parts.push(`D ${path}\n`);
    for (const { path, content } of commit.write) {
      parts.push(`M ${content.startsWith('#!') ? '100755' : '100644'} inline ${path}\n`, data(content));
    }
  }
  parts.push('done\n');
  return parts.join('');
}

function data(content: string): string {
  return `data ${Buffer.byteLength(content)}\n${content}\n`;
}

function remote(name: string): string {
  return [
    '[remote "origin"]',
    `\turl = https://github.com/${name}.git`,
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
    '[branch "main"]',
    '\tremote = origin',
    '\tmerge = refs/heads/main',
    '',
  ].join('\n');
}

async function git(cwd: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)('git', args, { cwd, env: { ...process.env, ...NEUTRAL } });
}

function fastImport(cwd: string, stream: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['fast-import', '--quiet', '--done'], {
      cwd,
      env: { ...process.env, ...NEUTRAL },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`git fast-import ended with ${code}: ${said.trim().slice(0, 400)}`)),
    );
    // A child that dies early closes its end: the close handler above says why, the write error says nothing more.
    child.stdin.on('error', () => {});
    child.stdin.end(stream);
  });
}
