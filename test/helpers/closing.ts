const due = new Set<() => Promise<void>>();

/** What a helper keeps open for many tests is closed when the file, or the whole run in one process, is done. */
export function closeAtEnd(close: () => Promise<void>): void {
  due.add(close);
}

export async function closeAll(): Promise<void> {
  for (const close of due) {
    due.delete(close);
    await close();
  }
}
