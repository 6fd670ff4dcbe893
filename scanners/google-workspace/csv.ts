/** RFC 4180 with comma, semicolon or tab, by what the first line has most of; a cell may span lines. */
export function readTable(text: string): string[][] {
  const [first = ''] = text.split('\n', 1);
  const counts = [',', ';', '\t'].map((mark) => [mark, first.split(mark).length] as const);
  const mark = counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text.charAt(i + 1) === '"') {
        cell += '"';
        i++;
      } else isQuoted = false;
    } else if (char === '"' && cell.trim() === '') {
      isQuoted = true;
      cell = '';
    } else if (char === mark) {
      row.push(cell);
      cell = '';
    } else if (char === '\n') {
      row.push(cell.replace(/\r$/, ''));
      rows.push(row);
      row = [];
      cell = '';
    } else cell += char;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell.replace(/\r$/, '')]);
  return rows.filter((one) => one.some((part) => part.trim() !== ''));
}
