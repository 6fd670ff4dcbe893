/** Style sheets come into the bundle as their text. */
declare module '*.css' {
  const text: string;

  // biome-ignore lint/style/noDefaultExport: that is how a file that is no module is imported
  export { text as default };
}
