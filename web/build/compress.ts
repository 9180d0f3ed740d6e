// Writes each file of the app once more, compressed as small as it gets: the server sends what is there and never
// compresses while somebody waits.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSED = /\.(html|js|css|svg|json|webmanifest)$/;
/** Below this, headers outweigh what is saved. */
const BYTES_MIN = 1024;

export function compress(): Plugin {
	return {
		name: "klatch:compress",
		apply: "build",
		enforce: "post",
		generateBundle: {
			order: "post",
			handler(_, bundle) {
				for (const file of Object.values(bundle)) {
					const bytes = Buffer.from(file.type === "chunk" ? file.code : file.source);
					if (!COMPRESSED.test(file.fileName) || bytes.length < BYTES_MIN) continue;
					const params = {
						[constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
						[constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
					};
					this.emitFile({
						type: "asset",
						fileName: `${file.fileName}.br`,
						source: brotliCompressSync(bytes, { params }),
					});
					this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(bytes, { level: 9 }) });
				}
			},
		},
	};
}
