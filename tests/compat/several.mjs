// Two people chat by the stock client, each with a server of their own; prints what each heard. Run by an end-to-end test
// (tests/tests/e2e/compat/socketio.rs), on every storage.

import { Chatter } from "./chat.mjs";

const { room, count, people } = JSON.parse(process.env.SCENE);
const chatters = people.map(({ url, token, transports }) => new Chatter(url, token, { io: { transports } }));
await Promise.all(chatters.map((chatter) => chatter.ready()));
for (const [at, chatter] of chatters.entries()) {
	const joined = await chatter.ask("join room", { up: people[at].up, room });
	if (!joined.ok) throw new Error(JSON.stringify(joined));
}
const sends = Array.from({ length: count }, (_, n) => chatters.map((chatter, at) => {
	const { up } = people[at];
	return chatter.ask("chat message", { message: `${up} ${n}`, up, room });
}));
const acks = await Promise.all(sends.flat());
const refused = acks.find((ack) => !ack.ok);
if (refused) throw new Error(JSON.stringify(refused));
const heard = await Promise.all(chatters.map((chatter) => chatter.texts(count * chatters.length)));
for (const chatter of chatters) chatter.close();
console.log(JSON.stringify(heard));
