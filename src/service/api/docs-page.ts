import type { OpenApi } from "./openapi.ts";

type Operation = {
  readonly summary: string;
  readonly security: readonly { readonly token?: readonly string[] }[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
};

export const DOCS_CSS = `body { font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h2 { font: 600 15px ui-monospace, monospace; margin: 1.6rem 0 0.2rem; } p { margin: 0.2rem 0; } code { background: #f2f2f2; padding: 0 0.2rem; }
`;

/** The API for people who read: one paragraph a route, no script. */
export function docsPage({ info, paths }: OpenApi): string {
  const entries = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => entry(method, path, operation as unknown as Operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${htmlText(info.title)} API</title><link rel="stylesheet" href="/docs.css"></head>
<body><h1>${htmlText(info.title)} API ${htmlText(info.version)}</h1>
<p>${htmlText(info.description)}</p>
<p>The same for machines: <a href="/openapi.json">openapi.json</a>.</p>
${entries.join("\n")}
</body></html>
`;
}

function entry(method: string, path: string, { summary, security, parameters }: Operation): string {
  const scope = security[0]?.token?.[0];
  const named = parameters.filter((one) => one.in === "query").map(({ name }) => `<code>${htmlText(name)}</code>`);
  const asks = named.length === 0 ? "" : `<p>Query: ${named.join(", ")}</p>`;
  return `<h2>${method.toUpperCase()} ${htmlText(path)}</h2><p>${htmlText(summary)}</p>${asks}<p>Scope: ${scope === undefined ? "none" : `<code>${htmlText(scope)}</code>`}</p>`;
}

function htmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
