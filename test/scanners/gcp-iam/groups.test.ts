import assert from 'node:assert/strict';
import { isGcpExport } from '../../../scanners/gcp-iam/recognise.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { account, bind, ETL, ETL_ID, headOf, PROJECT, policy, scanText } from './exports.ts';

const OPS = 'ops@harbour.example';

/** As `gcloud identity groups memberships list` prints it. */
function membership(group: string, member: string): object {
  return {
    name: `groups/${group}/memberships/${member.length}${member.charCodeAt(0)}`,
    preferredMemberKey: { id: member },
    roles: [{ name: 'MEMBER' }],
  };
}

const described = (group: string, email: string) => ({
  createTime: '2024-01-01T00:00:00Z',
  groupKey: { id: email },
  name: `groups/${group}`,
});

async function scan(...values: readonly unknown[]): Promise<Observation[]> {
  return await scanText(values.map((value) => JSON.stringify(value, null, 2)).join('\n'), `gcp/${PROJECT}-iam-policy.json`);
}

const admin = (rows: readonly Observation[]) =>
  kinds(rows, 'grant').filter(({ capability }) => capability === 'admin' || capability === 'escalates');

describe('gcp-iam scanner: groups', () => {
  it('gives the service accounts of a group what the group has', async () => {
    const rows = await scan(account(), policy(bind('roles/owner', `group:${OPS}`)), described('01', OPS), [
      membership('01', 'mara@harbour.example'),
      membership('01', ETL),
    ]);

    const [plain] = kinds(rows, 'grant');
    assert.deepEqual([plain?.identity, plain?.permission, plain?.viaKind], [ETL_ID, 'roles/owner', `group:${OPS}`]);
    assert.match(String(admin(rows)[0]?.detail?.path), /roles\/owner on projects\/harbour-prod, by the group ops@/);
    assert.equal(kinds(rows, 'coverage')[0]?.outcome, 'complete');
  });

  it('follows groups in groups, and two in each other', async () => {
    const rows = await scan(
      account(),
      policy(bind('roles/owner', `group:${OPS.toUpperCase()}`)),
      described('01', OPS),
      described('02', 'bots@harbour.example'),
      [membership('01', 'bots@harbour.example'), membership('02', ETL), membership('02', OPS)],
    );

    assert.ok(admin(rows).some(({ identity }) => identity === ETL_ID));
  });

  it('tells who becomes an account as a member of a group', async () => {
    const other = `bot@${PROJECT}.iam.gserviceaccount.com`;
    const rows = await scan(
      account(),
      policy(bind('roles/iam.serviceAccountTokenCreator', `group:${OPS}`)),
      described('01', OPS),
      [membership('01', other)],
    );

    const [edge] = kinds(rows, 'trust').filter(({ principalType }) => principalType === 'identity');
    assert.deepEqual([edge?.identity, edge?.detail?.group], [ETL_ID, OPS]);
    assert.match(String(edge?.principal), /serviceAccount\/bot@/);
  });

  it('leaves alone a group without machines, and one that no binding names', async () => {
    const people = await scan(account(), policy(bind('roles/owner', `group:${OPS}`)), described('01', OPS), [
      membership('01', 'mara@harbour.example'),
    ]);
    const unnamed = await scan(account(), policy(bind('roles/owner', 'group:all@harbour.example')), described('01', OPS), [
      membership('01', ETL),
    ]);

    assert.deepEqual(kinds(people, 'grant'), []);
    assert.deepEqual(kinds(unnamed, 'grant'), []);
  });

  it('takes the group from the name of the file, and says where nothing tells it', async () => {
    const list = JSON.stringify([membership('01', ETL)]);

    const named = await scanText(list, `gcp/${OPS}.json`);
    const nameless = await scanText(list, 'gcp/members.json');

    assert.equal(isGcpExport(headOf(list)), true);
    assert.equal(kinds(named, 'coverage')[0]?.outcome, 'complete');
    assert.match(kinds(nameless, 'coverage')[0]?.why ?? '', /name the file GROUP@DOMAIN/);
  });
});
