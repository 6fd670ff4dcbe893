import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { image } from '../../../scanners/image/index.ts';
import { notebook } from '../../../scanners/notebook/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { makeTar } from '../../helpers/archives.ts';
import { archiveOf, type ImageSpec, imageArchive, imageParts, sha256 } from '../../helpers/images.ts';
import { fakeToken, kinds, tempDir, writeFile } from '../../helpers/scan-context.ts';
import { scanBytes, scanLayout } from './harness.ts';

const TOKEN = fakeToken('harbour1');

const SHOP: ImageSpec = {
  name: 'harbour/shop:1.4',
  layers: [
    { files: { 'etc/base': 'base' } },
    { files: { 'app/.env': `A=1\nTOKEN=${TOKEN}\n` }, createdBy: 'COPY .env /app/ # buildkit' },
  ],
};

describe('image scanner', () => {
  for (const format of ['docker', 'docker-1.10', 'docker-1.9', 'oci'] as const) {
    it(`reads the layers of an archive (${format})`, async () => {
      const { accepted, observations } = await scanBytes(imageArchive([SHOP], format));

      assert.equal(accepted, true);
      const [sighting, ...others] = kinds(observations, 'sighting');
      assert.equal(others.length, 0);
      assert.deepEqual([sighting?.at?.repository, sighting?.at?.path, sighting?.at?.line], ['harbour/shop:1.4', 'app/.env', 2]);
      assert.equal(sighting?.at?.atHead, true);
      assert.equal(sighting?.place, 'image');
      assert.equal(coverage(observations).outcome, 'complete');
    });
  }

  for (const compression of ['gzip', 'zstd'] as const) {
    it(`unpacks layers (${compression})`, async () => {
      const { observations } = await scanBytes(
        imageArchive([{ name: 'shop:1', layers: [{ files: { 'app/key': TOKEN }, compression }] }], 'oci'),
      );

      assert.equal(kinds(observations, 'sighting')[0]?.at?.path, 'app/key');
    });
  }

  it('reads an archive that is compressed as a whole', async () => {
    const { accepted, observations } = await scanBytes(gzipSync(imageArchive([SHOP])));

    assert.equal(accepted, true);
    assert.equal(kinds(observations, 'sighting').length, 1);
  });

  it('reads a layout, a directory', async () => {
    const directory = tempDir();
    for (const [name, part] of imageParts([SHOP], 'oci')) if (!('link' in part)) writeFile(directory, name, part);

    const accepted = await image.accepts({ kind: 'path', name: 'layout', path: directory, isDirectory: true });
    const observations = await scanLayout(directory);

    assert.equal(accepted, true);
    assert.equal(kinds(observations, 'sighting')[0]?.at?.path, 'app/.env');
  });

  it('knows an image by a manifest behind configuration and layers of any name', async () => {
    const directory = tempDir();
    const layer = makeTar([{ name: 'app/.env', content: `KEY=${TOKEN}\n` }]);
    const manifest = JSON.stringify([{ Config: 'c.json', RepoTags: ['shop:1'], Layers: ['l/layer.tar'] }]);
    const configuration = { name: 'c.json', content: '{"rootfs":{"type":"layers","diff_ids":[]}}' };
    const parts = [configuration, { name: 'l/layer.tar', content: layer }, { name: 'manifest.json', content: manifest }];
    writeFile(directory, 'a.tar', makeTar(parts));
    const sources = Array.from({ length: 70 }, (_, number) => ({ name: `src/${number}.js`, content: 'x' }));
    writeFile(directory, 'b.tar', makeTar([...sources, { name: 'manifest.json', content: manifest }]));

    const answers = [];
    for (const name of ['a.tar', 'b.tar']) {
      answers.push(await image.accepts({ kind: 'path', name, path: `${directory}/${name}`, isDirectory: false }));
    }
    const { observations } = await scanBytes(makeTar(parts));

    assert.deepEqual(answers, [true, false]);
    assert.equal(kinds(observations, 'sighting')[0]?.at?.path, 'app/.env');
  });

  it('leaves other archives and directories to others', async () => {
    const directory = tempDir();
    writeFile(directory, 'a.tar', makeTar([{ name: 'src/manifest.json', content: '[]' }]));
    writeFile(directory, 'b.tar', makeTar([{ name: 'manifest.json', content: '{"name": "an extension"}' }]));
    writeFile(directory, 'c.tar.gz', gzipSync(makeTar([{ name: 'README', content: 'hello' }])));
    writeFile(directory, 'd.txt', 'no archive');
    mkdirSync(`${directory}/empty`);

    const answers = [];
    for (const name of ['a.tar', 'b.tar', 'c.tar.gz', 'd.txt', 'missing.tar']) {
      answers.push(await image.accepts({ kind: 'path', name, path: `${directory}/${name}`, isDirectory: false }));
    }
    answers.push(await image.accepts({ kind: 'path', name: 'empty', path: `${directory}/empty`, isDirectory: true }));

    assert.deepEqual(answers, [false, false, false, false, false, false]);
  });

  it('leaves an archive that has the mark of an image, and no layer, to those who search its files', async () => {
    const directory = tempDir();
    const file = { name: '.env', content: 'A=1\n' };
    const layout = { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' };
    const blob = { name: `blobs/sha256/${'0'.repeat(64)}`, content: '{}' };
    const model = { name: 'manifest.json', content: '{"name":"model","Layers":[1,2]}' };
    const absent = { name: 'manifest.json', content: '[{"Config":"c.json","Layers":["gone/layer.tar"]}]' };
    const first = { name: 'manifest.json', content: '[{"Config":"c.json","Layers":["l/layer.tar"]}]' };
    const layer = { name: 'l/layer.tar', content: makeTar([file]) };
    const archives = {
      marked: [file, layout],
      'mark first': [layout, file],
      model: [file, model],
      'layers that are not there': [absent, file],
      'blob behind the mark': [layout, blob],
      'blob before the mark': [file, blob, layout],
      'layer behind its manifest': [first, layer],
    };

    const taken: string[] = [];
    for (const [name, parts] of Object.entries(archives)) {
      const path = `${directory}/${name}.tar`;
      writeFile(directory, `${name}.tar`, makeTar(parts));
      if (await image.accepts({ kind: 'path', name, path, isDirectory: false })) taken.push(name);
    }

    assert.deepEqual(taken, ['blob behind the mark', 'blob before the mark', 'layer behind its manifest']);
  });

  it('names the layer and the step that made it, without its arguments', async () => {
    const layers = [
      {
        files: { 'app/x': TOKEN },
        createdBy: `RUN |1 PASS=hunter2hunter2 /bin/sh -c curl -u a:hunter2hunter2 x && npm ci # buildkit`,
      },
    ];

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers }], 'docker'));

    const [sighting] = kinds(observations, 'sighting').filter(({ at }) => at?.path === 'app/x');
    assert.match(sighting?.at?.layer ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.equal(sighting?.detail?.createdBy, 'RUN curl, npm');
    assert.doesNotMatch(JSON.stringify(observations), /hunter2/);
  });

  describe('what later layers take away', () => {
    it('tells of a file that a later layer deletes, and where', async () => {
      const layers = [
        { files: { 'root/.npmrc': `//r/:_authToken=${TOKEN}` } },
        { files: { 'root/.wh..npmrc': '' }, createdBy: 'RUN rm /root/.npmrc' },
      ];

      const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers }]));

      const [sighting] = kinds(observations, 'sighting');
      assert.equal(sighting?.at?.atHead, false);
      assert.match(String(sighting?.detail?.deletedIn), /^sha256:/);
      assert.notEqual(sighting?.detail?.deletedIn, sighting?.at?.layer);
      assert.equal(factsOf(observations, 'credential-file')[0]?.detail?.removedLater, true);
    });

    it('knows opaque directories, deleted parents and replaced files', async () => {
      const files = {
        'a/b/one': fakeToken('opaque01'),
        'c/d/two': fakeToken('parent01'),
        three: fakeToken('replace1'),
        four: fakeToken('staying1'),
      };
      const layers = [{ files }, { files: { 'a/.wh..wh..opq': '', 'a/new': 'x', '.wh.c': '', three: 'nothing now' } }];

      const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers }]));

      const gone = Object.fromEntries(
        kinds(observations, 'sighting').map(({ at, detail }) => [
          at?.path,
          Object.keys(detail ?? {}).filter((key) => /In$/.test(key)),
        ]),
      );
      assert.deepEqual(gone, { 'a/b/one': ['deletedIn'], 'c/d/two': ['deletedIn'], three: ['replacedIn'], four: [] });
    });

    it('tells once of what a later layer brings again', async () => {
      const files = { 'app/.env': TOKEN };

      const { observations } = await scanBytes(
        imageArchive([{ name: 'shop:1', layers: [{ files }, { files: { ...files, 'app/new': 'x' } }] }]),
      );

      assert.deepEqual(
        kinds(observations, 'sighting').map(({ at }) => at?.atHead),
        [true],
      );
    });

    it('does not take away what the same layer brings', async () => {
      const layers = [{ files: { 'app/old': 'x' } }, { files: { 'app/.wh..wh..opq': '', 'app/key': TOKEN } }];

      const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers }]));

      assert.equal(kinds(observations, 'sighting')[0]?.at?.atHead, true);
    });

    it('counts a layer that two images share once, and as there where one of them still shows it', async () => {
      const shared = { files: { key: TOKEN } };
      const images = [
        { name: 'shop:deleted', layers: [shared, { files: { '.wh.key': '' } }] },
        { name: 'shop:kept', layers: [shared] },
      ];

      const { observations } = await scanBytes(imageArchive(images));

      const sightings = kinds(observations, 'sighting');
      assert.equal(sightings.length, 1);
      assert.deepEqual([sightings[0]?.at?.repository, sightings[0]?.at?.atHead], ['shop:kept', true]);
      assert.deepEqual(sightings[0]?.detail?.images, ['shop:deleted', 'shop:kept']);
    });

    it('follows the links by which old archives name a layer twice', async () => {
      const same = { files: { key: TOKEN } };

      const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [same, same] }], 'docker-1.10'));

      assert.equal(coverage(observations).outcome, 'complete');
      assert.equal(kinds(observations, 'sighting').length, 1);
    });
  });

  describe('the configuration', () => {
    it('finds credentials in variables, labels and commands, with their names', async () => {
      const spec = {
        name: 'harbour/shop:prod',
        env: ['PATH=/bin', `API_TOKEN=${TOKEN}`],
        labels: { note: fakeToken('labelled') },
        cmd: ['run', fakeToken('command1')],
        layers: [{ files: { a: 'b' } }],
      };

      const { observations } = await scanBytes(imageArchive([spec]));

      const places = kinds(observations, 'sighting').map(({ at, environment }) => [at?.path, at?.pointer, at?.line, environment]);
      assert.deepEqual(places, [
        ['config', 'config.env.API_TOKEN', 1, 'prod'],
        ['config', 'config.labels.note', 1, 'prod'],
        ['config', 'config.Cmd', 1, 'prod'],
      ]);
      const [variable] = factsOf(observations, 'image-variable');
      assert.deepEqual(
        [variable?.consumer, variable?.secretName, variable?.how],
        ['image:harbour/shop:prod', 'API_TOKEN', 'token'],
      );
      assert.equal(variable?.credential, kinds(observations, 'sighting')[0]?.credential);
    });

    it('tells of a variable whose value only its name gives away', async () => {
      const { observations } = await scanBytes(
        imageArchive([{ name: 'shop:1', env: ['DB_PASSWORD=Tr0ub4dor&3x', 'LOG_LEVEL=Tr0ub4dor&3x'] }]),
      );

      const [sighting, ...others] = kinds(observations, 'sighting');
      assert.equal(others.length, 0);
      assert.deepEqual(
        [sighting?.detector, sighting?.confidence, sighting?.at?.pointer],
        ['generic-plain-value', 'medium', 'config.env.DB_PASSWORD'],
      );
      assert.doesNotMatch(JSON.stringify(observations), /Tr0ub4dor/);
    });

    for (const [builder, step] of [
      ['the classic builder', `|2 NPM_TOKEN=${fakeToken('argument')} MODE=prod /bin/sh -c npm ci`],
      ['BuildKit', `RUN |2 NPM_TOKEN=${fakeToken('argument')} MODE=prod /bin/sh -c npm ci # buildkit`],
    ] as const) {
      it(`finds the values of build arguments in the history of ${builder}`, async () => {
        const layers = [{ files: { a: 'b' }, createdBy: step }];

        const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers }]));

        const [sighting] = kinds(observations, 'sighting');
        assert.equal(sighting?.at?.pointer, 'history[0]');
        assert.match(sighting?.at?.layer ?? '', /^sha256:/);
        const rows = factsOf(observations, 'build-argument');
        assert.deepEqual(
          rows.map(({ secretName, detail, credential }) => [secretName, detail?.via, credential]),
          [['NPM_TOKEN', 'history', sighting?.credential]],
        );
      });
    }

    it('finds build arguments in the provenance beside an image', async () => {
      const spec = { name: 'shop:1', layers: [{ files: { a: 'b' } }], buildArguments: { NPM_TOKEN: TOKEN, MODE: 'prod' } };

      const { observations } = await scanBytes(imageArchive([spec], 'oci'));

      assert.deepEqual(
        kinds(observations, 'sighting').map(({ at }) => at?.pointer),
        ['provenance.NPM_TOKEN'],
      );
      assert.deepEqual(
        factsOf(observations, 'build-argument').map(({ detail }) => detail?.via),
        ['provenance'],
      );
      assert.deepEqual(coverage(observations).detail?.images, ['shop:1']);
    });

    it('names the role that its variables name', async () => {
      const env = ['AWS_ROLE_ARN=arn:aws:iam::123456789012:role/shop', 'AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/token'];

      const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', env }]));

      const [row] = factsOf(observations, 'identity-variable');
      assert.deepEqual([row?.identity, row?.how], ['aws:123456789012:role/shop', 'oidc']);
    });
  });

  it('hands files to the scanners that know them', async () => {
    const cell = { cell_type: 'code', source: `key = "${TOKEN}"`, outputs: [], metadata: {}, execution_count: 1 };
    const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] });
    const layers = [{ files: { 'work/churn.ipynb': text, 'usr/lib/python3/dist-packages/x/demo.ipynb': text } }];

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers }]), { scanners: [notebook] });

    const sightings = kinds(observations, 'sighting');
    const [own] = sightings.filter(({ at }) => at?.path === 'work/churn.ipynb');
    assert.deepEqual([own?.at?.cell, own?.at?.repository, own?.at?.atHead], [1, 'shop:1', true]);
    assert.match(own?.at?.layer ?? '', /^sha256:/);
    assert.equal(
      sightings.filter(({ at }) => at?.path?.startsWith('usr/')).every(({ at }) => at?.cell === undefined),
      true,
    );
  });

  it('tells of files that hold logins, and of none that only refer to them', async () => {
    const files = {
      'root/.aws/credentials': '[default]\naws_secret_access_key = x',
      'root/.npmrc': '//registry/:_authToken=abcdef123456',
      'app/.npmrc': `//registry/:_authToken=\${NPM_TOKEN}\nregistry=https://registry.example`,
      'app/.env.example': 'TOKEN=abcdef123456',
      'app/node_modules/x/.npmrc': '//registry/:_authToken=abcdef123456',
      'src/.git/HEAD': 'ref: refs/heads/main',
    };

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [{ files }] }]));

    assert.deepEqual(
      factsOf(observations, 'credential-file')
        .map(({ at }) => at?.path)
        .sort(),
      ['root/.aws/credentials', 'root/.npmrc'],
    );
    assert.deepEqual(
      factsOf(observations, 'repository-history').map(({ at }) => at?.path),
      ['src/.git'],
    );
  });

  it('is not sure of what packages of the distribution brought', async () => {
    const files = {
      'var/lib/dpkg/info/libx.list': '/.\n/usr\n/lib/libx.so\n/usr/lib/python3/x.py\n',
      'usr/lib/libx.so': fakeToken('packaged'),
      'usr/lib/python3/__pycache__/x.cpython-312.pyc': fakeToken('compiled'),
      'usr/lib/mine.so': fakeToken('mine0001'),
    };

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [{ files }] }]));

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at, confidence, detail }) => [at?.path, confidence, detail?.packaged]),
      [
        ['usr/lib/libx.so', 'low', true],
        ['usr/lib/python3/__pycache__/x.cpython-312.pyc', 'low', true],
        ['usr/lib/mine.so', 'high', undefined],
      ],
    );
  });

  it('knows the files of Alpine packages', async () => {
    const files = { 'lib/apk/db/installed': 'P:x\nF:etc/x\nR:key\n\n', 'etc/x/key': fakeToken('alpine01') };

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [{ files }] }]));

    assert.equal(kinds(observations, 'sighting')[0]?.confidence, 'low');
  });

  it('leaves out layers and files that are named with --exclude, and counts them', async () => {
    const parts = imageParts([
      {
        name: 'shop:1',
        layers: [{ files: { base: TOKEN } }, { files: { 'usr/share/doc': fakeToken('sharedoc'), mine: fakeToken('mine0001') } }],
      },
    ]);
    const [base] = [...parts.keys()];

    const { observations } = await scanBytes(archiveOf(parts), {
      options: { exclude: [base?.replace('blobs/sha256/', 'sha256:') ?? '', 'usr/share'] },
    });

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => at?.path),
      ['mine'],
    );
    const row = coverage(observations);
    assert.equal(row.outcome, 'partial');
    assert.match(row.why ?? '', /layers left out/);
    assert.deepEqual([row.seen, row.read, row.skipped, row.failed], [2, 1, 1, 0]);
  });

  it('keeps two platforms of one image apart', async () => {
    const arm = { name: 'shop:1', env: ['A_TOKEN='], layers: [{ files: { a: 'arm' } }] };
    const amd = { name: 'shop:1', env: ['A_TOKEN='], layers: [{ files: { a: 'amd' } }] };

    const { observations } = await scanBytes(imageArchive([arm, amd]));

    assert.equal(new Set(factsOf(observations, 'image-variable').map(({ consumer }) => consumer)).size, 2);
  });

  it('finds what lies far into a long file, with its line', async () => {
    const long = `${'a line of no matter, of forty-nine characters ...\n'.repeat(130_000)}${TOKEN}\n${'tail\n'.repeat(400_000)}`;

    const { observations } = await scanBytes(
      imageArchive([{ name: 'shop:1', layers: [{ files: { 'var/log/app.log': long } }] }]),
    );

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => at?.line),
      [130_001],
    );
  });

  it('opens archives in layers', async () => {
    const jar = makeTar([{ name: 'conf/key', content: TOKEN }]);

    const { observations } = await scanBytes(imageArchive([{ name: 'shop:1', layers: [{ files: { 'opt/app.tar': jar } }] }]));

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => at?.path),
      ['opt/app.tar!conf/key'],
    );
  });

  it('says what changes cannot be read of an image', async () => {
    await assert.rejects(scanBytes(imageArchive([SHOP]), { options: { staged: true } }), /container image/);
  });

  it('gives a layer its own digest', async () => {
    const parts = imageParts([SHOP]);
    const names = [...parts.keys()].filter((name) => name.startsWith('blobs/'));

    const { observations } = await scanBytes(archiveOf(parts));

    const layer = kinds(observations, 'sighting')[0]?.at?.layer ?? '';
    assert.ok(names.includes(layer.replace('sha256:', 'blobs/sha256/')));
    assert.equal(sha256(parts.get(layer.replace('sha256:', 'blobs/sha256/')) as Uint8Array), layer.slice(7));
  });
});

function coverage(observations: readonly Observation[]) {
  const [row] = kinds(observations, 'coverage').filter(({ surface }) => surface === 'image');
  assert.ok(row !== undefined);
  return row;
}

function factsOf(observations: readonly Observation[], fact: string) {
  return kinds(observations, 'consumer').filter(({ detail }) => detail?.fact === fact);
}
