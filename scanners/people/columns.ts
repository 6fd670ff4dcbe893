export type Field =
  | 'email'
  | 'first'
  | 'last'
  | 'name'
  | 'handle'
  | 'team'
  | 'manager'
  | 'relation'
  | 'status'
  | 'active'
  | 'left';

/** Column names as people export them, folded to lower-case letters. */
const COLUMNS: { readonly [field in Field]: readonly string[] } = {
  email: [
    'email',
    'mail',
    'emailaddress',
    'workemail',
    'workemailaddress',
    'companyemail',
    'businessemail',
    'primaryemail',
    'emailwork',
  ],
  first: ['firstname', 'givenname', 'preferredname', 'forename'],
  last: ['lastname', 'surname', 'familyname'],
  name: ['name', 'fullname', 'displayname', 'employeename', 'employee'],
  handle: [
    'handle',
    'github',
    'githubhandle',
    'githublogin',
    'githubusername',
    'githubuser',
    'gitlab',
    'gitlabusername',
    'login',
  ],
  team: ['team', 'teamname', 'department', 'departmentname', 'squad', 'orgunit', 'organizationalunit', 'division', 'group'],
  manager: ['manager', 'manageremail', 'managername', 'supervisor', 'reportsto', 'linemanager'],
  relation: ['relation', 'relationship', 'employmenttype', 'employeetype', 'workertype', 'contracttype', 'type'],
  status: ['status', 'employmentstatus', 'employeestatus', 'accountstatus', 'state'],
  active: ['active', 'isactive', 'employed'],
  left: [
    'left',
    'leftat',
    'lefton',
    'leftdate',
    'dateleft',
    'leaver',
    'leaverdate',
    'leavedate',
    'leavingdate',
    'dateofleaving',
    'enddate',
    'employmentenddate',
    'contractenddate',
    'contractend',
    'termination',
    'terminationdate',
    'terminatedat',
    'terminatedon',
    'lastday',
    'lastworkingday',
    'exitdate',
    'departuredate',
    'departed',
    'offboarded',
    'offboardedat',
    'offboardingdate',
  ],
};

const FIELD_OF = new Map(
  Object.entries(COLUMNS).flatMap(([field, names]) => names.map((name): [string, Field] => [name, field as Field])),
);

/** Columns that, beside an e-mail address, make a table a roster. */
const TELLING: ReadonlySet<Field> = new Set(['left', 'status', 'active', 'team', 'manager']);

export function fieldOf(column: string): Field | undefined {
  if (column.length > 100) return undefined;
  // `Email Address [Required]` and `Status [READ ONLY]`, as Google Workspace exports them.
  const folded = column
    .replace(/\[[^\]]*\]|\([^)]*\)/g, '')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return FIELD_OF.get(folded);
}

/** Are these the columns of a roster? */
export function isRoster(columns: readonly string[]): boolean {
  const fields = columns.map(fieldOf);
  return fields.includes('email') && fields.some((field) => field !== undefined && TELLING.has(field));
}
