import path from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";
import { emoji } from "./build/emoji.ts";

// The client is used from its sources, so that there is one build and one place to change.
const client = path.resolve(import.meta.dirname, "../sdk/typescript/src");
// Where the server listens that the pages of `npm run dev` talk to.
const server = process.env.SERVER_URL ?? "http://127.0.0.1:8080";
const proxied = ["/v1", "/socket.io", "/chat", "/docs", "/openapi.json", "/asyncapi.json", "/assets/icon.svg"];

export default defineConfig({
	plugins: [react(), tailwindcss(), emoji(), compress()],
	resolve: {
		alias: [
			{ find: /^@klatch\/client$/, replacement: path.join(client, "index.ts") },
			{ find: /^@klatch\/client\/react$/, replacement: path.join(client, "react/index.ts") },
			{ find: /^#websocket$/, replacement: path.join(client, "link/websocket.ts") },
		],
		dedupe: ["react", "react-dom"],
	},
	build: {
		target: "es2022",
		// Files of their own, never in a style sheet or script: the policy of the pages knows no `data:` but for images.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
	},
	server: {
		// The same name as the server's: for a browser, `localhost` is another origin.
		host: "127.0.0.1",
		port: 5173,
		strictPort: true,
		proxy: Object.fromEntries(proxied.map((path) => [path, { target: server, ws: true }])),
	},
	test: {
		environment: "happy-dom",
		include: ["tests/**/*.test.{ts,tsx}"],
		setupFiles: ["tests/setup.ts"],
	},
});
