import type { FileHead } from '../../src/contracts/index.ts';

/** What a notebook is kept as. */
export type Form =
  | 'jupyter'
  | 'zeppelin'
  | 'zeppelin-settings'
  | 'databricks-source'
  | 'databricks-archive'
  | 'percent'
  | 'markdown';

const DATABRICKS_HEAD = /^\uFEFF?(?:#|--|\/\/) Databricks notebook source\s*$/m;
/** https://jupytext.readthedocs.io/en/latest/formats-scripts.html: the header, or a cell mark at the start of a line */
const PERCENT = /^# %%(?:[ \t]|$)|^# ---\s*\n# jupyter:\s*$/m;

/** The form of a file, by its name and, where that does not tell, its head. */
export function formOf(file: FileHead): Form | undefined {
  const { path } = file;
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase();
  switch (extension) {
    case 'ipynb':
      return 'jupyter';
    case 'zpln':
      return 'zeppelin';
    case 'dbc':
      return 'databricks-archive';
    case 'rmd':
    case 'qmd':
      return 'markdown';
    case 'json':
      if (/(?:^|\/)interpreter\.json$/i.test(path) && /"interpreterSettings"\s*:/.test(file.head())) return 'zeppelin-settings';
      if (/(?:^|\/)credentials\.json$/i.test(path) && /"(?:credentialsMap|userCredentials)"\s*:/.test(file.head()))
        return 'zeppelin-settings';
      return /(?:^|\/)note\.json$/i.test(path) && /"paragraphs"\s*:/.test(file.head()) ? 'zeppelin' : undefined;
    case 'py':
    case 'r':
    case 'scala':
    case 'sql': {
      const head = file.head();
      if (DATABRICKS_HEAD.test(head.slice(0, 200))) return 'databricks-source';
      return extension === 'py' && PERCENT.test(head) ? 'percent' : undefined;
    }
    default:
      return undefined;
  }
}
