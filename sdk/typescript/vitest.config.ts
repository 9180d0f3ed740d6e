import { defineConfig } from "vitest/config";

export default defineConfig({
	resolve: { conditions: ["source", "node"] },
	ssr: { resolve: { conditions: ["source", "node"], externalConditions: ["node"] } },
	test: {
		include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
		// Servers and databases of their own, on a machine that may be busy.
		testTimeout: 30_000,
		hookTimeout: 60_000,
	},
});
