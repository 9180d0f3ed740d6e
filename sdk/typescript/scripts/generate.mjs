// Makes src/wire/generated from ../../protocol; with --check only compares.

import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const protocol = new URL("../../../protocol/", import.meta.url);
const wire = new URL("../src/wire/generated/", import.meta.url);
const read = async (file) => JSON.parse(await readFile(new URL(file, protocol), "utf8"));

const made = (from) => `// Made by \`npm run generate\` from protocol/${from}; do not edit.\n`;

/** The same schema with all references leading to `#/definitions`, and closed objects where it lists properties. */
function local(schema) {
	if (Array.isArray(schema)) return schema.map(local);
	if (schema === null || typeof schema !== "object") return schema;
	const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, local(value)]));
	if (typeof copy.$ref === "string") {
		const { $ref, ...beside } = copy;
		const reference = { $ref: `#/definitions/${$ref.split("/").at(-1)}` };
		// A reference with a description of its own stays one only inside `allOf`.
		return Object.keys(beside).length > 0 ? { ...beside, allOf: [reference] } : reference;
	}
	if (copy.properties && copy.additionalProperties === undefined) copy.additionalProperties = false;
	// What may be left out is left out, and never null.
	if (copy.oneOf?.length === 2 && copy.oneOf[1].type === "null") {
		const { oneOf, ...rest } = copy;
		return { ...rest, ...oneOf[0] };
	}
	if (Array.isArray(copy.type)) copy.type = copy.type.filter((type) => type !== "null");
	return copy;
}

/** Interfaces and types of these schemas, in order of their names. */
async function types(schemas, from) {
	const definitions = Object.fromEntries(
		Object.entries(schemas)
			.sort(([one], [other]) => (one < other ? -1 : 1))
			.map(([name, schema]) => [name, local(schema)]),
	);
	const anchor = "All";
	const text = await compile({ title: anchor, definitions, type: "object", additionalProperties: false }, anchor, {
		bannerComment: made(from),
		declareExternallyReferenced: true,
		format: true,
		style: { printWidth: 120, useTabs: true },
		unreachableDefinitions: true,
	});
	// The library says of every definition whose it was, and has an empty one to hang them on.
	return text
		.replaceAll(/\n? \* This interface was referenced by `All`'s JSON-Schema\n \* via the `definition` "[^"]*"\./g, "")
		.replaceAll(/\n\s*\*(?=\n\s*\*\/)/g, "")
		.replaceAll(/\/\*\*\n\s*\* ([^\n]*)\n\s*\*\//g, "/** $1 */")
		.replace(/export interface All \{\}\n/, "");
}

/** The catalogue of errors and close codes, as values. */
function catalogue({ errors, closes }) {
	const entries = (list, key, value) =>
		list.map((entry) => `\t${JSON.stringify(entry[key])}: ${JSON.stringify(value(entry))},`).join("\n");
	return `${made("errors.json")}
/** What each error code means: its title, and what to do. */
export const ERRORS = {
${entries(errors, "code", ({ status, title, advice }) => ({ status, title, advice }))}
} as const;

/** What each close code of the socket means, and whether a client comes back by itself. */
export const CLOSES = {
${entries(closes, "code", ({ reason, reconnect }) => ({ reason, reconnect }))}
} as const;
`;
}

const socket = (await read("ws.schema.json")).$defs;
const rest = (await read("openapi.json")).components.schemas;
const files = {
	"commands.ts": await types(socket.client, "ws.schema.json"),
	"views.ts": await types({ ...rest, ...socket.server }, "ws.schema.json and openapi.json"),
	"catalogue.ts": catalogue(await read("errors.json")),
};
const stale = [];
for (const [file, text] of Object.entries(files)) {
	const path = new URL(file, wire);
	const before = await readFile(path, "utf8").catch(() => "");
	if (before === text) continue;
	stale.push(file);
	if (!process.argv.includes("--check")) await writeFile(path, text);
}
if (process.argv.includes("--check") && stale.length > 0) {
	console.error(`stale: ${stale.join(", ")}; run npm run generate in sdk/typescript`);
	process.exit(1);
}
