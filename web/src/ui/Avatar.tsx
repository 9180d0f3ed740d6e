// A face made of initials, in a colour that is the same for the same person everywhere and always.

import type { CSSProperties } from "react";
import type { PresenceStatus } from "../wire.ts";

const SIZES = {
	xs: "size-5 text-[0.5625rem]",
	sm: "size-7 text-2xs",
	md: "size-9 text-xs",
	lg: "size-16 text-xl",
} as const;

/** Degrees on the colour wheel, from any stable text such as an id. */
export function hueOf(key: string): number {
	let hash = 0;
	for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0;
	// Steps of the golden angle keep neighbours in the hash apart on the wheel.
	return Math.round(((hash % 997) * 137.508) % 360);
}

/** At most two letters: of the first word and the last. */
export function initialsOf(name: string): string {
	const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
	const first = (word: string | undefined) => [...(word ?? "")].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "";
	const letters = first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "");
	return (letters || "?").toLocaleUpperCase();
}

interface AvatarProps {
	name: string;
	/** What its colour is made from: an id, which does not change with the name. */
	of: string;
	size?: keyof typeof SIZES;
	presence?: PresenceStatus | undefined;
	/** Round for people, a softened square for groups. */
	shape?: "person" | "group";
}

export function Avatar({ name, of, size = "md", presence, shape = "person" }: AvatarProps) {
	const corner = shape === "person" ? "rounded-full" : "rounded-[32%]";
	return (
		<span aria-hidden="true" className="relative inline-block shrink-0">
			<span
				style={{ "--hue": hueOf(of) } as CSSProperties}
				className={`avatar-hue grid place-items-center font-bold tracking-tight select-none ${corner} ${SIZES[size]}`}
			>
				{initialsOf(name)}
			</span>
			{presence && presence !== "offline" && (
				<span
					className={`absolute -inset-e-0.5 -bottom-0.5 size-3 rounded-full border-2 border-(--under,var(--canvas)) ${presence === "online" ? "bg-online" : "bg-away"}`}
				/>
			)}
		</span>
	);
}
