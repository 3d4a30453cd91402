// What the bundler makes (tools/micropython.mjs).
declare module "micropython.wasm" {
  const packed: string;
  export default packed;
}
declare module "python-files" {
  const texts: { files: Record<string, string>; library: Record<string, string> };
  export default texts;
}
