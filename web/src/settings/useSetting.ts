// A setting that the server keeps, read over REST.

import { useKlatch } from "@klatch/client/react";
import { useCallback, useEffect, useState } from "react";

/** What the server has; `undefined` until it is read, `null` if it cannot be. And reading it again. */
export function useSetting<T>(path: string): [value: T | null | undefined, read: () => Promise<void>] {
	const klatch = useKlatch();
	const [value, setValue] = useState<T | null>();
	const read = useCallback(
		() =>
			klatch.rest<T>("GET", path).then(setValue, () => {
				setValue(null);
			}),
		[klatch, path],
	);
	useEffect(() => void read(), [read]);
	return [value, read];
}
