import assert from 'node:assert/strict';
import { AllowComments } from '../../../src/suppress/comment.ts';

/** What covers the word SECRET in a text. */
function covering(text: string, detector = 'openai-api-key'): string | undefined {
  const at = text.indexOf('SECRET');
  return new AllowComments(Buffer.from(text)).beside(at, at + 6, detector);
}

describe('comments that ask not to report a secret', () => {
  for (const comment of [
    'nhi-audit:allow',
    'gitleaks:allow',
    'betterleaks:allow',
    'trufflehog:ignore',
    'kingfisher:ignore',
    'pragma: allowlist secret',
    'pragma: whitelist secret',
    'ggignore',
  ]) {
    it(`takes ${comment} on the line`, () => {
      assert.equal(covering(`a = "x"\nkey = "SECRET"  # ${comment}\nb = 1\n`), comment);
    });

    if (comment === 'kingfisher:ignore') continue;
    it(`does not take ${comment} on another line`, () => {
      assert.equal(covering(`# ${comment}\nkey = "SECRET"\n# ${comment}\n`), undefined);
    });
  }

  it('takes a comment for the next line', () => {
    assert.equal(covering('# pragma: allowlist nextline secret\nkey = SECRET\n'), 'pragma: allowlist nextline secret');
    assert.equal(covering('# pragma: allowlist nextline secret\n\nkey = SECRET\n'), undefined);
  });

  it('takes the comment of kingfisher on a neighbouring line', () => {
    assert.equal(covering('# kingfisher:ignore\nkey = SECRET\n'), 'kingfisher:ignore');
    assert.equal(covering('key = SECRET\n# kingfisher:ignore\n'), 'kingfisher:ignore');
    assert.equal(covering('key = SECRET\n\n# kingfisher:ignore\n'), undefined);
  });

  it('takes the comment on any line of a secret of several lines', () => {
    const text = 'key = """\nAAAA\nBBBB # gitleaks:allow\nCCCC"""\n';

    const found = new AllowComments(Buffer.from(text)).beside(10, text.indexOf('CCCC') + 4, 'private-key');

    assert.equal(found, 'gitleaks:allow');
  });

  it('takes words that only look like a comment for none', () => {
    assert.equal(covering('key = "SECRET" # biggignored gitleaks:allowed_hosts'), undefined);
  });

  it('follows secretlint directives', () => {
    assert.equal(covering('key = SECRET // secretlint-disable-line\n'), 'secretlint-disable-line');
    assert.equal(covering('// secretlint-disable-next-line\nkey = SECRET\n'), 'secretlint-disable-next-line');
    assert.equal(covering('/* secretlint-disable */\n\n\nkey = SECRET\n'), 'secretlint-disable');
    assert.equal(covering('/* secretlint-disable */\n/* secretlint-enable */\nkey = SECRET\n'), undefined);
    assert.equal(covering('key = SECRET\n/* secretlint-disable */\n'), undefined);
  });

  it('keeps a secretlint directive to the rules it names', () => {
    const line = 'key = SECRET // secretlint-disable-line @secretlint/secretlint-rule-aws -- a test\n';

    assert.equal(covering(line, 'secretlint/aws'), 'secretlint-disable-line');
    assert.equal(covering(line, 'secretlint/slack'), undefined);
  });

  it('does not reach along a minified line', () => {
    const far = 'x'.repeat(5000);

    assert.equal(covering(`SECRET${far}gitleaks:allow`), undefined);
    assert.equal(covering('SECRET;y=1;/*gitleaks:allow*/'), 'gitleaks:allow');
  });
});
