// The generated protocol files fit together: every golden frame is one that the schema allows.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import Ajv from "ajv/dist/2020.js";

const protocol = path.resolve(import.meta.dirname, "../../protocol");
const read = async (...name) => JSON.parse(await readFile(path.join(protocol, ...name), "utf8"));
let ajv;

before(async () => {
	ajv = new Ajv({ strict: false, validateFormats: false });
	ajv.addSchema(await read("ws.schema.json"), "ws");
});

for (const [room, definition] of [["command", null], ["server", "server/ServerFrame"], ["event", "server/Event"], ["reply", "server/Reply"]]) {
	test(`every golden ${room} is allowed by the schema`, async () => {
		const validate = ajv.getSchema(definition ? `ws#/$defs/${definition}` : "ws");
		const files = await readdir(path.join(protocol, "golden", room));
		assert.ok(files.length > 8, `${room} has ${files.length} golden frames`);
		for (const file of files) {
			assert.ok(validate(await read("golden", room, file)), `${room}/${file}: ${ajv.errorsText(validate.errors)}`);
		}
	});
}

test("the schema refuses what the server would", async () => {
	const validate = ajv.getSchema("ws");
	const send = await read("golden", "command", "send.json");
	assert.ok(validate(send));
	for (const wrong of [{ ...send, op: "fly" }, { ...send, extra: 1 }, { ...send, text: 7 }, { ...send, id: undefined }]) {
		assert.ok(!validate(JSON.parse(JSON.stringify(wrong))), JSON.stringify(wrong));
	}
});
