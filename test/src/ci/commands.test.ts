// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables look like it
import assert from 'node:assert/strict';
import { agentCommands } from '../../../src/ci/agents.ts';
import { deployCommands } from '../../../src/ci/deploy.ts';
import { imageLogins, imageRegistry, publishCommands, publishVariable } from '../../../src/ci/publish.ts';
import { commandsOf, followMark, MARK, markVariables, splitPipelines } from '../../../src/ci/script.ts';

describe('commands of CI scripts', () => {
  describe('words', () => {
    it('takes off what stands before a command', () => {
      assert.deepEqual(commandsOf('sudo env A=1 B="2 3" kubectl apply -f "a b.yml"'), [['kubectl', 'apply', '-f', 'a b.yml']]);
    });

    it('reads on behind a comment with an apostrophe', () => {
      assert.deepEqual(splitPipelines("# don't\necho a | cat && echo b"), [['echo a ', ' cat '], [' echo b']]);
    });

    it('takes no # inside a word for a comment', () => {
      assert.deepEqual(splitPipelines('echo a#b ; echo c'), [['echo a#b '], [' echo c']]);
    });
  });

  describe('publishing', () => {
    for (const [script, registry] of [
      ['npm publish --provenance', 'npm'],
      ['pnpm -r publish', 'npm'],
      ['yarn npm publish', 'npm'],
      ['npx semantic-release@24', 'npm'],
      ['python -m twine upload dist/*', 'PyPI'],
      ['uv publish', 'PyPI'],
      ['poetry run twine upload dist/*', 'PyPI'],
      ['cargo publish -p a', 'crates.io'],
      ['gem push *.gem', 'RubyGems'],
      ['dotnet nuget push *.nupkg --source https://api.nuget.org/v3/index.json', 'NuGet'],
    ] as const) {
      it(`${script}: ${registry}`, () => assert.deepEqual([...publishCommands(script)], [registry]));
    }
    for (const script of [
      'npm publish --dry-run',
      'npm run build',
      'npm install',
      'twine check dist/*',
      'cargo build --release',
      'git push',
      'twine upload --repository-url https://pypi.harbour.example dist/*',
      'dotnet nuget push *.nupkg --source https://nuget.harbour.example/v3/index.json',
    ]) {
      it(`${script}: nothing`, () => assert.deepEqual([...publishCommands(script)], []));
    }

    it('knows tokens by the variables that take them', () => {
      const names = [
        'NODE_AUTH_TOKEN',
        'NPM_TOKEN',
        'TWINE_PASSWORD',
        'CARGO_REGISTRY_TOKEN',
        'GEM_HOST_API_KEY',
        'NUGET_API_KEY',
      ];

      assert.deepEqual(names.map(publishVariable), ['npm', 'npm', 'PyPI', 'crates.io', 'RubyGems', 'NuGet']);
      assert.deepEqual(
        ['TOKEN', 'NPM_CONFIG_CACHE', 'GITHUB_TOKEN', 'CARGO_HOME'].map(publishVariable),
        Array(4).fill(undefined),
      );
    });
  });

  describe('registries of images', () => {
    for (const [host, registry] of [
      ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'ecr'],
      ['public.ecr.aws', 'ecr'],
      ['harbour.azurecr.io/shop', 'acr'],
      ['europe-docker.pkg.dev', 'artifact-registry'],
      ['eu.gcr.io', 'artifact-registry'],
      ['ghcr.io', 'ghcr'],
      ['registry.gitlab.com', 'gitlab'],
      ['', 'docker-hub'],
      ['docker.io', 'docker-hub'],
      ['notgcr.io', 'other'],
      ['ghcr.io.example', 'other'],
    ] as const) {
      it(`${host}: ${registry}`, () => assert.equal(imageRegistry(host), registry));
    }

    it('finds the host behind the options of a login', () => {
      const script =
        'echo x | docker login -u bot --password-stdin ghcr.io\npodman login --username=bot quay.io\nhelm registry login r.example -u a';

      assert.deepEqual(imageLogins(script), ['ghcr.io', 'quay.io', 'r.example']);
    });
  });

  describe('deploying', () => {
    for (const [script, words] of [
      ['kubectl -n shop apply -f .', ['kubectl apply']],
      ['helm upgrade --install shop ./chart', ['helm upgrade']],
      ['terraform -chdir=infra apply -auto-approve', ['terraform apply']],
      ['npx cdk deploy --all', ['cdk deploy']],
      ['gcloud run deploy shop', ['gcloud deploy']],
      ['aws ecs update-service --service shop', ['aws update-service']],
      ['ansible-playbook -i hosts site.yml', ['ansible-playbook']],
    ] as const) {
      it(script, () => assert.deepEqual(deployCommands(script), words));
    }
    for (const script of [
      'kubectl get pods',
      'kubectl apply --dry-run=client -f .',
      'terraform plan',
      'helm template .',
      'ansible-playbook --check site.yml',
      'echo "kubectl apply"',
    ]) {
      it(`not ${script}`, () => assert.deepEqual(deployCommands(script), []));
    }
  });

  describe('agents', () => {
    for (const [script, agent, unrestrained] of [
      ['claude -p "fix it" --dangerously-skip-permissions', 'Claude Code', ['--dangerously-skip-permissions']],
      ['npx -y @anthropic-ai/claude-code@1.0.3 -p "fix it"', 'Claude Code', []],
      ['claude -p x --permission-mode bypassPermissions', 'Claude Code', ['--permission-mode bypassPermissions']],
      ['codex exec --full-auto "x"', 'Codex', ['--full-auto']],
      ['gemini --yolo -p x', 'Gemini CLI', ['--yolo']],
      ['copilot -p x --allow-all-tools', 'Copilot CLI', ['--allow-all-tools']],
    ] as const) {
      it(script, () => assert.deepEqual(agentCommands(script), [{ agent, unrestrained: [...unrestrained] }]));
    }
    for (const script of ['claude --version', 'npm install -g @openai/codex', 'echo claude -p', 'gemini extensions list']) {
      it(`not ${script}`, () => assert.deepEqual(agentCommands(script), []));
    }
  });

  describe('what becomes of a secret', () => {
    const follow = (script: string) => followMark(markVariables(script, ['KEY']));

    it('marks a variable in the ways of each shell, and nothing that only asks about it', () => {
      assert.equal(markVariables('$KEY ${KEY} ${KEY:-x} $env:KEY $Env:KEY %KEY%', ['KEY']), Array(6).fill(MARK).join(' '));
      for (const text of ['$KEYS', '${KEYS}', '${#KEY}', '${KEY:+set}', 'KEY', '$key'])
        assert.equal(markVariables(text, ['KEY']), text);
    });

    it('names the files that it is written to', () => {
      const { files } = follow(
        'echo "$KEY" > a.json\nprintf %s "$KEY" | base64 -d | tee -a "$HOME/b.pem"\necho x > c\necho $KEY > /dev/null',
      );

      assert.deepEqual(files, ['a.json', '$HOME/b.pem']);
    });

    it('tells an address of a repository from another argument', () => {
      assert.equal(follow('git clone https://x:$KEY@github.com/a/b').gitUrl, true);
      assert.equal(follow('git -C dir remote set-url origin https://$KEY@github.com/a/b').gitUrl, true);
      assert.deepEqual(
        [follow('curl https://x:$KEY@a.example').gitUrl, follow('curl https://x:$KEY@a.example').argument],
        [false, true],
      );
    });

    it('tells outputs from variables of later steps', () => {
      assert.deepEqual(
        [follow('echo a=$KEY >> $GITHUB_OUTPUT').output, follow('echo a=$KEY >> $GITHUB_ENV').output],
        [true, false],
      );
      assert.equal(follow('echo a=$KEY >> $GITHUB_ENV').exported, true);
    });
  });
});
