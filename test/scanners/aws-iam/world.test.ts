import assert from 'node:assert/strict';
import { addAnswer, newAnswers } from '../../../scanners/aws-iam/answers.ts';
import type { World } from '../../../scanners/aws-iam/principals.ts';
import { worldOf } from '../../../scanners/aws-iam/world.ts';
import { surroundings } from '../../../src/files/surroundings.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { details, fileOf, userDetail } from './exports.ts';

/** `count` exports of an account each, every one in a directory of its own; the clock moves on from file to file. */
async function worldsOf(count: number): Promise<World[]> {
  const paths = Array.from({ length: count }, (_, index) => `aws/${index}/details.json`);
  const exports = new Map(
    paths.map((path, index) => {
      const account = String(100_000_000_000 + index);
      return [path, details({ users: [userDetail('ci', { Arn: `arn:aws:iam::${account}:user/ci` })] })];
    }),
  );
  const around = surroundings(
    () => paths,
    (path) => fileOf(JSON.stringify(exports.get(path)), path),
  );
  const worlds: World[] = [];
  for (const [index, path] of paths.entries()) {
    const answers = newAnswers();
    addAnswer(answers, exports.get(path), 'answer', path);
    const file = { ...fileOf('', path), around };
    worlds.push(await worldOf(file, answers, new Date(Date.UTC(2026, 4, 1, 0, 0, index))));
  }
  return worlds;
}

describe('aws-iam scanner: accounts that are judged together', () => {
  it('judges them once, though the clock moves from file to file', async () => {
    const worlds = await worldsOf(3);

    assert.equal(worlds[0]?.compiled.subjects.size, 3);
    assert.equal(new Set(worlds).size, 1);
  });

  it('reads an estate of many accounts in no more time than they are many', async () => {
    const start = cpuTime();
    const worlds = await worldsOf(150);

    assert.equal(new Set(worlds).size, 1);
    assert.ok(cpuTime() - start < 5_000);
  });
});
