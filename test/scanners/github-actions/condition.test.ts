// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions of GitHub Actions look like it
import assert from 'node:assert/strict';
import { readCondition } from '../../../scanners/github-actions/condition.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';

const EVENTS = ['push', 'pull_request', 'pull_request_target', 'workflow_dispatch'];
const SAME = 'github.event.pull_request.head.repo.full_name == github.repository';

describe('conditions of jobs', () => {
  const through: readonly (readonly [string, readonly string[]])[] = [
    ["github.event_name == 'push'", ['push']],
    ["${{ github.event_name == 'push' }}", ['push']],
    ["'push' == github.event_name", ['push']],
    ["github.event_name != 'pull_request_target'", ['push', 'pull_request', 'workflow_dispatch']],
    ["github.event_name == 'push' || github.event_name == 'workflow_dispatch'", ['push', 'workflow_dispatch']],
    ["(github.event_name == 'push' || github.event_name == 'pull_request') && always()", ['push', 'pull_request']],
    ["github.event_name != 'push' && github.event_name != 'pull_request'", ['pull_request_target', 'workflow_dispatch']],
    ['contains(fromJSON(\'["push","workflow_dispatch"]\'), github.event_name)', ['push', 'workflow_dispatch']],
    ["!(github.event_name == 'push')", ['pull_request', 'pull_request_target', 'workflow_dispatch']],
    ["!(github.event_name != 'push' || inputs.dry)", ['push']],
    // Nothing is proved.
    ["!(github.event_name == 'push' && inputs.dry)", EVENTS],
    ['always()', EVENTS],
    ["github.event_name == 'push' || inputs.force", EVENTS],
    ["contains(github.event_name, 'pull')", EVENTS],
    ['', EVENTS],
    // A text, which is always true.
    ["${{ github.event_name == 'push' }} && ${{ github.actor != 'x' }}", EVENTS],
    ["${{ github.event_name == 'push' }}\n", EVENTS],
    [" ${{ github.event_name == 'push' }}", EVENTS],
    ["github.event_name == 'push' && ${{ inputs.force }}", EVENTS],
    ["!${{ github.event_name == 'push' }}", EVENTS],
    ["github.event_name == 'push'\n", ['push']],
    ["${{ github.event_name == 'push' && github.actor != '}}' }}", ['push']],
    [`${'( '.repeat(30)}github.event_name == 'push'${' )'.repeat(30)}`, ['push']],
    ["(github.event_name == 'push') || (inputs.force)", EVENTS],
    ["((((github.event_name == 'push'", EVENTS],
  ];
  for (const [text, expected] of through) {
    it(`lets through ${expected.join(', ')}: ${text}`, () => {
      assert.deepEqual(readCondition(text, EVENTS).events, expected);
    });
  }

  const facts: readonly (readonly [string, 'ref' | 'sameRepository' | 'trustedPerson', boolean])[] = [
    ["github.ref == 'refs/heads/main'", 'ref', true],
    ["startsWith(github.ref, 'refs/tags/')", 'ref', true],
    ["github.ref_name == github.event.repository.default_branch && github.event_name == 'push'", 'ref', true],
    ["github.ref != 'refs/heads/main'", 'ref', false],
    ["github.ref == 'refs/heads/main' || inputs.force", 'ref', false],
    [SAME, 'sameRepository', true],
    ['github.event.pull_request.head.repo.fork == false', 'sameRepository', true],
    ['github.event.pull_request.head.repo.owner.login == github.repository_owner', 'sameRepository', true],
    ["'harbour' == github.event.pull_request.head.repo.owner.login", 'sameRepository', true],
    [SAME.replace('github.repository', 'github.event.pull_request.base.repo.full_name'), 'sameRepository', true],
    ['github.event.workflow_run.head_repository.full_name == github.repository', 'sameRepository', true],
    // The fork of a stranger is the stranger's.
    ['github.event.pull_request.head.repo.owner.login == github.actor', 'sameRepository', false],
    ['github.actor == github.event.pull_request.head.repo.owner.login', 'sameRepository', false],
    ['github.event.pull_request.user.login == github.event.pull_request.head.repo.owner.login', 'sameRepository', false],
    ["github.event.pull_request.head.repo.name == 'shop'", 'sameRepository', false],
    [`github.event_name != 'pull_request_target' || ${SAME}`, 'sameRepository', true],
    [`github.event_name == 'push' || (${SAME})`, 'sameRepository', true],
    [`github.event_name == 'pull_request_target' || ${SAME}`, 'sameRepository', false],
    [`always() || ${SAME}`, 'sameRepository', false],
    ["github.event.workflow_run.event == 'push'", 'sameRepository', true],
    ["github.event.workflow_run.conclusion == 'success'", 'sameRepository', false],
    ["github.event.pull_request.merged == true && github.event_name == 'pull_request_target'", 'sameRepository', true],
    ["github.event.comment.author_association == 'MEMBER'", 'trustedPerson', true],
    ['contains(fromJSON(\'["OWNER","MEMBER"]\'), github.event.comment.author_association)', 'trustedPerson', true],
    ["contains(github.event.pull_request.labels.*.name, 'safe to test')", 'trustedPerson', true],
    ["github.event.comment.author_association != 'NONE'", 'trustedPerson', false],
    ["github.event.pull_request.user.login == 'dependabot[bot]'", 'trustedPerson', true],
    ["github.event.pull_request.user.login != 'dependabot[bot]'", 'trustedPerson', false],
  ];
  for (const [text, fact, expected] of facts) {
    it(`${fact} ${expected}: ${text}`, () => assert.equal(readCondition(text, EVENTS)[fact], expected));
  }

  const FORKS: readonly (readonly [string, readonly string[], boolean])[] = [
    // It asks for another event than the one that starts it.
    [`github.event_name != 'pull_request' || ${SAME}`, ['pull_request_target'], false],
    [`github.event_name != 'pull_request' || ${SAME}`, ['pull_request', 'push'], true],
    [`github.event_name != 'pull_request_target' || ${SAME}`, ['pull_request_target', 'issue_comment'], false],
    [`github.event_name == 'issue_comment' || ${SAME}`, ['pull_request_target', 'issue_comment'], false],
    // Forks, and nobody else.
    [`!(${SAME})`, ['pull_request_target'], false],
    [`(${SAME}) == false`, ['pull_request_target'], false],
    [`(${SAME}) != true`, ['pull_request_target'], false],
    [SAME.replace('==', '!='), ['pull_request_target'], false],
    ['github.event.pull_request.head.repo.fork', ['pull_request_target'], false],
    ['github.event.pull_request.head.repo.fork == true', ['pull_request_target'], false],
    ['!(!github.event.pull_request.head.repo.fork)', ['pull_request_target'], false],
    ['!github.event.pull_request.merged', ['pull_request_target'], false],
    // No forks, said in a roundabout way.
    [`!(${SAME.replace('==', '!=')})`, ['pull_request_target'], true],
    [`(${SAME}) == true`, ['pull_request_target'], true],
    ['!github.event.pull_request.head.repo.fork', ['pull_request_target'], true],
    ['github.event.pull_request.head.repo.fork != true', ['pull_request_target'], true],
    [`!(github.event.pull_request.head.repo.fork || inputs.dry)`, ['pull_request_target'], true],
    // A comment has no such pull request: it passes for one that is of no fork.
    ['!github.event.pull_request.head.repo.fork', ['pull_request_target', 'issue_comment'], false],
    [SAME, ['pull_request_target', 'issue_comment'], true],
  ];
  for (const [text, events, expected] of FORKS) {
    it(`${expected ? 'keeps forks out' : 'lets forks in'} on ${events.join(', ')}: ${text}`, () =>
      assert.equal(readCondition(text, events).sameRepository, expected));
  }

  it('asks a called workflow for the event of its caller', () => {
    assert.deepEqual(readCondition("github.event_name == 'pull_request_target'", ['workflow_call', 'push']).events, [
      'workflow_call',
    ]);
  });

  it('names bots that are told by the actor, and not those that are kept out or told by the author', () => {
    const bots = (text: string) => readCondition(text, EVENTS).bots;

    assert.deepEqual(bots("always() && github.actor == 'dependabot[bot]'"), [
      { context: 'github.actor', bot: 'dependabot[bot]' },
    ]);
    assert.deepEqual(bots("'renovate[bot]' == github.triggering_actor"), [
      { context: 'github.triggering_actor', bot: 'renovate[bot]' },
    ]);
    assert.deepEqual(bots("github.actor != 'dependabot[bot]'"), []);
    assert.deepEqual(bots("github.event.pull_request.user.login == 'dependabot[bot]'"), []);
    assert.deepEqual(bots("github.actor == 'harbour-admin'"), []);
    assert.deepEqual(bots("github.actor == 'dependabot[bot]' && github.event.pull_request.user.login == 'dependabot[bot]'"), []);
  });

  it('matches parentheses once', () => {
    const text = `${'('.repeat(9_900)}a${')'.repeat(9_900)}`;
    const start = cpuTime();

    for (let i = 0; i < 20; i += 1) assert.deepEqual(readCondition(text, EVENTS).events, EVENTS);

    assert.ok(cpuTime() - start < 2500);
  }).timeout(15_000);

  it('reads a hostile text in time that grows with its length', () => {
    for (const unit of ['(', ')', '&&', '||', "'", 'github.actor ==', '!', '(a||']) {
      assert.deepEqual(readCondition(unit.repeat(20_000 / unit.length), EVENTS).bots, []);
    }
  }).timeout(5000);
});
