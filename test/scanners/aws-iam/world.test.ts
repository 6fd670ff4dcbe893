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

  it('reads what lies in the directories of a target together, and of two days the nearer', async () => {
    const users = (account: string, ...names: string[]) =>
      details({ users: names.map((name) => userDetail(name, { Arn: `arn:aws:iam::${account}:user/${name}` })) });
    const [a, b] = ['111111111111', '222222222222'];
    const exports = new Map([
      ['prod/a.json', users(a, 'ci')],
      ['dev/b.json', users(b, 'ci')],
      ['2026-01/c.json', users('333333333333', 'old')],
      ['2026-01/d.json', users('444444444444', 'old')],
      ['2026-02/d.json', users('444444444444', 'old', 'new')],
    ]);
    const around = surroundings(
      () => exports.keys(),
      (path) => fileOf(JSON.stringify(exports.get(path)), path),
    );
    const subjectsOf = async (path: string): Promise<readonly string[]> => {
      const answers = newAnswers();
      addAnswer(answers, exports.get(path), 'answer', path);
      const { compiled } = await worldOf({ ...fileOf('', path), around }, answers, new Date(0));
      return [...compiled.subjects.values()].map(({ account, name }) => `${account} ${name}`).sort();
    };

    const ofProd = await subjectsOf('prod/a.json');
    const ofJanuary = await subjectsOf('2026-01/c.json');

    assert.ok(ofProd.includes(`${a} ci`) && ofProd.includes(`${b} ci`) && ofProd.includes('444444444444 new'));
    assert.ok(ofJanuary.includes('444444444444 old') && !ofJanuary.includes('444444444444 new'));
  });

  it('reads an estate of many accounts in no more time than they are many', async () => {
    const start = cpuTime();
    const worlds = await worldsOf(150);

    assert.equal(new Set(worlds).size, 1);
    assert.ok(cpuTime() - start < 5_000);
  });
});
