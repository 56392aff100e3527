// The entrypoint that connector.manifest.json names: one function for each tool.
export async function hello({ name = "world" } = {}) {
  return { text: `Hello, ${name}!` };
}
