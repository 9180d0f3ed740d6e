// What went wrong, as a sentence of the reader's language: by the code of the error catalogue, which is the contract;
// the server's own words are for developers.

import { useCallback } from "react";
import type { Key, Translate } from "../i18n/catalogue.ts";
import { useWords } from "../i18n/Words.tsx";
import type { ErrorCode, Problem } from "../wire.ts";

const SENTENCES: Partial<Record<ErrorCode, (Key & `problem.${string}`) | "account.wrong" | "account.revoked">> = {
	bad_credentials: "account.wrong",
	revoked: "account.revoked",
	forbidden: "problem.forbidden",
	muted: "problem.muted",
	not_found: "problem.not_found",
	exists: "problem.exists",
	full: "problem.full",
	limit_reached: "problem.full",
	archived: "problem.archived",
	banned: "problem.banned",
	gone: "problem.gone",
	invalid: "problem.invalid",
	malformed: "problem.invalid",
	too_large: "problem.too_large",
	rate_limited: "problem.rate_limited",
	slow_mode: "problem.slow_mode",
	overloaded: "problem.overloaded",
	unavailable: "problem.overloaded",
	sign_up_closed: "problem.sign_up_closed",
};

/** The code of an error that the server answered, if it is one. */
export function codeOf(error: unknown): ErrorCode | undefined {
	if (typeof error !== "object" || error === null) return undefined;
	const { code, problem } = error as { code?: ErrorCode; problem?: Problem };
	return problem?.code ?? code;
}

export function sentenceOf(error: unknown, t: Translate): string {
	const code = codeOf(error);
	if (code === undefined) return t("problem.unanswered");
	const key = SENTENCES[code];
	return key ? t(key as "problem.unknown") : t("problem.unknown");
}

export function useProblem(): (error: unknown) => string {
	const { t } = useWords();
	return useCallback((error: unknown) => sentenceOf(error, t), [t]);
}
