// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables look like it
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { followVariables, readScript, variablesIn } from '../../../src/ci/shell.ts';

const follow = (script: string, ...names: string[]) => followVariables(readScript(script), new Set(names));
const readNames = (text: string, macros = false) => variablesIn(text, macros).map(({ name }) => name);

describe('variables in scripts', () => {
  it('reads all the ways a variable is written', () => {
    assert.deepEqual(readNames('$A ${B} ${C:-x} $env:D %E% $$F ${G:0:4}'), ['A', 'B', 'C', 'D', 'E', 'F', 'G']);
  });

  it('reads what the build of an image is handed by name alone', () => {
    assert.deepEqual(readNames('docker build --build-arg A --build-arg B=1 --secret id=c,env=C --secret=id=d,src=d .'), [
      'A',
      'C',
    ]);
  });

  it('leaves out what only asks whether or how long', () => {
    assert.deepEqual(readNames('${#A} ${B:+set} ${C+set} $1 $? $(cmd)'), []);
  });

  it('reads macros where they are variables', () => {
    assert.deepEqual(readNames('$(api.token) $(echo x)', true), ['api.token']);
  });

  it('knows what a script sets itself', () => {
    const { assigned } = readScript('export A="$B"\nC=$(cat c)\nfor D in 1 2; do :; done\nread -r E\n');

    assert.deepEqual(
      [...assigned],
      [
        ['A', '$B'],
        ['C', '$(cat'],
        ['D', ''],
        ['E', ''],
      ],
    );
  });

  it('tells the log from files, pipes and other secrets', () => {
    assert.ok(follow('echo "$T"', 'T').echoed);
    assert.ok(follow('if true; then echo $T; fi', 'T').echoed);
    assert.ok(follow('cat $KUBECONFIG', 'KUBECONFIG').echoed);
    assert.ok(follow('set -x\n./deploy $T', 'T').echoed);
    assert.ok(!follow('set -x\nset +x\n./deploy $T', 'T').echoed);
    assert.ok(!follow('echo "$T" | docker login --password-stdin', 'T').echoed);
    assert.ok(!follow('echo "$U"', 'T').used);
    assert.deepEqual(follow('echo "$T" > ~/.token', 'T').files, ['~/.token']);
    assert.ok(!follow('echo "$T" > ~/.token', 'T').echoed);
    assert.ok(!follow('echo "##vso[task.setvariable variable=x;issecret=true]$T"', 'T').echoed);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('$A', '"', "'", '\\', '|', '\n', '#', '${', '}', '(', '> f', 'echo ', 'set -x', ';', '=')),
        (parts) => {
          const { used } = follow(parts.join(''), 'A');

          assert.equal(typeof used, 'boolean');
        },
      ),
    );
  });
});
