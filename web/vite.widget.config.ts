// Builds <klatch-chat>: `widget.js`, which pages name, and beside it what that loads.

import { defineConfig, mergeConfig, type Plugin, type UserConfig } from "vite";
import app from "./vite.config.ts";

/** What a property is set to, up to its end; names of classes, which may look alike, end otherwise. */
const VALUE = /:[^:;{}]+(?=[;}])/g;
const REMS = /(\d*\.?\d+)rem\b/g;
const REM_PX = 16;

/** A page may have its own idea of what `rem` is: in the widget every length is in pixels. */
function pixels(): Plugin {
	const inPixels = (value: string) => value.replace(REMS, (_, rems) => `${Number(rems) * REM_PX}px`);
	return {
		name: "klatch:pixels",
		enforce: "post",
		transform: (code, id) => (id.includes("widget.css") ? code.replace(VALUE, inPixels) : null),
	};
}

const widget: UserConfig = {
	plugins: [pixels()],
	// Files are found beside the script that names them, wherever that came from.
	base: "./",
	// What the components need of React, in a tenth of its size: pages of others pay for it.
	resolve: {
		alias: [
			{ find: /^react$/, replacement: "preact/compat" },
			{ find: /^react-dom$/, replacement: "preact/compat" },
			{ find: /^react-dom\/client$/, replacement: "preact/compat/client" },
			{ find: /^react\/jsx-runtime$/, replacement: "preact/jsx-runtime" },
		],
	},
	define: { "process.env.NODE_ENV": '"production"' },
	build: {
		emptyOutDir: false,
		modulePreload: false,
		rolldownOptions: {
			input: { widget: "src/widget/element.ts" },
			output: {
				entryFileNames: "widget.js",
				chunkFileNames: "widget/[name]-[hash].js",
				assetFileNames: "widget/[name]-[hash][extname]",
			},
		},
	},
};

export default defineConfig(mergeConfig(app, widget));
