import assert from 'node:assert/strict';
import type { Finding } from '../../src/contracts/finding.ts';
import { loadPack } from '../../src/detect/load.ts';
import { detectorName, subjectName } from '../../src/util/report-names.ts';
import { leakReport } from '../helpers/report.ts';

describe('names of credentials', () => {
  it('makes words of a detector id', () => {
    const named = [
      'slack-webhook',
      'telegram-bot-token',
      'github-pat',
      'kaggle-key-variable',
      'postgres-url',
      'generic-password',
      'jwt',
    ];

    assert.deepEqual(named.map(detectorName), [
      'Slack webhook',
      'Telegram bot token',
      'GitHub personal access token',
      'Kaggle key',
      'PostgreSQL connection string',
      'Password',
      'JWT',
    ]);
  });

  it("writes vendors as the detectors' own titles do", async () => {
    const { detectors } = await loadPack();

    for (const { id, title } of detectors) {
      const titleWords = new Map(title.split(/[^\p{L}\p{N}.]+/u).map((word) => [word.toLowerCase(), word]));
      const [vendor = ''] = detectorName(id).split(' ');
      const written = titleWords.get(vendor.toLowerCase());
      if (written !== undefined && written !== written.toLowerCase()) assert.equal(vendor, written, id);
    }
  });

  it('leaves a title as it is, and reads ids of secretlint', () => {
    assert.equal(detectorName('OpenAI API key (legacy)'), 'OpenAI API key (legacy)');
    assert.equal(detectorName('secretlint/secretlint-rule-slack'), 'Slack');
    assert.equal(detectorName('constructor'), 'Constructor');
  });

  it('puts the kind before the masked form, that of the vendor before that of the name beside it', () => {
    const [finding] = leakReport(1).findings as [Finding];
    const [seen] = finding.evidence as [Finding['evidence'][number]];
    const generic = { ...seen, summary: `seen: ${finding.subject} (generic-secret)` };

    assert.equal(subjectName({ ...finding, evidence: [generic, seen] }), 'Telegram bot token 9200…(46)');
    assert.equal(subjectName({ ...finding, message: 'Told otherwise.', evidence: [generic] }), 'Secret 9200…(46)');
  });

  it('says the kind as the message does, where only the name beside it tells', () => {
    const [finding] = leakReport(1).findings as [Finding];
    const [seen] = finding.evidence as [Finding['evidence'][number]];
    const plain = { ...seen, summary: 'seen: h…(13) (generic-plain-value)' };
    const message = 'Password h…(13) lies in harbour/shop main.tf:2.';

    assert.equal(subjectName({ ...finding, subject: 'h…(13)', message, evidence: [plain] }), 'Password h…(13)');
    assert.equal(
      subjectName({ ...finding, subject: 'h…(13)', message: 'The job a holds h…(13).', evidence: [plain] }),
      'Secret h…(13)',
    );
    assert.equal(
      subjectName({ ...finding, subject: 'h…(13)', message: 'The stack shows a secret.', evidence: [] }),
      'Credential h…(13)',
    );
  });

  it('leaves identities, and names that say more than the masked form', () => {
    const [finding] = leakReport(1).findings as [Finding];

    assert.equal(subjectName({ ...finding, identity: 'aws:1:user/a', subject: 'aws:1:user/a' }), 'aws:1:user/a');
    assert.equal(subjectName({ ...finding, subject: 'Telegram bot token 9200…(46)' }), 'Telegram bot token 9200…(46)');
    assert.equal(subjectName({ ...finding, subject: 'harbour/shop', evidence: [] }), 'harbour/shop');
    assert.equal(subjectName({ ...finding, subject: `secret:${'0'.repeat(64)}` }), 'Telegram bot token 9200…(46)');
  });
});
