/** Reads a block of data out of the page, inflating it where it was packed. */
export async function loadBlock<T>(id: string): Promise<T | undefined> {
  const element = document.getElementById(id);
  if (element === null) return undefined;
  const text = element.textContent ?? '';
  // What was read is not needed twice, and a report of 50,000 findings is large.
  element.remove();
  if (element.dataset.packed === undefined) return JSON.parse(text) as T;
  const bytes = bytesOf(text.slice(text.indexOf('"') + 1, text.lastIndexOf('"')));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(stream).json()) as T;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native !== undefined) return native.call(Uint8Array, base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
