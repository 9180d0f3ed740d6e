// The description of the socket is an AsyncAPI 3 document, and its examples are what its schemas allow.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { before, test } from "node:test";
import Ajv from "ajv";

const require = createRequire(import.meta.url);
const official = require("@asyncapi/specs/schemas/3.0.0.json");
const file = path.resolve(import.meta.dirname, "../../protocol/asyncapi.json");
let document;

before(async () => {
	document = JSON.parse(await readFile(file, "utf8"));
});

const copy = (value) => JSON.parse(JSON.stringify(value));

test("S0.7: the document is valid by the official schema of AsyncAPI 3.0.0, which refuses a broken one", () => {
	const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
	const validate = ajv.compile(official);
	assert.ok(validate(document), ajv.errorsText(validate.errors?.slice(0, 5)));
	const broken = [(d) => (d.operations.hello.action = "shout"), (d) => delete d.info.version, (d) => (d.channels.socket.mesages = {})];
	for (const breakIt of broken) {
		const other = copy(document);
		breakIt(other);
		assert.ok(!validate(other), String(breakIt));
	}
});

test("S0.7: every example of a message is what its payload allows", () => {
	const ajv = new Ajv({ strict: false, validateFormats: false });
	ajv.addSchema(document, "asyncapi");
	const messages = Object.entries(document.components.messages);
	assert.ok(messages.length > 60);
	for (const [name, { examples }] of messages) {
		const validate = ajv.compile({ $ref: `asyncapi#/components/messages/${name}/payload` });
		assert.equal(examples.length, 1, name);
		assert.ok(validate(examples[0].payload), `${name}: ${ajv.errorsText(validate.errors)}`);
		assert.ok(!validate({}), `${name} allows anything`);
	}
});

test("every operation names messages of its channel", () => {
	const channel = "#/channels/socket/messages/";
	for (const [name, { messages, reply }] of Object.entries(document.operations)) {
		for (const { $ref } of [...messages, ...(reply?.messages ?? [])]) {
			assert.ok($ref.startsWith(channel), `${name}: ${$ref}`);
			assert.ok(document.channels.socket.messages[$ref.slice(channel.length)], `${name}: ${$ref}`);
		}
	}
});
