// node mcp_vscode.mjs MODULES BASE COMMAND [ARGUMENT]: asks an MCP registry as Visual Studio Code does, with its
// own services of the npm packages @codingame/monaco-vscode-…, and prints JSON.
//
//   version         the version of the API that the editor settles on
//   list [TEXT]     the pages of a search, each a list of "NAME@VERSION STATUS"
//   show NAME       what the editor finds by a name of the user's settings, or null
//   settings NAME   the settings it would write for that server, with what it asks the user for
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, base, command, argument] = process.argv.slice(2);
// Style sheets are nothing here.
const load = `export const load = async (url, context, next) =>
  url.endsWith('.css') ? { format: 'module', source: '', shortCircuit: true } : next(url, context);`;
register(`data:text/javascript,${encodeURIComponent(load)}`);
const require = createRequire(`${modules}/`);
const part = (name, path) =>
  import(pathToFileURL(require.resolve(`@codingame/monaco-vscode-${name}/vscode/vs/${path}`)));

const { McpGalleryService } = await part('mcp-service-override', 'platform/mcp/common/mcpGalleryService');
const { WorkbenchMcpGalleryManifestService } = await part(
  'mcp-service-override', 'workbench/services/mcp/browser/mcpGalleryManifestService');
const { AbstractCommonMcpManagementService } = await part('api', 'platform/mcp/common/mcpManagementService');
const { request } = await part('base-service-override', 'base/parts/request/common/requestImpl');
const { CancellationToken } = await part('api', 'base/common/cancellation');

const log = { trace() {}, info() {}, error: (message) => console.error(`${message}`) };
const requests = { request: (options, token) => request(options, token, () => true) };
const settings = { getValue: () => ({ serviceUrl: base }), onDidChangeConfiguration: () => ({ dispose() {} }) };
const manifests = new WorkbenchMcpGalleryManifestService({}, { getConnection: () => null }, requests, log, settings);
const gallery = new McpGalleryService(requests, {}, log, manifests);

const text = (server) => `${server.name}@${server.version} ${server.status}`;
async function list() {
  const pager = await gallery.query({ text: argument });
  const pages = [pager.firstPage.items.map(text)];
  for (let { hasMore } = pager.firstPage; hasMore; ) {
    const page = await pager.getNextPage(CancellationToken.None);
    pages.push(page.items.map(text));
    ({ hasMore } = page);
  }
  return pages;
}
const find = async () => (await gallery.getMcpServersFromGallery([{ name: argument }]))[0] ?? null;
async function settingsOf() {
  const { configuration } = await find();
  const type = configuration.remotes?.length ? 'remote' : configuration.packages[0].registryType;
  return new AbstractCommonMcpManagementService(log).getMcpServerConfigurationFromManifest(configuration, type);
}
const commands = { version: async () => (await manifests.getMcpGalleryManifest()).version, list, show: find, settings: settingsOf };
console.log(JSON.stringify(await commands[command]()));
