import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { scanDatabricksArchive } from './databricks-archive.ts';
import { formOf } from './forms.ts';
import { scanNotebook } from './read.ts';
import { readNotebook } from './schema.ts';
import { scanScript } from './script.ts';
import { readZeppelin, readZeppelinSettings } from './zeppelin.ts';

/** Reads a notebook in whatever form it is kept. */
export async function* scanForm(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const form = formOf(headOfBytes(file.path, file.bytes));
  switch (form) {
    case undefined:
    case 'jupyter':
      yield* scanNotebook(file, context, readNotebook);
      return;
    case 'zeppelin':
      yield* scanNotebook(file, context, readZeppelin);
      return;
    case 'zeppelin-settings':
      yield* scanNotebook(file, context, readZeppelinSettings);
      return;
    case 'databricks-archive':
      yield* scanDatabricksArchive(file, context);
      return;
    default:
      yield* scanScript(file, context, form);
  }
}
